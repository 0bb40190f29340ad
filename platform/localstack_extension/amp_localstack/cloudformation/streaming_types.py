"""Kinesis streams and SQS queues whose settings are applied, at creation and by updates.

LocalStack's Kinesis provider makes every stream on-demand, applies neither retention, encryption nor tags, and has no
update; its SQS provider answers an update with success and changes nothing.

**Left out:** shard-level metrics and the throughput of on-demand streams.
"""

from typing import Any

from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent, ResourceRequest
from localstack.services.kinesis.resource_providers.aws_kinesis_stream import KinesisStreamProvider
from localstack.services.sqs.resource_providers.aws_sqs_queue import SQSQueueProvider

from amp_localstack.cloudformation.changes import Properties, changed, tag_change

# What an attribute is when a template does not set it.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
QUEUE_DEFAULTS = {
    "DelaySeconds": "0",
    "KmsMasterKeyId": "",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}


class Stream(KinesisStreamProvider):
    """AWS::Kinesis::Stream.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-kinesis-stream.html
    """

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Create, wait for ACTIVE, then apply the settings."""
        request.desired_state.setdefault("StreamModeDetails", {"StreamMode": "PROVISIONED"})
        event = super().create(request)
        if event.status == OperationStatus.SUCCESS:
            _apply_settings(request.aws_client_factory.kinesis, {"RetentionPeriodHours": 24}, event.resource_model)
        return event

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Change shards and settings in place."""
        before, model = request.previous_state, request.desired_state
        kinesis = request.aws_client_factory.kinesis
        model["Name"], model["Arn"] = before["Name"], before["Arn"]
        model.setdefault("StreamModeDetails", {"StreamMode": "PROVISIONED"})
        if changed(before, model, "StreamModeDetails"):
            kinesis.update_stream_mode(StreamARN=model["Arn"], StreamModeDetails=model["StreamModeDetails"])
        if model.get("ShardCount") and changed(before, model, "ShardCount"):
            _reshard(kinesis, model["Name"], int(model["ShardCount"]))
        _apply_settings(kinesis, {"RetentionPeriodHours": 24, **before}, model)
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


class Queue(SQSQueueProvider):
    """AWS::SQS::Queue.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sqs-queue.html
    """

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Set the attributes that differ; those no longer given go back to their defaults."""
        before, model = request.previous_state, request.desired_state
        sqs = request.aws_client_factory.sqs
        for name in ("QueueName", "QueueUrl", "Arn"):
            model[name] = before[name]
        old = QUEUE_DEFAULTS | self._compile_sqs_queue_attributes(before)
        new = QUEUE_DEFAULTS | self._compile_sqs_queue_attributes(model)
        if attributes := {name: value for name, value in new.items() if old.get(name) != value}:
            sqs.set_queue_attributes(QueueUrl=model["QueueUrl"], Attributes=attributes)
        tags = tag_change(before, model)
        if tags.set:
            sqs.tag_queue(QueueUrl=model["QueueUrl"], Tags=tags.set)
        if tags.removed:
            sqs.untag_queue(QueueUrl=model["QueueUrl"], TagKeys=tags.removed)
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


def _reshard(kinesis: Any, name: str, target: int) -> None:
    """In steps of at most twice as many, which is also what AWS allows in one call."""
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    count = summary["OpenShardCount"]
    while count != target:
        count = min(target, 2 * count) if target > count else max(target, -(-count // 2))
        kinesis.update_shard_count(StreamName=name, TargetShardCount=count, ScalingType="UNIFORM_SCALING")


def _apply_settings(kinesis: Any, before: Properties, after: Properties) -> None:
    name = after["Name"]
    # A number that comes from a parameter can be a string.
    old_hours, hours = int(before["RetentionPeriodHours"]), int(after.get("RetentionPeriodHours", 24))
    if hours > old_hours:
        kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=hours)
    elif hours < old_hours:
        kinesis.decrease_stream_retention_period(StreamName=name, RetentionPeriodHours=hours)
    if changed(before, after, "StreamEncryption"):
        if encryption := after.get("StreamEncryption"):
            kinesis.start_stream_encryption(StreamName=name, **encryption)
        else:
            kinesis.stop_stream_encryption(StreamName=name, **before["StreamEncryption"])
    tags = tag_change(before, after)
    if tags.set:
        kinesis.add_tags_to_stream(StreamName=name, Tags=tags.set)
    if tags.removed:
        kinesis.remove_tags_from_stream(StreamName=name, TagKeys=tags.removed)
