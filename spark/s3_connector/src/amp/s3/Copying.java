package amp.s3;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * Copies objects inside the bucket, by S3 itself, several at once.
 *
 * <p>Objects above `multipart.threshold` are copied in parallel parts, which is also how those above CopyObject's 5 GiB
 * are copied at all. A source that is replaced meanwhile is an error.
 */
final class Copying {
  private final S3Client client;
  private final ExecutorService executor;

  Copying(S3Client client, ExecutorService executor) {
    this.client = client;
    this.executor = executor;
  }

  /** Copy every key below one prefix to another; returns the keys that were copied. */
  List<String> tree(String from, String to) throws IOException {
    List<String> copied = new ArrayList<>();
    String token = null;
    do {
      Page page = client.list(from, true, token, client.settings.pageSize());
      List<Callable<Void>> small = new ArrayList<>();
      List<S3Object> large = new ArrayList<>();
      for (S3Object object : page.objects()) {
        String target = to + object.key().substring(from.length());
        if (object.size() > client.settings.copyThreshold()) {
          large.add(object);
        } else if (object.size() > 0 || !object.key().endsWith("/")) { // an empty marker is not worth a copy
          small.add(() -> {
            client.copy(object, target);
            return null;
          });
        }
        copied.add(object.key());
      }
      inParallel(small);
      for (S3Object object : large) {
        inParts(object, to + object.key().substring(from.length()));
      }
      token = page.next();
    } while (token != null);
    return copied;
  }

  void object(S3Object from, String to) throws IOException {
    if (from.size() > client.settings.copyThreshold()) {
      inParts(from, to);
    } else {
      client.copy(from, to);
    }
  }

  private void inParts(S3Object from, String to) throws IOException {
    MultipartUpload upload = new MultipartUpload(client, to, client.description(from));
    long size = Math.max(client.settings.copyPartSize(), from.size() / MultipartUpload.MOST_PARTS + 1);
    List<Callable<Void>> parts = new ArrayList<>();
    for (long start = 0; start < from.size(); start += size) {
      long first = start;
      int number = parts.size() + 1;
      parts.add(() -> {
        upload.copiedPart(number, from, first, Math.min(from.size(), first + size));
        return null;
      });
    }
    try {
      inParallel(parts);
      upload.complete(from.size(), false);
    } catch (IOException | RuntimeException e) {
      upload.abort();
      throw e;
    }
  }

  /** Run them all; the first error ends what has not begun, and is thrown when everything under way has ended. */
  private void inParallel(List<Callable<Void>> tasks) throws IOException {
    List<Future<Void>> futures = new ArrayList<>();
    tasks.forEach(task -> futures.add(executor.submit(task)));
    IOException failure = null;
    for (Future<Void> future : futures) {
      if (failure != null && future.cancel(false)) {
        continue;
      }
      try {
        future.get();
      } catch (ExecutionException e) {
        failure = failure == null ? asIo(e.getCause()) : failure;
      } catch (java.util.concurrent.CancellationException e) {
        continue;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        futures.forEach(other -> other.cancel(false));
        throw new InterruptedIOException("copying was interrupted");
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static IOException asIo(Throwable cause) {
    return cause instanceof IOException io ? io : new IOException(cause);
  }
}
