"""Errors as AWS services answer them, raised anywhere below an operation.

An operation raises `AwsError`; only `wire.py` turns it into JSON or XML. Any other exception is a bug of ours
and becomes AWS's InternalFailure, with its traceback in the log.

**Left out:** members of an error other than its message (no operation here has any); the caller gets the
code, the message and the status.
"""

from collections.abc import Mapping
from typing import Any

NOT_IMPLEMENTED = "NotImplemented"


class AwsError(Exception):
    """An answer other than success: AWS's error code, a sentence for the reader, and the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def not_implemented(what: str) -> AwsError:
    """The error for what AWS does and the sandbox does not; `what` names the operation or option.

    The status is 501, which AWS's SDKs do not retry.
    """
    return AwsError(NOT_IMPLEMENTED, f"The sandbox does not support {what}.", 501)


def refuse_unsupported(params: Mapping[str, Any], *paths: str) -> None:
    """Raise for the first of `paths` ("Member" or "Outer.Inner") that the request sets.

    None, False and empty values ask for nothing and pass.
    """
    for path in paths:
        value: Any = params
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is not None and value is not False and value not in ("", [], {}):
            raise not_implemented(f"the option {path}")
