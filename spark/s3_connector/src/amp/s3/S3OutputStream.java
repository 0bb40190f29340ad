package amp.s3;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.apache.hadoop.fs.Abortable;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.StreamCapabilities;

/**
 * Writes one object, which appears when the stream is closed, whole, or never.
 *
 * <p>Up to one part is a single PUT; more is a multipart upload of parts in memory, at most `fast.upload.active.blocks`
 * of them on their way and one being filled. Parts grow with the file, so that S3's 10,000 parts do for 496 GiB.
 * After a failure every call throws it, the upload is aborted, and close() publishes nothing.
 *
 * <p>**Left out:** hflush and hsync make nothing visible (no capability claims so); a writer that fails by itself and
 * still closes the stream publishes what it wrote, as with every Hadoop file system: abort() is there for it.
 */
final class S3OutputStream extends OutputStream implements StreamCapabilities, Abortable {
  private static final int FIRST_BUFFER = 64 * 1024;
  private static final int PARTS_OF_A_SIZE = 2_000;

  /** What happens in the file system when the object is there. */
  interface Published {
    void run();
  }

  private final S3Client client;
  private final String key;
  private final boolean onlyNew;
  private final Executor executor;
  private final FileSystem.Statistics statistics;
  private final Published published;
  private final Semaphore free;
  private final Queue<byte[]> spare = new ConcurrentLinkedQueue<>();
  private final List<FutureTask<Void>> parts = new ArrayList<>();
  private byte[] buffer = Request.EMPTY;
  private int filled;
  private long written;
  private MultipartUpload upload;
  private volatile IOException failure;
  private boolean closed;

  S3OutputStream(S3Client client, String key, boolean onlyNew, Executor executor, FileSystem.Statistics statistics, Published published) {
    this.client = client;
    this.key = key;
    this.onlyNew = onlyNew;
    this.executor = executor;
    this.statistics = statistics;
    this.published = published;
    free = new Semaphore(client.settings.activeParts());
  }

  @Override
  public synchronized void write(int octet) throws IOException {
    write(new byte[] {(byte) octet}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
    requireOpen();
    Objects.checkFromIndexSize(offset, length, bytes.length);
    int from = offset;
    int left = length;
    while (left > 0) {
      if (filled == partSize()) {
        sendPart();
      }
      int count = Math.min(left, partSize() - filled);
      makeRoom(count);
      System.arraycopy(bytes, from, buffer, filled, count);
      filled += count;
      from += count;
      left -= count;
    }
    written += length;
    statistics.incrementBytesWritten(length);
  }

  /** Nothing to do: S3 shows nothing of an object before it is whole. */
  @Override
  public synchronized void flush() throws IOException {
    if (!closed) {
      requireOpen();
    }
  }

  @Override
  public synchronized void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try {
      if (failure != null) {
        throw failure;
      }
      if (upload == null) {
        putWhole();
      } else {
        completeUpload();
      }
      statistics.incrementWriteOps(1);
      published.run();
    } catch (IOException | RuntimeException e) {
      drop();
      throw e;
    } finally {
      buffer = null;
      spare.clear();
    }
  }

  private void putWhole() throws IOException {
    if (client.put(key, buffer, filled, onlyNew) == null) {
      throw new FileAlreadyExistsException(client.uri(key) + " was created by another while it was written");
    }
  }

  private void completeUpload() throws IOException {
    if (filled > 0) {
      sendPart();
    }
    waitForParts();
    try {
      upload.complete(written, onlyNew);
    } catch (S3Exception e) {
      if (e.status == 412) {
        throw (IOException) new FileAlreadyExistsException(client.uri(key) + " was created by another while it was written").initCause(e);
      }
      throw e;
    }
  }

  @Override
  public synchronized AbortableResult abort() {
    boolean alreadyClosed = closed;
    closed = true;
    if (!alreadyClosed) {
      drop();
    }
    return new AbortableResult() {
      @Override
      public boolean alreadyClosed() {
        return alreadyClosed;
      }

      @Override
      public IOException anyCleanupException() {
        return null;
      }
    };
  }

  /** "abortable" is CommonPathCapabilities.ABORTABLE_STREAM; hflush and hsync are not there. */
  @Override
  public boolean hasCapability(String capability) {
    return capability.equals("fs.capability.outputstream.abortable");
  }

  private void requireOpen() throws IOException {
    if (closed) {
      throw new IOException("the stream of " + client.uri(key) + " is closed");
    }
    if (failure != null) {
      throw new IOException("writing " + client.uri(key) + " failed before: " + failure.getMessage(), failure);
    }
  }

  private int partSize() {
    long size = (long) client.settings.partSize() << (parts.size() / PARTS_OF_A_SIZE);
    return (int) Math.min(size, Settings.LARGEST_PART);
  }

  private void makeRoom(int count) {
    if (filled + count <= buffer.length) {
      return;
    }
    byte[] again = filled == 0 ? spare.poll() : null;
    if (again != null && again.length >= count) {
      buffer = again;
    } else {
      long doubled = Math.max(FIRST_BUFFER, 2L * buffer.length);
      buffer = Arrays.copyOf(buffer, (int) Math.min(partSize(), Math.max(doubled, filled + count)));
    }
  }

  private void sendPart() throws IOException {
    if (parts.size() == MultipartUpload.MOST_PARTS) {
      failure = new IOException(client.uri(key) + " needs more than S3's 10,000 parts; set a larger fs.s3a.multipart.size");
      throw failure;
    }
    byte[] full = buffer;
    int length = filled;
    try {
      if (upload == null) {
        upload = new MultipartUpload(client, key, Map.of());
      }
      free.acquire();
    } catch (IOException e) {
      failure = e;
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failure = new InterruptedIOException("writing " + client.uri(key) + " was interrupted");
      throw failure;
    }
    requireNoFailure();
    int number = parts.size() + 1;
    FutureTask<Void> task = new FutureTask<>(() -> send(number, full, length), null);
    parts.add(task);
    buffer = Request.EMPTY;
    filled = 0;
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      free.release();
      failure = new IOException("the file system of " + client.uri(key) + " was closed", e);
      throw failure;
    }
  }

  private void requireNoFailure() throws IOException {
    if (failure != null) {
      free.release();
      throw failure;
    }
  }

  private void send(int number, byte[] bytes, int length) {
    try {
      if (failure == null) {
        upload.part(number, bytes, length);
        spare.add(bytes);
      }
    } catch (IOException e) {
      failure = e;
    } catch (RuntimeException | Error e) {
      failure = new IOException("part " + number + " of " + client.uri(key) + " could not be sent", e);
    } finally {
      free.release();
    }
  }

  private void waitForParts() throws IOException {
    try {
      for (FutureTask<Void> part : parts) {
        part.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("closing " + client.uri(key) + " was interrupted");
    } catch (ExecutionException e) {
      throw new IOException("a part of " + client.uri(key) + " could not be sent", e.getCause());
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Abort after the parts under way have ended: one that arrives later would keep the aborted upload alive. */
  private void drop() {
    if (failure == null) {
      failure = new IOException("writing " + client.uri(key) + " was aborted");
    }
    if (upload != null) {
      free.acquireUninterruptibly(client.settings.activeParts());
      upload.abort();
    }
    buffer = null;
  }
}
