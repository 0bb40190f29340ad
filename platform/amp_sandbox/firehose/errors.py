"""Firehose's errors, one constructor each, named for what went wrong.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_Operations.html lists them with each operation.
"""

from amp_sandbox.protocol import AwsError


def stream_not_found(name: str, account_id: str) -> AwsError:
    """No delivery stream has this name."""
    return AwsError("ResourceNotFoundException", f"Firehose {name} under account {account_id} not found.")


def stream_exists(name: str, account_id: str) -> AwsError:
    """A delivery stream of this name exists already, in whatever state."""
    return AwsError("ResourceInUseException", f"Firehose {name} under accountId {account_id} already exists")


def stream_not_active(name: str, account_id: str, status: str) -> AwsError:
    """The stream is in a state in which it cannot do what was asked."""
    return AwsError(
        "ResourceInUseException",
        f"Firehose {name} under account {account_id} is not in a state that allows this: it is {status}.",
    )


def stream_not_receiving(name: str, account_id: str, status: str) -> AwsError:
    """The stream exists, and takes no records in the state it is in."""
    return AwsError(
        "ResourceNotFoundException",
        f"Firehose {name} under account {account_id} takes no records: it is {status}, not ACTIVE.",
    )


def invalid_argument(message: str) -> AwsError:
    """A value that the operation does not take; the message names it and the rule."""
    return AwsError("InvalidArgumentException", message)


def concurrent_modification(given: str, current: str) -> AwsError:
    """UpdateDestination was given a version of the stream that is not the current one."""
    return AwsError(
        "ConcurrentModificationException",
        f"The delivery stream version ID {given} does not match the current version ID {current}.",
    )


def limit_exceeded(message: str) -> AwsError:
    """A quota of the account or the resource."""
    return AwsError("LimitExceededException", message)
