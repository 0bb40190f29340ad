"""A delivery stream's settings as values: what `config` makes of a request, and the engine goes by."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from amp_sandbox.firehose.prefix import Prefix

MIB = 1024 * 1024


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
