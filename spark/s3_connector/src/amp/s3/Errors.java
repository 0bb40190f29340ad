package amp.s3;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;

/** S3's errors as the exceptions that Hadoop and Spark look for; the S3 error stays as their cause. */
final class Errors {
  private Errors() {}

  static IOException translate(IOException error, Settings settings, String bucket, String key) {
    String uri = "s3://" + bucket + "/" + key;
    if (error instanceof S3Exception refused) {
      return translate(refused, settings, bucket, uri);
    }
    if (error instanceof ConnectException || error instanceof UnknownHostException) {
      return caused(new IOException("No S3 answers at " + settings.endpoint() + " (for " + uri + "): " + error.getMessage()), error);
    }
    return error;
  }

  private static IOException translate(S3Exception error, Settings settings, String bucket, String uri) {
    if (error.code.equals("NoSuchBucket")) {
      return caused(new IOException("The bucket \"" + bucket + "\" does not exist at " + settings.endpoint()), error);
    }
    return switch (error.status) {
      case 404 -> caused(new FileNotFoundException("No such file or directory: " + uri), error);
      case 401, 403 -> caused(new AccessDeniedException(uri, null, error.getMessage() + "; asked with " + settings.credentials()), error);
      case 301, 307 -> caused(new IOException("The bucket \"" + bucket + "\" is in another region than " + settings.region()
          + "; set fs.s3a.endpoint.region: " + error.getMessage()), error);
      default -> error;
    };
  }

  private static <T extends IOException> T caused(T error, IOException cause) {
    error.initCause(cause);
    return error;
  }
}
