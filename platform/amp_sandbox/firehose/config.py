"""Destination settings: what CreateDeliveryStream and UpdateDestination say, checked and made into values.

`parse_create` is the whole check of a request, `parse_destination` that of its destination. Both raise
`ConfigError`, which the API answers as InvalidArgumentException. The engine reads the same values back from
the stored definition, so nothing it cannot do ever reaches it.

**Left out**, each refused by name when the stream is created or changed:

* destinations other than ExtendedS3DestinationConfiguration; the sources MSK and Database;
* S3BackupMode Enabled; KMS and server-side encryption; DirectPutSourceConfiguration (throughput hints);
* what `processing_config` and `conversion_config` name.

Accepted and of no effect: DynamicPartitioningConfiguration's RetryOptions, checked for their range (see `pipeline`).
Roles are checked for their form only; what they may do is IAM's business.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_ExtendedS3DestinationConfiguration.html
"""

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from amp_sandbox.firehose import prefix
from amp_sandbox.firehose.conversion_config import parquet_conversion
from amp_sandbox.firehose.destination import (
    MIB,
    ConfigError,
    Destination,
    LambdaTransform,
    LogTarget,
    ParquetConversion,
    StreamConfig,
)
from amp_sandbox.firehose.prefix import Prefix, PrefixError
from amp_sandbox.firehose.processing_config import delimiter, lambda_transform, metadata_query, processors_of

DEFAULT_BUFFER_MB = 5
DEFAULT_BUFFER_SECONDS = 300
PARTITIONED_BUFFER_MB = 64
EXTENSIONS = {
    "UNCOMPRESSED": "",
    "GZIP": ".gz",
    "ZIP": ".zip",
    "Snappy": ".snappy",
    "HADOOP_SNAPPY": ".hsnappy",
}
"""https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html#s3-object-name"""

UNSUPPORTED = (
    "S3DestinationConfiguration",
    "RedshiftDestinationConfiguration",
    "ElasticsearchDestinationConfiguration",
    "AmazonopensearchserviceDestinationConfiguration",
    "SplunkDestinationConfiguration",
    "HttpEndpointDestinationConfiguration",
    "AmazonOpenSearchServerlessDestinationConfiguration",
    "SnowflakeDestinationConfiguration",
    "IcebergDestinationConfiguration",
    "DeliveryStreamEncryptionConfigurationInput",
    "DirectPutSourceConfiguration",
    "MSKSourceConfiguration",
    "DatabaseSourceConfiguration",
)
"""Members of CreateDeliveryStream's input that are refused."""


def parse_create(request: Mapping[str, Any]) -> StreamConfig:
    """Check a CreateDeliveryStream input, or a stored definition, and make it into values."""
    for name in UNSUPPORTED:
        if request.get(name) is not None:
            raise ConfigError(f"{name} is not supported here.")
    if request.get("ExtendedS3DestinationConfiguration") is None:
        raise ConfigError("ExtendedS3DestinationConfiguration must be specified.")
    return StreamConfig(_source_arn(request), parse_destination(request["ExtendedS3DestinationConfiguration"]))


def parse_destination(settings: Mapping[str, Any]) -> Destination:
    """Check an ExtendedS3DestinationConfiguration and make it into values."""
    _refuse_unsupported(settings)
    processors = processors_of(settings.get("ProcessingConfiguration") or {})
    partitioned = bool((settings.get("DynamicPartitioningConfiguration") or {}).get("Enabled"))
    conversion = parquet_conversion(settings.get("DataFormatConversionConfiguration") or {})
    compression = settings.get("CompressionFormat") or "UNCOMPRESSED"
    if compression not in EXTENSIONS:
        raise ConfigError(f"CompressionFormat {compression!r} is not one of {', '.join(EXTENSIONS)}.")
    if conversion is not None and compression != "UNCOMPRESSED":
        raise ConfigError(
            "CompressionFormat must be UNCOMPRESSED when data format conversion is enabled:"
            " the Parquet file is compressed by ParquetSerDe's Compression."
        )
    retry = ((settings.get("DynamicPartitioningConfiguration") or {}).get("RetryOptions") or {}).get(
        "DurationInSeconds"
    )
    if not 0 <= (retry or 0) <= 7200:
        raise ConfigError(f"RetryOptions: DurationInSeconds must be between 0 and 7200, not {retry}.")
    large = partitioned or conversion is not None
    size, seconds = _buffering(settings.get("BufferingHints"), large)
    transform = lambda_transform(processors["Lambda"]) if "Lambda" in processors else None
    query = metadata_query(processors["MetadataExtraction"]) if "MetadataExtraction" in processors else None
    text = settings.get("Prefix") or ""
    data_prefix, error_prefix = _prefixes(text, settings.get("ErrorOutputPrefix"))
    _check_partitioning(data_prefix, partitioned, transform, query)
    return Destination(
        bucket=_bucket(settings),
        data_prefix=data_prefix,
        error_prefix=error_prefix,
        buffer_bytes=size,
        buffer_seconds=seconds,
        compression=compression,
        extension=_extension(settings.get("FileExtension"), compression, conversion),
        time_zone=_time_zone(settings.get("CustomTimeZone")),
        transform=transform,
        metadata_query=query,
        delimiter=delimiter(processors.get("AppendDelimiterToRecord")),
        partitioned=partitioned,
        conversion=conversion,
        logs=_log_target(settings.get("CloudWatchLoggingOptions") or {}),
    )


def merge_update(settings: Mapping[str, Any], update: Mapping[str, Any]) -> dict[str, Any]:
    """An ExtendedS3DestinationConfiguration with an ExtendedS3DestinationUpdate laid over it.

    What the update does not name stays; what it names is replaced whole, as AWS does with the processors.
    https://docs.aws.amazon.com/firehose/latest/APIReference/API_UpdateDestination.html
    """
    merged = {**settings, **{name: value for name, value in update.items() if value is not None}}
    parse_destination(merged)
    return merged


def describe_destination(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The ExtendedS3DestinationDescription of a configuration: itself, with the defaults filled in."""
    parsed = parse_destination(settings)
    return {
        **{name: value for name, value in settings.items() if value is not None},
        "BufferingHints": {
            "SizeInMBs": parsed.buffer_bytes // MIB,
            "IntervalInSeconds": parsed.buffer_seconds,
        },
        "CompressionFormat": parsed.compression,
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": settings.get("CloudWatchLoggingOptions") or {"Enabled": False},
        "S3BackupMode": "Disabled",
    }


def _source_arn(request: Mapping[str, Any]) -> str | None:
    kind = request.get("DeliveryStreamType") or "DirectPut"
    source = request.get("KinesisStreamSourceConfiguration")
    if kind not in ("DirectPut", "KinesisStreamAsSource"):
        raise ConfigError(f"DeliveryStreamType {kind!r} is not supported here.")
    if (source is not None) != (kind == "KinesisStreamAsSource"):
        raise ConfigError(
            "KinesisStreamSourceConfiguration must be specified with the DeliveryStreamType"
            " KinesisStreamAsSource, and only then."
        )
    if source is None:
        return None
    arn: str = source.get("KinesisStreamARN") or ""
    if not re.fullmatch(r"arn:[^:]*:kinesis:[^:]+:\d{12}:stream/[a-zA-Z0-9_.-]+", arn):
        raise ConfigError(f"KinesisStreamARN {arn!r} is not the ARN of a Kinesis stream.")
    _role(source)
    return arn


def _refuse_unsupported(settings: Mapping[str, Any]) -> None:
    _role(settings)
    if settings.get("S3BackupMode") == "Enabled" or settings.get("S3BackupConfiguration") is not None:
        raise ConfigError("S3BackupMode Enabled (S3BackupConfiguration) is not supported here.")
    if settings.get("S3BackupUpdate") is not None:
        raise ConfigError("S3BackupUpdate is not supported here.")
    if (settings.get("EncryptionConfiguration") or {}).get("KMSEncryptionConfig") is not None:
        raise ConfigError("EncryptionConfiguration: KMSEncryptionConfig is not supported here.")


def _role(settings: Mapping[str, Any]) -> None:
    arn = settings.get("RoleARN") or ""
    if not re.fullmatch(r"arn:[^:]*:iam::\d{12}:role/[a-zA-Z_0-9+=,.@/-]+", arn):
        raise ConfigError(f"RoleARN {arn!r} is not the ARN of a role.")


def _bucket(settings: Mapping[str, Any]) -> str:
    arn = settings.get("BucketARN") or ""
    found = re.fullmatch(r"arn:[^:]*:s3:::([\w.-]{1,255})", arn)
    if found is None:
        raise ConfigError(f"BucketARN {arn!r} is not the ARN of a bucket.")
    return found[1]


def _buffering(hints: Mapping[str, Any] | None, large: bool) -> tuple[int, int]:
    size, seconds = (hints or {}).get("SizeInMBs"), (hints or {}).get("IntervalInSeconds")
    if (size is None) != (seconds is None):
        raise ConfigError("BufferingHints: SizeInMBs and IntervalInSeconds must be specified together.")
    if size is None or seconds is None:
        return (PARTITIONED_BUFFER_MB * 2 if large else DEFAULT_BUFFER_MB) * MIB, DEFAULT_BUFFER_SECONDS
    if not 1 <= size <= 128:
        raise ConfigError(f"BufferingHints: SizeInMBs must be between 1 and 128, not {size}.")
    if not 0 <= seconds <= 900:
        raise ConfigError(f"BufferingHints: IntervalInSeconds must be between 0 and 900, not {seconds}.")
    if large and size < PARTITIONED_BUFFER_MB:
        raise ConfigError(
            "BufferingHints: SizeInMBs must be at least 64 when dynamic partitioning or"
            f" data format conversion is enabled, not {size}."
        )
    return size * MIB, seconds


def _prefixes(text: str, error_text: str | None) -> tuple[Prefix, Prefix]:
    try:
        return prefix.data_prefix(text), prefix.error_prefix(error_text, text)
    except PrefixError as error:
        raise ConfigError(str(error)) from None


def _check_partitioning(
    data_prefix: Prefix, partitioned: bool, transform: LambdaTransform | None, query: str | None
) -> None:
    from_lambda = prefix.partition_keys(data_prefix, "partitionKeyFromLambda")
    from_query = prefix.partition_keys(data_prefix, "partitionKeyFromQuery")
    if not partitioned:
        if from_lambda or from_query:
            raise ConfigError(
                "Prefix has partition key expressions, which need DynamicPartitioningConfiguration to be enabled."
            )
        if query is not None:
            raise ConfigError("The processor MetadataExtraction needs dynamic partitioning to be enabled.")
        return
    if not from_lambda and not from_query:
        raise ConfigError(
            "Dynamic partitioning is enabled, so Prefix must have a partitionKeyFromLambda or"
            " partitionKeyFromQuery expression."
        )
    if from_lambda and transform is None:
        raise ConfigError("Prefix has partitionKeyFromLambda expressions, but there is no Lambda processor.")
    if (query is None) != (not from_query):
        raise ConfigError(
            "A MetadataExtraction processor and partitionKeyFromQuery expressions in Prefix need each other."
        )


def _extension(given: str | None, compression: str, conversion: ParquetConversion | None) -> str:
    if given:
        if not re.fullmatch(r"\.[0-9a-z!\-_.*'()]{1,127}", given):
            raise ConfigError(f"FileExtension {given!r} is not valid: it must look like '.json.gz'.")
        return given
    return EXTENSIONS[compression] if conversion is None else ".parquet"


def _time_zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigError(f"CustomTimeZone {name!r} is not a time zone.") from None


def _log_target(options: Mapping[str, Any]) -> LogTarget | None:
    if not options.get("Enabled"):
        return None
    if not options.get("LogGroupName") or not options.get("LogStreamName"):
        raise ConfigError("CloudWatchLoggingOptions: LogGroupName and LogStreamName must be specified.")
    return LogTarget(options["LogGroupName"], options["LogStreamName"])
