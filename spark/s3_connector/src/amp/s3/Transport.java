package amp.s3;

import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Instant;

/**
 * One signed HTTP exchange with the bucket: no retries, no knowledge of operations.
 *
 * <p>`HttpURLConnection`, not `java.net.http`: it times out a *read*, which is what a stalled body needs, and its answer
 * is a plain blocking stream; `java.net.http` waits for ever for the next byte of a body. It keeps idle connections
 * itself. Redirects are not followed: S3 redirects to another region, and the signature would be wrong there.
 *
 * <p>**Left out:** `Expect: 100-continue`; a refused upload is sent in full (a part, 8 MiB) before its error is read.
 */
final class Transport {
  private final Settings settings;
  private final String bucket;

  Transport(Settings settings, String bucket) {
    this.settings = settings;
    this.bucket = bucket;
  }

  Response send(Request request) throws IOException {
    URI url = url(request);
    HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection();
    connection.setRequestMethod(request.method);
    connection.setConnectTimeout(settings.connectTimeoutMillis());
    connection.setReadTimeout(settings.readTimeoutMillis());
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    connection.setRequestProperty("User-Agent", "amp-s3-connector");
    connection.setRequestProperty("Accept", "*/*");
    Signer.sign(request, url, settings.region(), settings.credentials(), Instant.now()).forEach(connection::setRequestProperty);
    if (request.carriesBody()) {
      sendBody(request, connection);
    }
    return new Response(connection);
  }

  private static void sendBody(Request request, HttpURLConnection connection) throws IOException {
    connection.setDoOutput(true);
    connection.setFixedLengthStreamingMode(request.length);
    if (!request.headers.containsKey("content-type")) {
      connection.setRequestProperty("Content-Type", "application/octet-stream");
    }
    try (OutputStream out = connection.getOutputStream()) {
      out.write(request.body, 0, request.length);
    } catch (IOException broken) {
      answeredBeforeTheEnd(connection, broken);
    }
  }

  /** A server that refuses an upload may answer and hang up while we still send: its answer says more than "broken pipe". */
  private static void answeredBeforeTheEnd(HttpURLConnection connection, IOException broken) throws IOException {
    try {
      if (connection.getResponseCode() >= 400) {
        return;
      }
    } catch (IOException none) {
      broken.addSuppressed(none);
    }
    connection.disconnect();
    throw broken;
  }

  URI url(Request request) {
    URI endpoint = settings.endpoint();
    String key = request.key.isEmpty() ? "" : Request.encode(request.key, true);
    String host = endpoint.getRawAuthority();
    String path = endpoint.getRawPath() + "/" + (settings.pathStyle() ? bucket + (key.isEmpty() ? "" : "/" + key) : key);
    String query = request.query.isEmpty() ? "" : "?" + request.queryString();
    return URI.create(endpoint.getScheme() + "://" + (settings.pathStyle() ? host : bucket + "." + host) + path + query);
  }
}
