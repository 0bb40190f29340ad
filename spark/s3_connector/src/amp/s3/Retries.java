package amp.s3;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.MalformedURLException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ask again what may pass: broken connections, 5xx, SlowDown; with a pause that doubles, and jitter against herds. */
final class Retries {
  private static final Logger LOG = LoggerFactory.getLogger(Retries.class);
  private static final long LONGEST_PAUSE_MILLIS = 10_000;

  /** One attempt; it is told its number, from 1. */
  interface Attempt<T> {
    T run(int number) throws IOException;
  }

  private final int attempts;
  private final long intervalMillis;

  Retries(Settings settings) {
    attempts = settings.attempts();
    intervalMillis = settings.retryIntervalMillis();
  }

  <T> T run(String what, Attempt<T> attempt) throws IOException {
    for (int number = 1; ; number++) {
      try {
        return attempt.run(number);
      } catch (IOException e) {
        failed(what, number, e);
      }
    }
  }

  /** Pause after this failure; or throw it when it is final, or the last that is allowed. */
  void failed(String what, int number, IOException error) throws IOException {
    if (!mayPass(error)) {
      throw error;
    }
    if (number >= attempts) {
      if (number > 1) {
        LOG.warn("{} failed {} times, the last with {}", what, number, error.toString());
      }
      throw error;
    }
    long longest = Math.min(LONGEST_PAUSE_MILLIS, intervalMillis << Math.min(number - 1, 20));
    LOG.debug("{}: attempt {} failed, trying again: {}", what, number, error.toString());
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(longest / 2, longest + 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException stop = new InterruptedIOException(what + " was interrupted");
      stop.initCause(error);
      throw stop;
    }
  }

  static boolean mayPass(IOException error) {
    if (error instanceof S3Exception refused) {
      return refused.mayPass();
    }
    if (error instanceof InterruptedIOException) {
      return error instanceof SocketTimeoutException;
    }
    return !(error instanceof UnknownHostException || error instanceof MalformedURLException || error instanceof ObjectChangedException
        || error instanceof SSLHandshakeException || error instanceof SSLPeerUnverifiedException);
  }
}
