"""Firehose's API for making, showing, changing and removing delivery streams.

What a destination may be, and what is refused by name, is in `config.py`; the operations that put records are
in `puts.py`, those for tags in `tags.py`.

**Left out:**

* StartDeliveryStreamEncryption and StopDeliveryStreamEncryption, which are refused by name;
* the quota of delivery streams in an account: there is none.
"""

from typing import Any

from amp_sandbox.firehose import config, errors, store
from amp_sandbox.firehose.checks import require_distinct_tags, require_stream, require_usable_table, stream_type
from amp_sandbox.firehose.destination import ConfigError
from amp_sandbox.firehose.store import Stream
from amp_sandbox.protocol import Answer, Context, Request, operation

# A delivery stream has one destination.
DESTINATION_ID = "destinationId-000000000001"
_LIST_LIMIT = 10
_SIMPLE_S3_MEMBERS = (
    "RoleARN",
    "BucketARN",
    "Prefix",
    "ErrorOutputPrefix",
    "BufferingHints",
    "CompressionFormat",
    "EncryptionConfiguration",
    "CloudWatchLoggingOptions",
)
_OTHER_UPDATES = (
    "S3DestinationUpdate",
    "RedshiftDestinationUpdate",
    "ElasticsearchDestinationUpdate",
    "AmazonopensearchserviceDestinationUpdate",
    "SplunkDestinationUpdate",
    "HttpEndpointDestinationUpdate",
    "AmazonOpenSearchServerlessDestinationUpdate",
    "SnowflakeDestinationUpdate",
    "IcebergDestinationUpdate",
)


@operation("firehose", "CreateDeliveryStream", refuses=config.UNSUPPORTED)
def create_delivery_stream(ctx: Context, req: Request) -> Answer:
    """Make a delivery stream; it is CREATING until its source stream and its roles are found to exist, or not.

    Left out: the sources MSK and Database; S3BackupMode Enabled; KMSEncryptionConfig; OrcSerDe; the processors
    RecordDeAggregation, Decompression and CloudWatchLogProcessing (refused, each by name). Accepted and of no effect:
    DynamicPartitioningConfiguration's RetryOptions, how long AWS retries a delivery to an S3 prefix. Templates for AWS
    set it, and here a delivery is retried until it works, so that no outage of the sandbox costs a record.
    https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html
    """
    name = req["DeliveryStreamName"]
    definition = {member: value for member, value in req.items() if member != "Tags"}
    try:
        parsed = config.parse_create(definition)
    except ConfigError as error:
        raise errors.invalid_argument(str(error)) from error
    require_usable_table(ctx, parsed.destination)
    arn = f"arn:aws:firehose:{ctx.region}:{ctx.account_id}:deliverystream/{name}"
    tags = require_distinct_tags(req.get("Tags") or [])
    try:
        store.create_stream(ctx.db, name, arn, definition, at=ctx.now(), tags=tags)
    except store.StreamExistsError as error:
        raise errors.stream_exists(name, ctx.account_id) from error
    return {"DeliveryStreamARN": arn}


@operation("firehose", "DescribeDeliveryStream")
def describe_delivery_stream(ctx: Context, req: Request) -> Answer:
    """Show a delivery stream, its source and its destination.

    Left out: DeliveryStartTimestamp of a source (absent), as the source is read from its beginning.
    https://docs.aws.amazon.com/firehose/latest/APIReference/API_DescribeDeliveryStream.html
    """
    stream = require_stream(ctx, req["DeliveryStreamName"])
    shown: dict[str, Any] = {
        "DeliveryStreamName": stream.name,
        "DeliveryStreamARN": stream.arn,
        "DeliveryStreamStatus": stream.status,
        "DeliveryStreamEncryptionConfiguration": {"Status": "DISABLED"},
        "DeliveryStreamType": stream_type(stream),
        "VersionId": str(stream.version),
        "CreateTimestamp": stream.created_at,
        "Destinations": _destinations(stream, after=req.get("ExclusiveStartDestinationId")),
        "HasMoreDestinations": False,
    }
    if stream.version > 1:
        shown["LastUpdateTimestamp"] = stream.updated_at
    if stream.failure is not None:
        shown["FailureDescription"] = {"Type": "UNKNOWN_ERROR", "Details": stream.failure}
    source = stream.definition.get("KinesisStreamSourceConfiguration")
    if source is not None:
        shown["Source"] = {"KinesisStreamSourceDescription": source}
    return {"DeliveryStreamDescription": shown}


@operation("firehose", "ListDeliveryStreams")
def list_delivery_streams(ctx: Context, req: Request) -> Answer:
    """List the names of delivery streams in alphabetical order, a page at a time.

    https://docs.aws.amazon.com/firehose/latest/APIReference/API_ListDeliveryStreams.html
    """
    wanted = req.get("DeliveryStreamType")
    after = req.get("ExclusiveStartDeliveryStreamName") or ""
    limit = req.get("Limit") or _LIST_LIMIT
    names = [
        stream.name
        for stream in store.list_streams(ctx.db)
        if stream.name > after and wanted in (None, stream_type(stream))
    ]
    return {"DeliveryStreamNames": names[:limit], "HasMoreDeliveryStreams": len(names) > limit}


@operation("firehose", "DeleteDeliveryStream", refuses=["AllowForceDelete"])
def delete_delivery_stream(ctx: Context, req: Request) -> Answer:
    """Mark the stream DELETING; the engine delivers what it has accepted, and removes the stream.

    https://docs.aws.amazon.com/firehose/latest/APIReference/API_DeleteDeliveryStream.html
    """
    stream = require_stream(ctx, req["DeliveryStreamName"])
    if stream.status == "CREATING":
        raise errors.stream_not_active(stream.name, ctx.account_id, stream.status)
    store.set_status(ctx.db, stream.name, "DELETING", at=ctx.now())
    return {}


@operation("firehose", "UpdateDestination", refuses=_OTHER_UPDATES)
def update_destination(ctx: Context, req: Request) -> Answer:
    """Lay an update over the destination's settings; what it does not name stays as it was.

    Left out: in ExtendedS3DestinationUpdate, what CreateDeliveryStream leaves out, and S3BackupUpdate (refused).
    https://docs.aws.amazon.com/firehose/latest/APIReference/API_UpdateDestination.html
    """
    stream = require_stream(ctx, req["DeliveryStreamName"])
    update = req.get("ExtendedS3DestinationUpdate")
    if not update:
        raise errors.invalid_argument("ExtendedS3DestinationUpdate must be specified.")
    if req["DestinationId"] != DESTINATION_ID:
        raise errors.invalid_argument(f"Destination Id {req['DestinationId']} not found")
    if stream.status != "ACTIVE":
        raise errors.stream_not_active(stream.name, ctx.account_id, stream.status)
    version = req["CurrentDeliveryStreamVersionId"]
    if version != str(stream.version) or not store.update_definition(
        ctx.db, stream.name, _updated(ctx, stream, update), expected_version=stream.version, at=ctx.now()
    ):
        raise errors.concurrent_modification(version, str(require_stream(ctx, stream.name).version))
    return {}


def _destinations(stream: Stream, *, after: str | None) -> list[dict[str, Any]]:
    if after is not None and after >= DESTINATION_ID:
        return []
    extended = config.describe_destination(stream.definition["ExtendedS3DestinationConfiguration"])
    simple = {member: extended[member] for member in _SIMPLE_S3_MEMBERS if member in extended}
    return [
        {
            "DestinationId": DESTINATION_ID,
            "S3DestinationDescription": simple,
            "ExtendedS3DestinationDescription": extended,
        }
    ]


def _updated(ctx: Context, stream: Stream, update: dict[str, Any]) -> dict[str, Any]:
    settings = stream.definition["ExtendedS3DestinationConfiguration"]
    try:
        merged = config.merge_update(settings, update)
    except ConfigError as error:
        raise errors.invalid_argument(str(error)) from error
    # https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-enable.html
    destination = config.parse_destination(merged)
    if destination.partitioned != config.parse_destination(settings).partitioned:
        raise errors.invalid_argument(
            "Dynamic partitioning can only be enabled when a delivery stream is created, and not be disabled."
        )
    require_usable_table(ctx, destination)
    return {**stream.definition, "ExtendedS3DestinationConfiguration": merged}
