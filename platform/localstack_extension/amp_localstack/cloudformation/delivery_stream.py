"""AWS::KinesisFirehose::DeliveryStream.

Create waits until the stream is ACTIVE and fails with Firehose's own words; an update calls UpdateDestination; a new
name makes a new stream.

**Left out:** another type or source under the same name (AWS fails too when the name is the template's), switching
encryption on or off by an update, and a change of the kind of destination: they fail.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-kinesisfirehose-deliverystream.html
"""

from typing import Any

import localstack.services.cloudformation.provider_utils as util
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)
from localstack.services.kinesisfirehose.resource_providers.aws_kinesisfirehose_deliverystream import (
    KinesisFirehoseDeliveryStreamProvider,
)

from amp_localstack.cloudformation.changes import changed, tag_change

STARTED = "started"
FAILURE = "failure"
# AWS's words for the same case.
CANNOT_REPLACE = "CloudFormation cannot update a stack when a custom-named resource requires replacing."
DESTINATIONS = {
    "ExtendedS3DestinationConfiguration": "ExtendedS3DestinationUpdate",
    "S3DestinationConfiguration": "S3DestinationUpdate",
}


class DeliveryStream(ResourceProvider):
    """The provider; LocalStack makes one for each operation."""

    TYPE = "AWS::KinesisFirehose::DeliveryStream"
    SCHEMA = KinesisFirehoseDeliveryStreamProvider.SCHEMA

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Create, and wait for ACTIVE; called again until then."""
        model, firehose = request.desired_state, request.aws_client_factory.firehose
        if not request.custom_context.get(STARTED):
            model.setdefault(
                "DeliveryStreamName", util.generate_default_name(request.stack_name, request.logical_resource_id)
            )
            model["Arn"] = firehose.create_delivery_stream(**model)["DeliveryStreamARN"]
            return _in_progress(model)
        name = model["DeliveryStreamName"]
        if failure := request.custom_context.get(FAILURE):
            return _in_progress(model, failure) if _exists(firehose, name) else _refused(model, failure)
        stream = _described(firehose, name)
        match stream["DeliveryStreamStatus"]:
            case "ACTIVE":
                return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)
            case "CREATING":
                return _in_progress(model)
            case status:
                # A stream that failed is in the way of the next attempt, and nobody else knows of it.
                firehose.delete_delivery_stream(DeliveryStreamName=name)
                reason = stream.get("FailureDescription", {})
                return _in_progress(model, f"{name}: {status}: {reason.get('Type', '')} {reason.get('Details', '')}")

    def read(self, request: ResourceRequest) -> ProgressEvent:
        """The name and ARN."""
        stream = _described(request.aws_client_factory.firehose, request.desired_state["DeliveryStreamName"])
        model = {
            "DeliveryStreamName": stream["DeliveryStreamName"],
            "DeliveryStreamType": stream["DeliveryStreamType"],
            "Arn": stream["DeliveryStreamARN"],
        }
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Change destination and tags in place."""
        before, model = request.previous_state, request.desired_state
        firehose = request.aws_client_factory.firehose
        name = model["DeliveryStreamName"] = before["DeliveryStreamName"]
        model["Arn"] = before["Arn"]
        if changed(before, model, "DeliveryStreamType", "KinesisStreamSourceConfiguration"):
            return _refused(model, f"{name}: {CANNOT_REPLACE} Rename {name} and update the stack again.")
        if changed(before, model, "DeliveryStreamEncryptionConfigurationInput"):
            return _refused(model, f"{name}: encryption cannot be changed here by an update")
        if changed(before, model, *DESTINATIONS):
            kind = next((kind for kind in DESTINATIONS if kind in model and kind in before), None)
            if kind is None:
                return _refused(model, f"{name}: only the settings of an S3 destination can be updated here")
            stream = _described(firehose, name)
            firehose.update_destination(
                DeliveryStreamName=name,
                CurrentDeliveryStreamVersionId=stream["VersionId"],
                DestinationId=stream["Destinations"][0]["DestinationId"],
                **{DESTINATIONS[kind]: _as_update(model[kind])},
            )
        tags = tag_change(before, model)
        if tags.set:
            firehose.tag_delivery_stream(DeliveryStreamName=name, Tags=tags.as_list)
        if tags.removed:
            firehose.untag_delivery_stream(DeliveryStreamName=name, TagKeys=tags.removed)
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        """Delete, and wait until it is gone."""
        model, firehose = request.desired_state, request.aws_client_factory.firehose
        name = model["DeliveryStreamName"]
        if not _exists(firehose, name):
            return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)
        if not request.custom_context.get(STARTED):
            firehose.delete_delivery_stream(DeliveryStreamName=name)
        return _in_progress(model)


def _described(firehose: Any, name: str) -> dict[str, Any]:
    answer: dict[str, dict[str, Any]] = firehose.describe_delivery_stream(DeliveryStreamName=name)
    return answer["DeliveryStreamDescription"]


def _exists(firehose: Any, name: str) -> bool:
    try:
        _described(firehose, name)
    except firehose.exceptions.ResourceNotFoundException:
        return False
    return True


def _as_update(configuration: dict[str, Any]) -> dict[str, Any]:
    update = dict(configuration)
    if "S3BackupConfiguration" in update:
        update["S3BackupUpdate"] = update.pop("S3BackupConfiguration")
    return update


def _in_progress(model: dict[str, Any], failure: str = "") -> ProgressEvent:
    context = {STARTED: True, FAILURE: failure}
    return ProgressEvent(OperationStatus.IN_PROGRESS, resource_model=model, custom_context=context)


def _refused(model: dict[str, Any], message: str) -> ProgressEvent:
    return ProgressEvent(OperationStatus.FAILED, resource_model=model, message=message)
