package amp.s3;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** One S3 request: a method on a key (empty: on the bucket), with query parameters, headers and a body in memory. */
final class Request {
  static final byte[] EMPTY = new byte[0];

  final String method;
  final String key;
  final SortedMap<String, String> query = new TreeMap<>();
  final SortedMap<String, String> headers = new TreeMap<>();
  byte[] body = EMPTY;
  int length;

  Request(String method, String key) {
    this.method = method;
    this.key = key;
  }

  Request query(String name, Object value) {
    query.put(name, value.toString());
    return this;
  }

  /** A header whose value is null is not sent. */
  Request header(String name, String value) {
    if (value != null) {
      headers.put(name.toLowerCase(Locale.ROOT), value);
    }
    return this;
  }

  Request headers(Map<String, String> more) {
    more.forEach(this::header);
    return this;
  }

  Request body(byte[] bytes, int length) {
    this.body = bytes;
    this.length = length;
    return this;
  }

  Request body(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return body(bytes, bytes.length);
  }

  boolean carriesBody() {
    return method.equals("PUT") || method.equals("POST");
  }

  /** The query as it is signed and sent: names sorted, names and values encoded. */
  String queryString() {
    StringBuilder text = new StringBuilder();
    query.forEach((name, value) -> text.append(text.isEmpty() ? "" : "&").append(encode(name, false)).append('=').append(encode(value, false)));
    return text.toString();
  }

  /**
   * Percent-encode UTF-8 as Signature Version 4 wants it: all but unreserved characters, and the slashes of a key.
   *
   * <p>https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
   */
  static String encode(String text, boolean keepSlashes) {
    StringBuilder encoded = new StringBuilder(text.length() + 16);
    for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (octet & 0xff);
      boolean letterOrDigit = c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9';
      if (letterOrDigit || "-_.~".indexOf(c) >= 0 || keepSlashes && c == '/') {
        encoded.append(c);
      } else {
        encoded.append('%').append(Character.toUpperCase(Character.forDigit(c >> 4, 16))).append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
      }
    }
    return encoded.toString();
  }
}
