package amp.s3;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;

/** An answer whose body has yet to be read. Closing it keeps the connection for the next request where that is cheap. */
final class Response implements Closeable {
  /** More than this is not read just to keep a connection: a new one costs less. */
  private static final int WORTH_DRAINING = 64 * 1024;

  final int status;
  final InputStream body;
  private final HttpURLConnection connection;
  private long left;

  Response(HttpURLConnection connection) throws IOException {
    this.connection = connection;
    status = connection.getResponseCode();
    if (status < 0) {
      throw new IOException("the answer is not HTTP");
    }
    left = connection.getRequestMethod().equals("HEAD") ? 0 : connection.getContentLengthLong();
    InputStream found = status >= 400 ? connection.getErrorStream() : connection.getInputStream();
    body = found == null ? InputStream.nullInputStream() : found;
  }

  String header(String name) {
    return connection.getHeaderField(name);
  }

  long contentLength() {
    return connection.getContentLengthLong();
  }

  long lastModified() {
    return connection.getLastModified();
  }

  HttpURLConnection connection() {
    return connection;
  }

  int read(byte[] into, int offset, int length) throws IOException {
    int count = body.read(into, offset, length);
    if (count > 0 && left > 0) {
      left -= count;
    }
    return count;
  }

  /** The whole body; an EOFException where the connection ended before it did. */
  byte[] readAll() throws IOException {
    byte[] bytes = body.readAllBytes();
    if (left >= 0 && bytes.length != left) {
      throw new EOFException("the answer has " + left + " bytes, and the connection ended after " + bytes.length);
    }
    left = 0;
    return bytes;
  }

  @Override
  public void close() {
    try {
      if (left > WORTH_DRAINING) {
        connection.disconnect();
      } else {
        body.readAllBytes();
        body.close();
      }
    } catch (IOException e) {
      connection.disconnect(); // what is not wanted any more can break without harm
    }
  }
}
