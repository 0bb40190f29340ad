"""RotateSecret with `RotateImmediately=false`, at which LocalStack fails with an internal error.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html

**Left out:** the call of the rotation function's test step that AWS makes to check the configuration.
"""

from typing import Any

from localstack.aws.connect import connect_to
from localstack.services.secretsmanager import provider as _patched_first  # noqa: F401 - its patch would undo this one
from localstack.utils.patch import patch
from moto.secretsmanager.exceptions import ResourceNotFoundException
from moto.secretsmanager.models import SecretsManagerBackend


def apply() -> None:
    """Apply the patch, once."""

    @patch(SecretsManagerBackend.rotate_secret)
    def rotate_secret(original: Any, self: Any, *args: Any, rotate_immediately: bool = True, **kwargs: Any) -> Any:
        if rotate_immediately:
            return original(self, *args, rotate_immediately=True, **kwargs)
        return _configure(self, **kwargs)


def _configure(
    backend: Any,
    *,
    secret_id: str,
    rotation_lambda_arn: str | None = None,
    rotation_rules: dict[str, int] | None = None,
    client_request_token: str | None = None,
) -> Any:
    """Keep the function and the rules; the secret's versions stay as they are."""
    backend.describe_secret(secret_id)  # raises when there is none
    secret = backend.secrets[secret_id]
    function = rotation_lambda_arn or secret.rotation_lambda_arn
    client = connect_to(region_name=backend.region_name).lambda_
    try:
        client.get_function(FunctionName=function)
    except client.exceptions.ResourceNotFoundException:
        raise ResourceNotFoundException("Lambda does not exist or could not be accessed") from None
    secret.rotation_lambda_arn = function
    secret.auto_rotate_after_days = int((rotation_rules or {}).get("AutomaticallyAfterDays", 0))
    secret.rotation_requested = secret.rotation_enabled = True  # without the first, it is kept and not shown
    return secret.to_short_dict(version_id=secret.default_version_id)
