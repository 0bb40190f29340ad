"""AWS::SecretsManager::RotationSchedule, of which LocalStack only says that it was made.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-secretsmanager-rotationschedule.html

**Left out:** hosted rotation functions and schedule expressions, which are refused; `AutomaticallyAfterDays` is kept
and shown, and nothing rotates by itself: a sandbox does not live for days. `aws secretsmanager rotate-secret` does.
"""

import contextlib
from collections.abc import Mapping
from typing import Any

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

from amp_localstack.cloudformation.changes import unknown


class RotationSchedule(ResourceProvider):
    """The provider; LocalStack makes one for each operation."""

    TYPE = "AWS::SecretsManager::RotationSchedule"
    SCHEMA: Mapping[str, Any] = {
        "typeName": TYPE,
        "primaryIdentifier": ["/properties/Id"],
        "readOnlyProperties": ["/properties/Id"],
        "createOnlyProperties": ["/properties/SecretId"],
    }
    KNOWN = ("Id", "RotateImmediatelyOnUpdate", "RotationLambdaARN", "RotationRules", "SecretId")
    RULES = ("AutomaticallyAfterDays",)

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Set the secret's function and rules; rotate at once unless told otherwise, as AWS does."""
        model = request.desired_state
        rules = model.get("RotationRules") or {}
        if refused := [*unknown(model, self.KNOWN), *unknown(rules, self.RULES)]:
            message = f"{self.TYPE}: {', '.join(refused)} not supported here"
            return ProgressEvent(OperationStatus.FAILED, resource_model=model, message=message)
        request.aws_client_factory.secretsmanager.rotate_secret(
            SecretId=model["SecretId"],
            RotationLambdaARN=model["RotationLambdaARN"],
            RotationRules={name: int(value) for name, value in rules.items()},
            RotateImmediately=_is_true(model.get("RotateImmediatelyOnUpdate", True)),
        )
        model["Id"] = model["SecretId"]
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """As at creation."""
        return self.create(request)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        """End the rotation; the secret stays as it is."""
        model, secretsmanager = request.desired_state, request.aws_client_factory.secretsmanager
        # The secret may have gone before its schedule.
        with contextlib.suppress(secretsmanager.exceptions.ResourceNotFoundException):
            secretsmanager.cancel_rotate_secret(SecretId=model["SecretId"])
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


def _is_true(value: object) -> bool:
    """A boolean as templates write it, which may be text."""
    return str(value).lower() == "true"
