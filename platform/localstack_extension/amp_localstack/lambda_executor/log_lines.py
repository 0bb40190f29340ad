"""The lines the Lambda platform itself writes to a function's log, and the error payloads it makes.

**Left out:** `INIT_START` and `INIT_REPORT` (they name AWS's build of the runtime), the JSON form of the platform's
lines (`LoggingConfig` with `JSON` changes the function's own lines only), and X-Ray fields.

https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

import json
import math
import signal
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Measured:
    """What the REPORT line says about one invocation."""

    duration_ms: float
    memory_mb: int
    used_mb: int
    init_ms: float | None = None  # only when this invocation was the first of its process


def start_line(request_id: str, version: str) -> str:
    """The line before the function's first output."""
    return f"START RequestId: {request_id} Version: {version}\n"


def end_lines(request_id: str, measured: Measured, status: str = "") -> str:
    """The END and REPORT lines; `status` is empty for success, or what AWS appends after a failure."""
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {measured.duration_ms:.2f} ms",
        f"Billed Duration: {billed_ms(measured)} ms",
        f"Memory Size: {measured.memory_mb} MB",
        f"Max Memory Used: {measured.used_mb} MB",
    ]
    if measured.init_ms is not None:
        fields.append(f"Init Duration: {measured.init_ms:.2f} ms")
    if status:
        fields.append(status)
    return f"END RequestId: {request_id}\n" + "\t".join(fields) + "\t\n"


def billed_ms(measured: Measured) -> int:
    """The billed time: initialisation and invocation, rounded up to a millisecond.

    https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
    """
    return math.ceil(measured.duration_ms + (measured.init_ms or 0))


def timed_out_message(seconds: float) -> str:
    """How AWS words a timeout."""
    return f"Task timed out after {seconds:.2f} seconds"


def exit_message(status: int) -> str:
    """How AWS words the end of a runtime process; `status` as `subprocess` gives it."""
    if status == 0:
        return "Runtime exited without providing a reason"
    if status > 0:
        return f"Runtime exited with error: exit status {status}"
    return f"Runtime exited with error: signal: {_signal_name(-status)}"


def platform_error(request_id: str, error_type: str, message: str) -> bytes:
    """The payload of an invocation that the platform, not the function, ended."""
    return json.dumps({"errorType": error_type, "errorMessage": f"RequestId: {request_id} Error: {message}"}).encode()


def timeout_line(now: datetime, request_id: str, seconds: float) -> str:
    """The log line of a timeout; `now` in UTC."""
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z {request_id} {timed_out_message(seconds)}\n"


def exit_line(request_id: str, error_type: str, message: str) -> str:
    """The log lines of a runtime process that ended during an invocation."""
    return f"RequestId: {request_id} Error: {message}\n{error_type}\n"


def _signal_name(number: int) -> str:
    # "Killed" on Linux, "Killed: 9" on macOS; AWS has it from Go, in lower case.
    return (signal.strsignal(number) or f"signal {number}").split(":")[0].lower()
