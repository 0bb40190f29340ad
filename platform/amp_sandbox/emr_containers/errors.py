"""EMR on EKS's errors, one constructor each, named for what went wrong.

https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/CommonErrors.html
"""

from amp_sandbox.protocol import AwsError


def not_found(what: str) -> AwsError:
    """Nothing has this id; `what` is the kind and the id."""
    return AwsError("ResourceNotFoundException", f"{what} doesn't exist.")


def invalid(message: str) -> AwsError:
    """A request that cannot be served; the message names the value and the rule."""
    return AwsError("ValidationException", message)
