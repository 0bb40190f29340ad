"""Format conversion: JSON records into a Parquet file, by a table of the Glue Data Catalog.

The table's columns and types (nested ones too) are the schema; a record that is not a JSON object, or has a value
that does not fit its column, goes to the error output as `format-conversion-failed` while its neighbours are
converted. Keys that are no columns are left out of the file, and missing ones are null, as the SerDes do.

https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html

**Left out:** partition columns (as on AWS: they are in the prefix); the types `union`, `interval` and `char`/`varchar`
lengths; HiveJsonSerDe's TimestampFormats other than `millis` and the default (a record with another timestamp fails).
"""

import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from amp_sandbox.firehose import hive_types
from amp_sandbox.firehose.clients import Glue
from amp_sandbox.firehose.destination import JsonReader, ParquetConversion
from amp_sandbox.firehose.error_output import Failure, conversion_failed
from amp_sandbox.firehose.hive_types import MisfitError
from amp_sandbox.firehose.shards import Outcome, Record

SCHEMA_SECONDS = 60.0
"""How long a table's newest version is used before it is asked for again."""

MALFORMED = "DataFormatConversion.MalformedData"
INVALID = "DataFormatConversion.InvalidData"


class ParquetConverter:
    """Converts the records of one delivery stream; knows its table's schema."""

    def __init__(self, conversion: ParquetConversion, glue: Glue, clock: Callable[[], float]) -> None:
        self._conversion, self._glue, self._clock = conversion, glue, clock
        self._schema: pa.Schema | None = None
        self._fetched_at = 0.0

    def __call__(self, records: Sequence[Record]) -> tuple[bytes | None, list[Record], list[Outcome]]:
        """A Parquet file of the records (None if none can be converted), those in it, and those that failed."""
        schema = self._current_schema()
        rows, kept, failed = [], [], []
        for record in records:
            try:
                rows.append(read_row(record.data, schema, self._conversion.reader))
                kept.append(record)
            except MisfitError as error:
                failure = Failure(error.code, str(error))
                ended_ms = int(self._clock() * 1000)
                failed.append(conversion_failed(record, failure, ended_ms=ended_ms, conversion=self._conversion))
        return (write_parquet(rows, schema, self._conversion) if rows else None), kept, failed

    def _current_schema(self) -> pa.Schema:
        now = self._clock()
        stale = self._conversion.version == "LATEST" and now - self._fetched_at >= SCHEMA_SECONDS
        if self._schema is None or stale:
            self._schema = schema_of(fetch_table(self._glue, self._conversion))
            self._fetched_at = now
        return self._schema


def fetch_table(glue: Glue, conversion: ParquetConversion) -> Mapping[str, Any]:
    """The Glue table, in the version that the stream's settings name."""
    request = {"DatabaseName": conversion.database}
    if conversion.catalog_id is not None:
        request["CatalogId"] = conversion.catalog_id
    if conversion.version == "LATEST":
        table: Mapping[str, Any] = glue.get_table(Name=conversion.table, **request)["Table"]
    else:
        version = glue.get_table_version(TableName=conversion.table, VersionId=conversion.version, **request)
        table = version["TableVersion"]["Table"]
    return table


def schema_of(table: Mapping[str, Any]) -> pa.Schema:
    """The Arrow schema of a Glue table's columns."""
    columns = (table.get("StorageDescriptor") or {}).get("Columns")
    if not columns:
        raise MisfitError("DataFormatConversion.InvalidSchema", "The table has no columns.")
    return pa.schema([(column["Name"], hive_types.parse(column.get("Type") or "")) for column in columns])


def read_row(data: bytes, schema: pa.Schema, reader: JsonReader) -> dict[str, Any]:
    """A record's values by column, as the deserializer reads them; raises `MisfitError`."""
    try:
        return _read_row(data, schema, reader)
    except RecursionError:
        raise MisfitError(MALFORMED, "The record is nested too deeply.") from None


def write_parquet(rows: list[dict[str, Any]], schema: pa.Schema, conversion: ParquetConversion) -> bytes:
    """A Parquet file of one row group."""
    out = io.BytesIO()
    pq.write_table(
        pa.Table.from_pylist(rows, schema=schema),
        out,
        compression="NONE" if conversion.compression == "UNCOMPRESSED" else conversion.compression,
        use_dictionary=conversion.dictionary,
        data_page_size=conversion.page_bytes,
        data_page_version="1.0" if conversion.writer_version == "V1" else "2.0",
        row_group_size=max(len(rows), 1),
    )
    return out.getvalue()


def _read_row(data: bytes, schema: pa.Schema, reader: JsonReader) -> dict[str, Any]:
    if not data.strip():
        raise MisfitError(MALFORMED, "The record was empty or contained only whitespace.")
    try:
        found = json.loads(data)
    except ValueError as error:
        raise MisfitError(MALFORMED, f"The record is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise MisfitError(MALFORMED, "The record is not a JSON object.")
    # The Hive SerDe, like the OpenX one by default, matches keys without regard to case.
    fold = reader.hive or reader.case_insensitive
    values = _keys(found, fold=fold, dots=reader.dots_to_underscores)
    renamed = {column: key.lower() if fold else key for column, key in reader.column_to_key}
    millis = not reader.hive or "millis" in reader.timestamp_formats
    row = {}
    for field in schema:
        value = values.get(renamed.get(field.name, field.name.lower() if fold else field.name))
        try:
            row[field.name] = hive_types.fit(value, field.type, millis=millis)
        except MisfitError as error:
            raise MisfitError(INVALID, f"{field.name}: {error}") from error
    return row


def _keys(value: Any, *, fold: bool, dots: bool) -> Any:
    """The value with the keys of its objects folded to lower case and their dots replaced, as configured."""
    if isinstance(value, dict):
        return {_key(key, fold=fold, dots=dots): _keys(inner, fold=fold, dots=dots) for key, inner in value.items()}
    if isinstance(value, list):
        return [_keys(inner, fold=fold, dots=dots) for inner in value]
    return value


def _key(key: str, *, fold: bool, dots: bool) -> str:
    key = key.lower() if fold else key
    return re.sub(r"\.", "_", key) if dots else key
