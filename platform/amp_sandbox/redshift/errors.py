"""Redshift's errors, one constructor each, named for what went wrong.

https://docs.aws.amazon.com/redshift/latest/APIReference/CommonErrors.html
"""

from amp_sandbox.protocol import AwsError


def cluster_not_found(name: str) -> AwsError:
    """There is no cluster of this name."""
    return AwsError("ClusterNotFound", f"Cluster {name} not found.", 404)


def cluster_already_exists(name: str) -> AwsError:
    """There is a cluster of this name."""
    return AwsError("ClusterAlreadyExists", "Cluster already exists" + (f": {name}." if name else "."))


def cluster_quota_exceeded(name: str) -> AwsError:
    """The sandbox's one cluster has another name."""
    return AwsError("ClusterQuotaExceeded", f"The sandbox has one cluster, and it is {name}. Delete that one first.")


def invalid_value(message: str) -> AwsError:
    """A value that the operation does not take; the message names it and the rule."""
    return AwsError("InvalidParameterValue", message)


def invalid_combination(message: str) -> AwsError:
    """Options that exclude or need each other."""
    return AwsError("InvalidParameterCombination", message)


def resource_not_found(arn: str) -> AwsError:
    """There is nothing with this ARN that has tags."""
    return AwsError("ResourceNotFoundFault", f"{arn} not found.", 404)


def invalid_tag(message: str) -> AwsError:
    """A tag that cannot be."""
    return AwsError("InvalidTagFault", message)
