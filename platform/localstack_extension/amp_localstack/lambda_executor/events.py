"""What can happen to a runtime process, as values.

The Runtime API and the process watcher put these into one inbox; the execution environment reads it. That
keeps every decision in one thread, and makes the decisions testable without a process.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Invocation:
    """One event for the function, as the Runtime API hands it to the runtime client."""

    request_id: str
    function_arn: str
    payload: bytes
    trace_id: str = ""
    client_context: str = ""  # JSON, already decoded from base64


@dataclass(frozen=True)
class Ready:
    """The runtime asked for its next invocation: initialisation is over, or the last invocation is."""


@dataclass(frozen=True)
class InitFailed:
    """The runtime reported that the function's module could not be loaded."""

    payload: bytes
    error_type: str


@dataclass(frozen=True)
class Responded:
    """The function returned."""

    request_id: str
    payload: bytes


@dataclass(frozen=True)
class Failed:
    """The function raised."""

    request_id: str
    payload: bytes
    error_type: str


@dataclass(frozen=True)
class Exited:
    """The process is gone; `status` as `subprocess` gives it (negative: the signal that ended it)."""

    status: int


Event = Ready | InitFailed | Responded | Failed | Exited
