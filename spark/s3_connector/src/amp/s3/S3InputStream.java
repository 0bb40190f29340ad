package amp.s3;

import java.io.EOFException;
import java.io.IOException;
import java.util.Objects;
import org.apache.hadoop.fs.CanSetReadahead;
import org.apache.hadoop.fs.CanUnbuffer;
import org.apache.hadoop.fs.FSExceptionMessages;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.StreamCapabilities;

/**
 * Reads one version of one object.
 *
 * <p>Seeks cost nothing until something is read. A read asks for a window from there on: `readahead.range` at first,
 * twice as much each time the last one was read to its end, so a scan takes few requests and a random read fetches
 * little it does not need. The last 128 KiB, where Parquet keeps its footer, are fetched once and kept. A connection that
 * breaks is taken up again at the byte where it broke, of the same ETag only. Positioned reads fetch just their range.
 *
 * <p>**Left out:** vectored reads of its own (Hadoop 3.3.4 has no such interface).
 */
final class S3InputStream extends FSInputStream implements CanSetReadahead, CanUnbuffer, StreamCapabilities {
  private static final int TAIL = 128 * 1024;
  private static final long LARGEST_WINDOW = 64L << 20;

  private final S3Client client;
  private final S3Object object;
  private final FileSystem.Statistics statistics;
  private long readahead;
  private long window;
  private long wanted;
  private Response response;
  private long at;
  private long end;
  private byte[] tail;
  private boolean closed;

  S3InputStream(S3Client client, S3Object object, FileSystem.Statistics statistics) {
    this.client = client;
    this.object = object;
    this.statistics = statistics;
    readahead = client.settings.readahead();
  }

  @Override
  public synchronized void seek(long position) throws IOException {
    requireOpen();
    if (position < 0) {
      throw new EOFException(FSExceptionMessages.NEGATIVE_SEEK + " " + position + " in " + uri());
    }
    if (position > object.size()) {
      throw new EOFException(FSExceptionMessages.CANNOT_SEEK_PAST_EOF + ": " + position + " in " + uri() + " of " + object.size());
    }
    wanted = position;
  }

  @Override
  public synchronized long getPos() {
    return wanted;
  }

  @Override
  public boolean seekToNewSource(long position) {
    return false;
  }

  @Override
  public synchronized int available() throws IOException {
    requireOpen();
    return (int) Math.min(Integer.MAX_VALUE, object.size() - wanted);
  }

  @Override
  public synchronized int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public synchronized int read(byte[] into, int offset, int length) throws IOException {
    requireOpen();
    Objects.checkFromIndexSize(offset, length, into.length);
    if (length == 0) {
      return 0;
    }
    if (wanted >= object.size()) {
      return -1;
    }
    boolean inWindow = response != null && at == wanted;
    int count = wanted >= tailStart() && !inWindow ? fromTail(wanted, into, offset, length) : fromWindow(into, offset, length);
    wanted += count;
    statistics.incrementBytesRead(count);
    return count;
  }

  private int fromWindow(byte[] into, int offset, int length) throws IOException {
    for (int failures = 0; ; ) {
      position();
      try {
        int count = response.read(into, offset, (int) Math.min(length, end - at));
        if (count < 0) {
          throw new EOFException("the connection ended at byte " + at + ", before " + end);
        }
        at += count;
        if (at == end) {
          finish();
        }
        return count;
      } catch (IOException e) {
        drop();
        client.retries.failed("reading " + uri() + " at byte " + wanted, ++failures, e);
      }
    }
  }

  /** Have an answer whose next byte is the wanted one. */
  private void position() throws IOException {
    if (response != null && wanted > at && wanted < end && wanted - at <= readahead) {
      skipTo(wanted);
    }
    if (response != null && at == wanted) {
      return;
    }
    drop();
    boolean goesOn = wanted == end && window > 0;
    window = goesOn ? Math.min(2 * window, Math.max(LARGEST_WINDOW, readahead)) : readahead;
    end = Math.min(object.size(), wanted + window);
    response = client.get(object, wanted, end);
    statistics.incrementReadOps(1);
    at = wanted;
  }

  private void skipTo(long position) {
    byte[] unwanted = new byte[(int) Math.min(16 * 1024, position - at)];
    try {
      while (at < position) {
        int count = response.read(unwanted, 0, (int) Math.min(unwanted.length, position - at));
        if (count < 0) {
          throw new EOFException();
        }
        at += count;
      }
    } catch (IOException e) {
      drop(); // nothing is lost: the bytes from here on are asked for again
    }
  }

  private long tailStart() {
    return Math.max(0, object.size() - TAIL);
  }

  private int fromTail(long position, byte[] into, int offset, int length) throws IOException {
    if (tail == null) {
      byte[] fetched = new byte[(int) (object.size() - tailStart())];
      fetch(tailStart(), fetched, 0, fetched.length);
      tail = fetched;
    }
    int from = (int) (position - tailStart());
    int count = Math.min(length, tail.length - from);
    System.arraycopy(tail, from, into, offset, count);
    return count;
  }

  @Override
  public int read(long position, byte[] into, int offset, int length) throws IOException {
    validatePositionedReadArgs(position, into, offset, length);
    requireOpen();
    if (length == 0) {
      return 0;
    }
    if (position >= object.size()) {
      return -1;
    }
    int count = (int) Math.min(length, object.size() - position);
    if (position >= tailStart()) {
      synchronized (this) {
        count = fromTail(position, into, offset, count);
      }
    } else {
      fetch(position, into, offset, count);
    }
    statistics.incrementBytesRead(count);
    return count;
  }

  /** All of these bytes, whatever breaks in between. */
  private void fetch(long position, byte[] into, int offset, int length) throws IOException {
    int done = 0;
    int failures = 0;
    while (done < length) {
      try (Response answer = client.get(object, position + done, position + length)) {
        statistics.incrementReadOps(1);
        while (done < length) {
          int count = readOrFail(answer, into, offset + done, length - done);
          done += count;
          failures = 0;
        }
      } catch (BrokenBody e) {
        client.retries.failed("reading " + uri() + " at byte " + (position + done), ++failures, e);
      }
    }
  }

  private int readOrFail(Response answer, byte[] into, int offset, int length) throws BrokenBody {
    try {
      int count = answer.read(into, offset, length);
      if (count < 0) {
        throw new EOFException("the connection ended early");
      }
      return count;
    } catch (IOException e) {
      throw new BrokenBody(e);
    }
  }

  /** The body broke; unlike an error of the request, which has been retried by itself. */
  @SuppressWarnings("serial")
  private static final class BrokenBody extends IOException {
    BrokenBody(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }

  @Override
  public synchronized void setReadahead(Long bytes) {
    readahead = bytes == null ? client.settings.readahead() : Math.max(1, bytes);
  }

  @Override
  public synchronized void unbuffer() {
    drop();
    tail = null;
  }

  @Override
  public boolean hasCapability(String capability) {
    return capability.equals(StreamCapabilities.READAHEAD) || capability.equals(StreamCapabilities.UNBUFFER);
  }

  @Override
  public synchronized void close() {
    closed = true;
    drop();
    tail = null;
  }

  private void finish() {
    response.close();
    response = null;
  }

  private void drop() {
    if (response != null) {
      finish();
    }
  }

  private String uri() {
    return client.uri(object.key());
  }

  private synchronized void requireOpen() throws IOException {
    if (closed) {
      throw new IOException(FSExceptionMessages.STREAM_IS_CLOSED + ": " + uri());
    }
  }
}
