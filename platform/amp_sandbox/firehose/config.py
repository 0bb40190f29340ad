"""Destination settings: what CreateDeliveryStream and UpdateDestination say, checked and made into values.

`parse_create` is the whole check of a request, `parse_destination` that of its destination. Both raise
`ConfigError`, which the API answers as InvalidArgumentException. The engine reads the same values back from
the stored definition, so nothing it cannot do ever reaches it.

**Left out**, each refused by name when the stream is created or changed:

* destinations other than ExtendedS3DestinationConfiguration; the sources MSK and Database;
* the processors RecordDeAggregation, Decompression and CloudWatchLogProcessing;
* S3BackupMode Enabled; KMS and server-side encryption; ORC; DirectPutSourceConfiguration (throughput hints);
* MaxPaddingBytes, and a BlockSizeBytes other than the default, of ParquetSerDe;
* a Kinesis source in another region or account: there is one of each here.

Roles are checked for their form only; what they may do is IAM's business.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_ExtendedS3DestinationConfiguration.html
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jq

from amp_sandbox.firehose import prefix
from amp_sandbox.firehose.prefix import Prefix, PrefixError

MIB = 1024 * 1024
DEFAULT_BUFFER_MB = 5
DEFAULT_BUFFER_SECONDS = 300
PARTITIONED_BUFFER_MB = 64
DEFAULT_LAMBDA_RETRIES = 3
DEFAULT_LAMBDA_BUFFER_MB = 1.0
DEFAULT_LAMBDA_BUFFER_SECONDS = 60
PARQUET_BLOCK_BYTES = 256 * MIB
PARQUET_PAGE_BYTES = MIB
EXTENSIONS = {
    "UNCOMPRESSED": "",
    "GZIP": ".gz",
    "ZIP": ".zip",
    "Snappy": ".snappy",
    "HADOOP_SNAPPY": ".hsnappy",
}
"""https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html#s3-object-name"""

_Number = TypeVar("_Number", int, float)
_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t", "\\\\": "\\"}
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


class ConfigError(ValueError):
    """A setting that is not valid or not supported; the message names it and the rule."""


@dataclass(frozen=True)
class LambdaTransform:
    """The function that transforms the records, and how they are gathered for it."""

    function_arn: str
    retries: int
    buffer_bytes: int
    buffer_seconds: int


@dataclass(frozen=True)
class JsonReader:
    """How format conversion reads JSON: the OpenX or the Hive deserializer and its settings."""

    hive: bool = False
    timestamp_formats: tuple[str, ...] = ()
    case_insensitive: bool = True
    dots_to_underscores: bool = False
    column_to_key: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ParquetConversion:
    """The Glue table that records are converted by, and how the Parquet file is written."""

    database: str
    table: str
    version: str
    catalog_id: str | None
    region: str | None
    reader: JsonReader
    compression: str
    page_bytes: int
    dictionary: bool
    writer_version: str


@dataclass(frozen=True)
class LogTarget:
    """Where delivery errors are logged in CloudWatch Logs."""

    group: str
    stream: str


@dataclass(frozen=True)
class Destination:
    """An S3 destination, whole and valid."""

    bucket: str
    data_prefix: Prefix
    error_prefix: Prefix
    buffer_bytes: int
    buffer_seconds: int
    compression: str
    extension: str
    time_zone: ZoneInfo
    transform: LambdaTransform | None
    metadata_query: str | None
    delimiter: bytes
    partitioned: bool
    conversion: ParquetConversion | None
    logs: LogTarget | None


@dataclass(frozen=True)
class StreamConfig:
    """A delivery stream's settings: where its records come from (None: PutRecord) and where they go."""

    source_arn: str | None
    destination: Destination

    @property
    def source_stream(self) -> str | None:
        """The name of the Kinesis stream that is read."""
        return None if self.source_arn is None else self.source_arn.rpartition("/")[2]


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
    processors = _processors(settings.get("ProcessingConfiguration") or {})
    partitioned = bool((settings.get("DynamicPartitioningConfiguration") or {}).get("Enabled"))
    conversion = _conversion(settings.get("DataFormatConversionConfiguration") or {})
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
    transform = _lambda(processors["Lambda"]) if "Lambda" in processors else None
    query = _query(processors["MetadataExtraction"]) if "MetadataExtraction" in processors else None
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
        delimiter=_delimiter(processors.get("AppendDelimiterToRecord")),
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


def _processors(settings: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    processors: dict[str, dict[str, str]] = {}
    if not settings.get("Enabled"):
        return processors
    for processor in settings.get("Processors") or []:
        kind = processor["Type"]
        if kind not in ("Lambda", "MetadataExtraction", "AppendDelimiterToRecord"):
            raise ConfigError(f"The processor {kind} is not supported here.")
        if kind in processors:
            raise ConfigError(f"There can be only one processor of type {kind}.")
        given = {p["ParameterName"]: p["ParameterValue"] for p in processor.get("Parameters") or []}
        for name in given.keys() - _PARAMETERS[kind]:
            raise ConfigError(f"The processor {kind} has no parameter {name}.")
        processors[kind] = given
    return processors


_PARAMETERS = {
    "Lambda": {"LambdaArn", "NumberOfRetries", "RoleArn", "BufferSizeInMBs", "BufferIntervalInSeconds"},
    "MetadataExtraction": {"MetadataExtractionQuery", "JsonParsingEngine"},
    "AppendDelimiterToRecord": {"Delimiter"},
}


def _lambda(parameters: Mapping[str, str]) -> LambdaTransform:
    arn = parameters.get("LambdaArn") or ""
    if not re.fullmatch(r"arn:[^:]*:lambda:[^:]+:\d{12}:function:[\w$-]+(:[\w$-]+)?", arn):
        raise ConfigError(f"LambdaArn {arn!r} is not the ARN of a function.")
    size = _number(parameters, "BufferSizeInMBs", float, DEFAULT_LAMBDA_BUFFER_MB, (0.2, 3))
    return LambdaTransform(
        function_arn=arn,
        retries=_number(parameters, "NumberOfRetries", int, DEFAULT_LAMBDA_RETRIES, (0, 300)),
        buffer_bytes=int(size * MIB),
        buffer_seconds=_number(parameters, "BufferIntervalInSeconds", int, DEFAULT_LAMBDA_BUFFER_SECONDS, (0, 900)),
    )


def _number(
    parameters: Mapping[str, str],
    name: str,
    kind: Callable[[str], _Number],
    default: _Number,
    limits: tuple[float, float],
) -> _Number:
    text = parameters.get(name)
    if text is None:
        return default
    try:
        number = kind(text)
    except ValueError:
        raise ConfigError(f"The parameter {name} is not a number: {text!r}.") from None
    if not limits[0] <= number <= limits[1]:
        raise ConfigError(f"The parameter {name} must be between {limits[0]} and {limits[1]}, not {text}.")
    return number


def _query(parameters: Mapping[str, str]) -> str:
    engine = parameters.get("JsonParsingEngine")
    if engine != "JQ-1.6":
        raise ConfigError(f"JsonParsingEngine must be JQ-1.6, not {engine!r}.")
    query = parameters.get("MetadataExtractionQuery")
    if not query:
        raise ConfigError("The processor MetadataExtraction needs the parameter MetadataExtractionQuery.")
    try:
        jq.compile(query)
    except ValueError as error:
        raise ConfigError(f"MetadataExtractionQuery {query!r} is not a jq program: {error}.") from None
    return query


def _delimiter(parameters: Mapping[str, str] | None) -> bytes:
    if parameters is None:
        return b""
    text = parameters.get("Delimiter", "\\n")
    return re.sub(r"\\[nrt\\]", lambda found: _ESCAPES[found[0]], text).encode()


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


def _conversion(settings: Mapping[str, Any]) -> ParquetConversion | None:
    if not settings or settings.get("Enabled") is False:
        return None
    schema = settings.get("SchemaConfiguration") or {}
    for name in ("DatabaseName", "TableName", "RoleARN"):
        if not schema.get(name):
            raise ConfigError(f"SchemaConfiguration: {name} must be specified.")
    serializer = (settings.get("OutputFormatConfiguration") or {}).get("Serializer") or {}
    if serializer.get("OrcSerDe") is not None:
        raise ConfigError("OutputFormatConfiguration: OrcSerDe is not supported here; use ParquetSerDe.")
    if serializer.get("ParquetSerDe") is None:
        raise ConfigError("OutputFormatConfiguration: a Serializer must be specified.")
    parquet = serializer["ParquetSerDe"]
    if parquet.get("MaxPaddingBytes"):
        raise ConfigError("ParquetSerDe: MaxPaddingBytes is not supported here.")
    if (parquet.get("BlockSizeBytes") or PARQUET_BLOCK_BYTES) != PARQUET_BLOCK_BYTES:
        raise ConfigError(f"ParquetSerDe: BlockSizeBytes other than {PARQUET_BLOCK_BYTES} is not supported.")
    compression = parquet.get("Compression") or "SNAPPY"
    if compression not in ("UNCOMPRESSED", "GZIP", "SNAPPY"):
        raise ConfigError(f"ParquetSerDe: Compression {compression!r} is not one of UNCOMPRESSED, GZIP, SNAPPY.")
    page_bytes = parquet.get("PageSizeBytes") or PARQUET_PAGE_BYTES
    if page_bytes < 65536:
        raise ConfigError(f"ParquetSerDe: PageSizeBytes must be at least 65536, not {page_bytes}.")
    return ParquetConversion(
        database=schema["DatabaseName"],
        table=schema["TableName"],
        version=schema.get("VersionId") or "LATEST",
        catalog_id=schema.get("CatalogId"),
        region=schema.get("Region"),
        reader=_json_reader((settings.get("InputFormatConfiguration") or {}).get("Deserializer") or {}),
        compression=compression,
        page_bytes=page_bytes,
        dictionary=bool(parquet.get("EnableDictionaryCompression")),
        writer_version=parquet.get("WriterVersion") or "V1",
    )


def _json_reader(deserializer: Mapping[str, Any]) -> JsonReader:
    hive, openx = deserializer.get("HiveJsonSerDe"), deserializer.get("OpenXJsonSerDe")
    if (hive is None) == (openx is None):
        raise ConfigError("InputFormatConfiguration: exactly one Deserializer must be specified.")
    if openx is None:
        return JsonReader(hive=True, timestamp_formats=tuple((hive or {}).get("TimestampFormats") or ()))
    case_insensitive = openx.get("CaseInsensitive")
    return JsonReader(
        case_insensitive=True if case_insensitive is None else case_insensitive,
        dots_to_underscores=bool(openx.get("ConvertDotsInJsonKeysToUnderscores")),
        column_to_key=tuple((openx.get("ColumnToJsonKeyMappings") or {}).items()),
    )
