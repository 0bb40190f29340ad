"""Checks a DataFormatConversionConfiguration and makes it into values.

**Left out**, each refused by name: ORC; MaxPaddingBytes, and a BlockSizeBytes other than the default, of ParquetSerDe.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_DataFormatConversionConfiguration.html
"""

from collections.abc import Mapping
from typing import Any

from amp_sandbox.firehose.destination import MIB, ConfigError, JsonReader, ParquetConversion

PARQUET_BLOCK_BYTES = 256 * MIB
PARQUET_PAGE_BYTES = MIB


def parquet_conversion(settings: Mapping[str, Any]) -> ParquetConversion | None:
    """The conversion that is configured, or None when it is not enabled."""
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
