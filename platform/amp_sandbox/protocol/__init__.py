"""AWS's protocols on the server's side, driven by botocore's service models.

A stand-in registers plain functions (dictionary in, dictionary out) with `@operation` and raises
`AwsError`; this package alone knows HTTP and the wire formats.
"""

from amp_sandbox.protocol.errors import AwsError, not_implemented, refuse_unsupported
from amp_sandbox.protocol.registry import Answer, Context, Request, operation

__all__ = [
    "Answer",
    "AwsError",
    "Context",
    "Request",
    "not_implemented",
    "operation",
    "refuse_unsupported",
]
