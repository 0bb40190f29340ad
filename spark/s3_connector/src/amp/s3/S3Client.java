package amp.s3;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.w3c.dom.Element;

/**
 * The S3 operations that a file system needs, on one bucket: each retried, each with its errors as Hadoop's exceptions.
 *
 * <p>https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
final class S3Client {
  /** What DeleteObjects takes at once. */
  static final int DELETED_AT_ONCE = 1_000;

  final Settings settings;
  final Retries retries;
  private final String bucket;
  private final Transport transport;

  /** What to make of an answer that is no error. */
  private interface Reader<T> {
    T read(Response response) throws IOException;
  }

  S3Client(Settings settings, String bucket) {
    this.settings = settings;
    this.bucket = bucket;
    retries = new Retries(settings);
    transport = new Transport(settings, bucket);
  }

  String uri(String key) {
    return "s3://" + bucket + "/" + key;
  }

  /** The object of this key, or null. A missing bucket looks the same: HEAD has no body that could tell. */
  S3Object head(String key) throws IOException {
    return orNull(new Request("HEAD", key), response -> new S3Object(key, length(response), response.lastModified(), response.header("ETag")));
  }

  /** The headers that describe an object, as they must be given again where S3 does not copy them itself. */
  Map<String, String> description(S3Object object) throws IOException {
    return call(new Request("HEAD", object.key()).header("If-Match", object.etag()), response -> {
      Map<String, String> headers = new TreeMap<>();
      response.connection().getHeaderFields().forEach((name, values) -> {
        String lower = name == null ? "" : name.toLowerCase(Locale.ROOT);
        if (lower.startsWith("x-amz-meta-") || List.of("content-type", "content-encoding", "content-disposition", "content-language",
            "cache-control", "expires").contains(lower)) {
          headers.put(lower, values.get(0));
        }
      });
      return headers;
    });
  }

  /** The bytes [from, to) of exactly this version of the object, to be read by the caller. */
  Response get(S3Object object, long from, long to) throws IOException {
    Request request = new Request("GET", object.key()).header("Range", "bytes=" + from + "-" + (to - 1)).header("If-Match", object.etag());
    try {
      return retries.run("GET " + uri(object.key()), number -> {
        Response response = checked(request, transport.send(request));
        try {
          requireSame(object, response, from, to);
          return response;
        } catch (IOException e) {
          response.close();
          throw e;
        }
      });
    } catch (S3Exception e) {
      if (e.status == 412 || e.status == 416) {
        throw (IOException) new ObjectChangedException(uri(object.key()), object.etag(), null).initCause(e);
      }
      throw Errors.translate(e, settings, bucket, object.key());
    } catch (IOException e) {
      throw Errors.translate(e, settings, bucket, object.key());
    }
  }

  /** Not every S3 heeds If-Match or Range: what comes must be what was asked for. */
  private void requireSame(S3Object object, Response response, long from, long to) throws IOException {
    String etag = response.header("ETag");
    if (etag != null && object.etag() != null && !etag.equals(object.etag())) {
      throw new ObjectChangedException(uri(object.key()), object.etag(), etag);
    }
    boolean whole = response.status == 200 && from == 0 && to == object.size();
    String range = response.header("Content-Range");
    if (!whole && (range == null || !range.startsWith("bytes " + from + "-" + (to - 1) + "/"))) {
      throw new IOException("asked " + uri(object.key()) + " for bytes " + from + "-" + (to - 1) + " and got HTTP " + response.status + ", " + range);
    }
  }

  /** Put a whole object. With `onlyNew`, 412 is answered by null where S3 heeds If-None-Match. */
  S3Object put(String key, byte[] bytes, int length, boolean onlyNew) throws IOException {
    byte[] md5 = Signer.digest("MD5", bytes, length);
    Request request = new Request("PUT", key).body(bytes, length).header("Content-MD5", base64(md5)).header("If-None-Match", onlyNew ? "*" : null);
    try {
      return attempt(request, number -> {
        try (Response response = checked(request, transport.send(request))) {
          response.readAll();
          return new S3Object(key, length, 0, response.header("ETag"));
        } catch (S3Exception e) {
          // A first attempt whose answer was lost may have written it: then what is there is what we wrote.
          S3Object there = e.status == 412 && number > 1 ? head(key) : null;
          if (there != null && there.size() == length && unquoted(there.etag()).equals(Signer.hex(md5))) {
            return there;
          }
          throw e;
        }
      });
    } catch (S3Exception e) {
      if (e.status == 412) {
        return null;
      }
      throw e;
    }
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html: errors can come with status 200. */
  void copy(S3Object from, String to) throws IOException {
    copied(new Request("PUT", to), from);
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html */
  String copyPart(S3Object from, String to, String uploadId, int number, long start, long end) throws IOException {
    Request request = new Request("PUT", to).query("partNumber", number).query("uploadId", uploadId);
    return copied(request.header("x-amz-copy-source-range", "bytes=" + start + "-" + (end - 1)), from);
  }

  private String copied(Request request, S3Object from) throws IOException {
    request.header("x-amz-copy-source", "/" + bucket + "/" + Request.encode(from.key(), true)).header("x-amz-copy-source-if-match", from.etag());
    try {
      return call(request, response -> Xml.text(result(request, response), "ETag"));
    } catch (S3Exception e) {
      if (e.status == 412) {
        throw (IOException) new ObjectChangedException(uri(from.key()), from.etag(), null).initCause(e);
      }
      throw e;
    }
  }

  String createUpload(String key, Map<String, String> headers) throws IOException {
    Request request = new Request("POST", key).query("uploads", "").headers(headers);
    return call(request, response -> {
      String id = Xml.text(result(request, response), "UploadId");
      if (id == null) {
        throw new IOException("CreateMultipartUpload of " + uri(key) + " was answered without an UploadId");
      }
      return id;
    });
  }

  String uploadPart(String key, String uploadId, int number, byte[] bytes, int length) throws IOException {
    Request request = new Request("PUT", key).query("partNumber", number).query("uploadId", uploadId).body(bytes, length)
        .header("Content-MD5", base64(Signer.digest("MD5", bytes, length)));
    return call(request, response -> response.header("ETag"));
  }

  /** One attempt after another, each told its number; `done` tells whether an attempt whose answer was lost succeeded. */
  void completeUpload(String key, String uploadId, Map<Integer, String> etags, boolean onlyNew, Retries.Attempt<Boolean> done) throws IOException {
    Request request = new Request("POST", key).query("uploadId", uploadId).body(Xml.completion(etags)).header("Content-Type", "application/xml")
        .header("If-None-Match", onlyNew ? "*" : null);
    attempt(request, number -> {
      try (Response response = checked(request, transport.send(request))) {
        return result(request, response);
      } catch (S3Exception e) {
        if (number > 1 && (e.status == 404 || e.status == 412) && done.run(number)) {
          return null;
        }
        throw e;
      }
    });
  }

  void abortUpload(String key, String uploadId) throws IOException {
    orNull(new Request("DELETE", key).query("uploadId", uploadId), response -> true);
  }

  void delete(String key) throws IOException {
    orNull(new Request("DELETE", key), response -> true);
  }

  /** Delete up to 1000 keys; the answer holds S3's error for each key that is still there. */
  SortedMap<String, S3Exception> deleteAll(List<String> keys) throws IOException {
    SortedMap<String, S3Exception> failed = new TreeMap<>();
    List<String> batch = new ArrayList<>();
    for (String key : keys) {
      if (Xml.canSay(key)) {
        batch.add(key);
      } else {
        delete(key);
      }
    }
    if (batch.isEmpty()) {
      return failed;
    }
    Request request = new Request("POST", "").query("delete", "").body(Xml.deletion(batch)).header("Content-Type", "application/xml");
    request.header("Content-MD5", base64(Signer.digest("MD5", request.body, request.length)));
    for (Element element : call(request, response -> Xml.children(result(request, response)))) {
      if (element.getNodeName().equals("Error")) {
        String code = Xml.text(element, "Code");
        String key = Xml.text(element, "Key");
        failed.put(key, new S3Exception("DELETE " + uri(key), "AccessDenied".equals(code) ? 403 : 200, code, blank(Xml.text(element, "Message")), null));
      }
    }
    return failed;
  }

  /** One page of the keys that begin with `prefix`, up to the next slash where `flat` is false. */
  Page list(String prefix, boolean flat, String token, int atMost) throws IOException {
    Request request = new Request("GET", "").query("list-type", 2).query("prefix", prefix).query("max-keys", atMost).query("encoding-type", "url");
    if (!flat) {
      request.query("delimiter", "/");
    }
    if (token != null) {
      request.query("continuation-token", token);
    }
    return call(request, response -> Xml.page(response.readAll()));
  }

  private <T> T orNull(Request request, Reader<T> reader) throws IOException {
    try {
      return call(request, reader);
    } catch (java.io.FileNotFoundException e) {
      return null;
    }
  }

  private <T> T call(Request request, Reader<T> reader) throws IOException {
    return attempt(request, number -> {
      try (Response response = checked(request, transport.send(request))) {
        return reader.read(response);
      }
    });
  }

  private <T> T attempt(Request request, Retries.Attempt<T> attempt) throws IOException {
    try {
      return retries.run(request.method + " " + uri(request.key), attempt);
    } catch (IOException e) {
      throw Errors.translate(e, settings, bucket, request.key);
    }
  }

  /** The root of an XML answer; some operations say 200 first and find their error later. */
  private Element result(Request request, Response response) throws IOException {
    Element root = Xml.parse(response.readAll());
    if (root.getNodeName().equals("Error")) {
      throw error(request, response, root);
    }
    return root;
  }

  private Response checked(Request request, Response response) throws IOException {
    if (response.status < 300) {
      return response;
    }
    try (response) {
      throw error(request, response, xmlOrNull(response.readAll()));
    }
  }

  private S3Exception error(Request request, Response response, Element root) {
    String code = root == null ? null : Xml.text(root, "Code");
    String what = request.method + " " + uri(request.key);
    String message = root == null ? "" : blank(Xml.text(root, "Message"));
    return new S3Exception(what, response.status, code == null ? "no S3 error code" : code, message, response.header("x-amz-request-id"));
  }

  /** A proxy's or a server's own error page is not S3's XML, and tells no more than its status. */
  private static Element xmlOrNull(byte[] text) {
    try {
      return text.length == 0 ? null : Xml.parse(text);
    } catch (IOException e) {
      return null;
    }
  }

  private static long length(Response response) throws IOException {
    if (response.contentLength() < 0) {
      throw new IOException("HEAD was answered without a length");
    }
    return response.contentLength();
  }

  static String unquoted(String etag) {
    return etag == null ? "" : etag.replace("\"", "");
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static String blank(String text) {
    return text == null ? "" : text;
  }
}
