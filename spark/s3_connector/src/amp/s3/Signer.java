package amp.s3;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signature Version 4 in the Authorization header.
 *
 * <p>The body is signed too where the connection is plain HTTP; over TLS it is sent unsigned, as the AWS SDKs do, because
 * TLS protects it already and Content-MD5 catches the rest.
 *
 * <p>https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
final class Signer {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final String ALGORITHM = "AWS4-HMAC-SHA256";

  private Signer() {}

  /** All headers of the request (but Host, which the connection adds) with the ones that sign it. */
  static SortedMap<String, String> sign(Request request, URI url, String region, Credentials credentials, Instant now) {
    SortedMap<String, String> headers = new TreeMap<>(request.headers);
    if (credentials.anonymous()) {
      return headers;
    }
    String time = TIME.format(now);
    String payload = url.getScheme().equals("https") ? "UNSIGNED-PAYLOAD" : hex(digest("SHA-256", request.body, request.length));
    headers.put("x-amz-date", time);
    headers.put("x-amz-content-sha256", payload);
    if (credentials.sessionToken() != null) {
      headers.put("x-amz-security-token", credentials.sessionToken());
    }
    SortedMap<String, String> signed = new TreeMap<>(headers);
    signed.put("host", url.getPort() < 0 ? url.getHost() : url.getHost() + ":" + url.getPort());
    StringBuilder canonical = new StringBuilder();
    canonical.append(request.method).append('\n').append(url.getRawPath()).append('\n').append(request.queryString()).append('\n');
    for (Map.Entry<String, String> header : signed.entrySet()) {
      canonical.append(header.getKey()).append(':').append(header.getValue().trim().replaceAll(" +", " ")).append('\n');
    }
    String names = String.join(";", signed.keySet());
    canonical.append('\n').append(names).append('\n').append(payload);
    String day = time.substring(0, 8);
    String scope = day + "/" + region + "/s3/aws4_request";
    byte[] text = canonical.toString().getBytes(StandardCharsets.UTF_8);
    String toSign = ALGORITHM + "\n" + time + "\n" + scope + "\n" + hex(digest("SHA-256", text, text.length));
    byte[] key = ("AWS4" + credentials.secretKey()).getBytes(StandardCharsets.UTF_8);
    for (String part : new String[] {day, region, "s3", "aws4_request"}) {
      key = hmac(key, part);
    }
    headers.put("authorization", ALGORITHM + " Credential=" + credentials.accessKey() + "/" + scope + ", SignedHeaders=" + names
        + ", Signature=" + hex(hmac(key, toSign)));
    return headers;
  }

  static byte[] digest(String algorithm, byte[] bytes, int length) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(bytes, 0, length);
      return digest.digest();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java lacks " + algorithm, e);
    }
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java lacks HmacSHA256", e);
    }
  }
}
