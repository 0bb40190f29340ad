"""AWS::EMRContainers::VirtualCluster, which LocalStack does not have.

Create waits until the cluster is RUNNING, delete until it is TERMINATED. Everything but the tags makes a new cluster.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-emrcontainers-virtualcluster.html
"""

from collections.abc import Mapping
from typing import Any

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

from amp_localstack.cloudformation.api_request import UnknownPropertyError, as_request
from amp_localstack.cloudformation.changes import tag_change, tags_of, unknown

GONE = ("TERMINATED", "ARRESTED")
STARTED = "started"


class VirtualCluster(ResourceProvider):
    """The provider; LocalStack makes one for each operation."""

    TYPE = "AWS::EMRContainers::VirtualCluster"
    SCHEMA: Mapping[str, Any] = {
        "typeName": TYPE,
        "primaryIdentifier": ["/properties/Id"],
        "readOnlyProperties": ["/properties/Arn", "/properties/Id"],
        "createOnlyProperties": [
            "/properties/ContainerProvider",
            "/properties/Name",
            "/properties/SecurityConfigurationId",
        ],
    }
    KNOWN = ("Arn", "ContainerProvider", "Id", "Name", "SecurityConfigurationId", "Tags")

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Create, and wait until it runs; called again until then."""
        model, emr = request.desired_state, _client(request)
        if not request.custom_context.get(STARTED):
            if refused := unknown(model, self.KNOWN):
                return _failed(model, f"{self.TYPE}: {', '.join(refused)} not supported here")
            shape = emr.meta.service_model.operation_model("CreateVirtualCluster").input_shape
            settings = {name: value for name, value in model.items() if name not in ("Arn", "Id", "Tags")}
            try:
                asked = as_request(settings, shape)
            except UnknownPropertyError as error:
                return _failed(model, f"{self.TYPE}: {error}")
            if tags := tags_of(model):
                asked["tags"] = tags
            made = emr.create_virtual_cluster(**asked)
            model["Id"], model["Arn"] = made["id"], made["arn"]
        state = _state(emr, model["Id"])
        if state == "RUNNING":
            return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)
        if state in GONE:
            return _failed(model, f"{model['Name']}: {state}")
        return _in_progress(model)

    def read(self, request: ResourceRequest) -> ProgressEvent:
        """Name, id and ARN."""
        found = _client(request).describe_virtual_cluster(id=request.desired_state["Id"])["virtualCluster"]
        model = {**request.desired_state, "Name": found["name"], "Arn": found["arn"]}
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Change the tags."""
        before, model, emr = request.previous_state, request.desired_state, _client(request)
        if refused := unknown(model, self.KNOWN):
            return _failed(model, f"{self.TYPE}: {', '.join(refused)} not supported here")
        model["Id"], model["Arn"] = before["Id"], before["Arn"]
        tags = tag_change(before, model)
        if tags.set:
            emr.tag_resource(resourceArn=model["Arn"], tags=tags.set)
        if tags.removed:
            emr.untag_resource(resourceArn=model["Arn"], tagKeys=tags.removed)
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        """Delete, and wait until it is gone."""
        model, emr = request.desired_state, _client(request)
        if _state(emr, model["Id"]) in GONE:
            return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)
        if not request.custom_context.get(STARTED):
            emr.delete_virtual_cluster(id=model["Id"])
        return _in_progress(model)


def _client(request: ResourceRequest) -> Any:
    return request.aws_client_factory.get_client("emr-containers")


def _state(emr: Any, cluster: str) -> str:
    return str(emr.describe_virtual_cluster(id=cluster)["virtualCluster"]["state"])


def _in_progress(model: Any) -> ProgressEvent:
    return ProgressEvent(OperationStatus.IN_PROGRESS, resource_model=model, custom_context={STARTED: True})


def _failed(model: Any, message: str) -> ProgressEvent:
    return ProgressEvent(OperationStatus.FAILED, resource_model=model, message=message)
