"""AWS::MWAA::Environment, which LocalStack does not have.

Create and update wait until the environment is AVAILABLE, delete until it is gone. Another name would be another
environment, of which this machine has one: the deployment fails and says so.

**Left out:** another pair of subnets in an update, which on AWS is a new environment; it fails.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-mwaa-environment.html
"""

from collections.abc import Mapping
from typing import Any

from botocore.config import Config
from localstack.aws.connect import connect_to
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

from amp_localstack.cloudformation.api_request import UnknownPropertyError, as_request
from amp_localstack.cloudformation.changes import Properties, changed

STARTED = "started"
# What MWAA says of an environment; not in a template.
ATTRIBUTES = ("Arn", "WebserverUrl")
# Fixed when an environment is made; LocalStack makes a new one for them.
CREATE_ONLY = ("EndpointManagement", "KmsKey", "Name")
# Left out of an update, these stay as they are, so they are given as nothing.
REMOVABLE: Mapping[str, Any] = {"AirflowConfigurationOptions": {}, "RequirementsS3Path": ""}


class AirflowEnvironment(ResourceProvider):
    """The provider; LocalStack makes one for each operation."""

    TYPE = "AWS::MWAA::Environment"
    SCHEMA: Mapping[str, Any] = {
        "typeName": TYPE,
        "primaryIdentifier": ["/properties/Name"],
        "readOnlyProperties": [f"/properties/{name}" for name in ATTRIBUTES],
        "createOnlyProperties": [f"/properties/{name}" for name in CREATE_ONLY],
    }

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Create, and wait until it is available; called again until then."""
        model, mwaa = request.desired_state, _client(request)
        if not request.custom_context.get(STARTED):
            try:
                mwaa.create_environment(**_asked(mwaa, "CreateEnvironment", model))
            except UnknownPropertyError as error:
                return _failed(model, f"{self.TYPE}: {error}")
        return _awaited(mwaa, model)

    def read(self, request: ResourceRequest) -> ProgressEvent:
        """The ARN and the address of the web page."""
        model = dict(request.desired_state)
        _describe(model, _found(_client(request), model))
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Change what differs, and wait until it is available again; called again until then."""
        before, model, mwaa = request.previous_state, request.desired_state, _client(request)
        if not request.custom_context.get(STARTED):
            if _subnets(before) != _subnets(model):
                return _failed(model, f"{self.TYPE}: SubnetIds cannot be changed here by an update")
            try:
                _update(mwaa, before, model)
            except UnknownPropertyError as error:
                return _failed(model, f"{self.TYPE}: {error}")
        return _awaited(mwaa, model)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        """Delete, and wait until it is gone."""
        model, mwaa = request.desired_state, _client(request)
        if not request.custom_context.get(STARTED):
            mwaa.delete_environment(Name=model["Name"])
        elif model["Name"] not in mwaa.list_environments()["Environments"]:
            return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)
        return _in_progress(model)


def _client(request: ResourceRequest) -> Any:
    """A client without the host names of MWAA's own (api.…) before LocalStack's address.

    LocalStack's model of MWAA is older than the stand-in's, which validates by itself.
    """
    config = Config(inject_host_prefix=False, parameter_validation=False)
    return connect_to(aws_access_key_id=request.account_id, region_name=request.region_name, config=config).mwaa


def _asked(mwaa: Any, operation: str, model: Properties) -> dict[str, Any]:
    shape = mwaa.meta.service_model.operation_model(operation).input_shape
    return as_request({name: value for name, value in model.items() if name not in ATTRIBUTES}, shape)


def _update(mwaa: Any, before: Properties, model: dict[str, Any]) -> None:
    arn = before["Arn"]
    fixed = ("Tags", *CREATE_ONLY)
    wanted = {name: value for name, value in model.items() if name not in fixed}
    wanted |= {name: empty for name, empty in REMOVABLE.items() if name in before and name not in model}
    if changed(before, wanted, *({*before, *wanted} - {*fixed, *ATTRIBUTES})):
        if network := wanted.get("NetworkConfiguration"):
            wanted["NetworkConfiguration"] = {name: network[name] for name in network if name != "SubnetIds"}
        mwaa.update_environment(Name=model["Name"], **_asked(mwaa, "UpdateEnvironment", wanted))
    old, new = before.get("Tags") or {}, model.get("Tags") or {}
    if tags := {key: value for key, value in new.items() if old.get(key) != value}:
        mwaa.tag_resource(ResourceArn=arn, Tags=tags)
    if removed := [key for key in old if key not in new]:
        mwaa.untag_resource(ResourceArn=arn, tagKeys=removed)


def _subnets(model: Properties) -> Any:
    return (model.get("NetworkConfiguration") or {}).get("SubnetIds")


def _awaited(mwaa: Any, model: dict[str, Any]) -> ProgressEvent:
    found = _found(mwaa, model)
    if found["Status"] in ("CREATING", "UPDATING"):
        return _in_progress(model)
    if found["Status"] != "AVAILABLE":
        reason = found.get("LastUpdate", {}).get("Error", {}).get("ErrorMessage", "no reason given")
        return _failed(model, f"{model['Name']}: {found['Status']}: {reason}")
    _describe(model, found)
    return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


def _found(mwaa: Any, model: Properties) -> dict[str, Any]:
    found: dict[str, Any] = mwaa.get_environment(Name=model["Name"])["Environment"]
    return found


def _describe(model: dict[str, Any], found: Properties) -> None:
    model.update({name: found[name] for name in ATTRIBUTES})


def _in_progress(model: Any) -> ProgressEvent:
    return ProgressEvent(OperationStatus.IN_PROGRESS, resource_model=model, custom_context={STARTED: True})


def _failed(model: Any, message: str) -> ProgressEvent:
    return ProgressEvent(OperationStatus.FAILED, resource_model=model, message=message)
