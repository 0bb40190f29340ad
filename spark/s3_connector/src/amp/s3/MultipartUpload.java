package amp.s3;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One multipart upload: its object appears when it is completed, and never when it is aborted.
 *
 * <p>**Left out:** uploads of a process that was killed stay (invisible) until the bucket's lifecycle rule
 * AbortIncompleteMultipartUpload removes them.
 *
 * <p>https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
final class MultipartUpload {
  /** S3's limit. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
  static final int MOST_PARTS = 10_000;

  private static final Logger LOG = LoggerFactory.getLogger(MultipartUpload.class);

  private final S3Client client;
  private final String key;
  private final String id;
  private final Map<Integer, String> etags = new ConcurrentSkipListMap<>();

  MultipartUpload(S3Client client, String key, Map<String, String> headers) throws IOException {
    this.client = client;
    this.key = key;
    id = client.createUpload(key, headers);
  }

  void part(int number, byte[] bytes, int length) throws IOException {
    etags.put(number, required(number, client.uploadPart(key, id, number, bytes, length)));
  }

  void copiedPart(int number, S3Object from, long start, long end) throws IOException {
    etags.put(number, required(number, client.copyPart(from, key, id, number, start, end)));
  }

  void complete(long size, boolean onlyNew) throws IOException {
    client.completeUpload(key, id, etags, onlyNew, number -> {
      S3Object there = client.head(key);
      return there != null && there.size() == size && isOurs(S3Client.unquoted(there.etag()));
    });
  }

  /** After a failure, so it throws none of its own: what stays is a matter for the lifecycle rule, and logged. */
  void abort() {
    try {
      client.abortUpload(key, id);
    } catch (IOException e) {
      LOG.warn("The upload {} of {} could not be aborted: {}", id, client.uri(key), e.toString());
    }
  }

  private String required(int number, String etag) throws IOException {
    if (etag == null) {
      throw new IOException("part " + number + " of " + client.uri(key) + " was answered without an ETag");
    }
    return etag;
  }

  /** S3 makes the ETag out of the MD5s of the parts; where they are not MD5s (encryption by KMS) the count must do. */
  private boolean isOurs(String etag) {
    ByteArrayOutputStream digests = new ByteArrayOutputStream();
    for (String part : etags.values()) {
      String plain = S3Client.unquoted(part);
      if (!plain.matches("[0-9a-f]{32}")) {
        return etag.endsWith("-" + etags.size());
      }
      digests.writeBytes(HexFormat.of().parseHex(plain));
    }
    byte[] all = digests.toByteArray();
    return etag.equals(Signer.hex(Signer.digest("MD5", all, all.length)) + "-" + etags.size());
  }
}
