package amp.s3;

import java.io.IOException;
import java.util.Set;

/** S3 refused: the HTTP status, S3's own code and message, and what was asked. */
@SuppressWarnings("serial")
public final class S3Exception extends IOException {
  private static final Set<Integer> PASSING_STATUS = Set.of(408, 429, 500, 502, 503, 504);
  private static final Set<String> PASSING_CODES =
      Set.of("InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout", "Throttling", "ThrottlingException",
          "RequestLimitExceeded", "OperationAborted", "ConditionalRequestConflict", "BadDigest");

  public final int status;
  public final String code;

  S3Exception(String what, int status, String code, String message, String requestId) {
    super(what + ": " + code + " (HTTP " + status + ")" + (message.isBlank() ? "" : ": " + message)
        + (requestId == null || requestId.isBlank() ? "" : " [request " + requestId + "]"));
    this.status = status;
    this.code = code;
  }

  /** Whether the same request may well succeed when it is sent again. */
  boolean mayPass() {
    return PASSING_CODES.contains(code) || PASSING_STATUS.contains(status);
  }
}
