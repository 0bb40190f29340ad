"""What a table of the Data Catalog is in DuckDB: its columns' types, and the SELECT that reads its objects.

Types are the catalogue's, whatever is in the objects: a column that an object lacks is NULL, one that the catalogue
does not know is not there. Columns of Parquet and JSON are found by name, those of CSV by place. Partition columns have
the values that the catalogue gives, and a filter on them keeps objects from being read.

**Left out:** Avro, ORC, XML, and tables whose format the catalogue does not say; partitions with columns of their own.
https://docs.aws.amazon.com/glue/latest/webapi/API_StorageDescriptor.html
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from amp_sandbox.firehose.hive_types import MisfitError, parse

Kind = Literal["parquet", "json", "csv"]

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
_SIMPLE = {
    pa.bool_(): "BOOLEAN",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.string(): "VARCHAR",
    pa.binary(): "BLOB",
    pa.date32(): "DATE",
    pa.timestamp("ms"): "TIMESTAMP",
}


class UnreadableError(Exception):
    """A table that cannot be read; the message says why."""


@dataclass(frozen=True)
class Table:
    """A table: its columns and partition keys with their DuckDB types, and how its objects are read."""

    name: str
    columns: Mapping[str, str]
    keys: Mapping[str, str]
    location: str
    kind: Kind
    options: Mapping[str, str]


@dataclass(frozen=True)
class Partition:
    """The values of a table's keys, and where the objects with these are."""

    values: tuple[str, ...]
    location: str


def typed(table: Mapping[str, Any]) -> Table:
    """A table as Glue describes it. Raises UnreadableError for a type or format that is not known here."""
    storage = table.get("StorageDescriptor", {})
    kind = _kind(table, storage)
    serde = storage.get("SerdeInfo", {}).get("Parameters", {})
    return Table(
        name=table["Name"],
        columns=_types(storage.get("Columns", [])),
        keys=_types(table.get("PartitionKeys", [])),
        location=storage.get("Location", ""),
        kind=kind,
        options=_csv_options({**table.get("Parameters", {}), **storage.get("Parameters", {}), **serde}),
    )


def reading(table: Table, objects: Sequence[str], partitions: Iterable[Partition]) -> str:
    """The SELECT over a table's objects; an object belongs to the partition whose location is the nearest above it."""
    places = {partition.location.rstrip("/"): partition for partition in partitions}
    by_place: dict[str, list[str]] = {}
    for uri in objects:
        if place := _nearest(uri, places):
            by_place.setdefault(place, []).append(uri)
    if not by_place:
        return _select(table, "(SELECT NULL) WHERE false", None)
    return " UNION ALL ".join(
        _select(table, _source(table, uris), places[place].values) for place, uris in sorted(by_place.items())
    )


def unreadable(table: Table | None, why: str) -> str:
    """A SELECT with the table's columns that fails with `why` as soon as it is read."""
    columns = {**table.columns, **table.keys} if table else {"unreadable": "VARCHAR"}
    fails = f"error({_quoted(why)})"
    # In each column too: a NULL there would let a filter find that there is nothing to read.
    listed = ", ".join(f"{fails}::{kind} AS {_identifier(name)}" for name, kind in columns.items())
    return f"SELECT {listed} WHERE {fails}"


def duckdb_type(hive: str) -> str:
    """The DuckDB type of a Hive type. Raises UnreadableError when it is none."""
    try:
        return _duckdb(parse(hive))
    except MisfitError as error:
        raise UnreadableError(str(error)) from None


def _types(columns: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {column["Name"]: duckdb_type(column.get("Type", "string")) for column in columns}


def _duckdb(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"{_duckdb(kind.value_type)}[]"
    if pa.types.is_map(kind):
        return f"MAP({_duckdb(kind.key_type)}, {_duckdb(kind.item_type)})"
    if pa.types.is_struct(kind):
        return f"STRUCT({', '.join(f'{_identifier(field.name)} {_duckdb(field.type)}' for field in kind)})"
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    return _SIMPLE[kind]


def _kind(table: Mapping[str, Any], storage: Mapping[str, Any]) -> Kind:
    """By the SerDe, which readers go by; by the crawler's classification where there is none."""
    library = storage.get("SerdeInfo", {}).get("SerializationLibrary", "").lower()
    said = library or table.get("Parameters", {}).get("classification", "").lower()
    if "parquet" in said:
        return "parquet"
    if "json" in said:
        return "json"
    if "csv" in said or "lazysimple" in said:
        return "csv"
    raise UnreadableError(f"its format, {said or 'which the catalogue does not say'}, is not supported here")


def _csv_options(given: Mapping[str, str]) -> dict[str, str]:
    options = {
        "delim": given.get("separatorChar") or given.get("field.delim") or given.get("delimiter") or ",",
        "quote": given.get("quoteChar", '"'),
        "escape": given.get("escapeChar", '"'),
    }
    skip = given.get("skip.header.line.count", "0")
    return options | {"skip": skip if skip.isdecimal() else "0"}


def _source(table: Table, uris: Sequence[str]) -> str:
    files = f"[{', '.join(_quoted(uri) for uri in uris)}]"
    columns = ", ".join(f"{_quoted(name)}: {_quoted(kind)}" for name, kind in table.columns.items())
    if table.kind == "json":
        return f"read_json({files}, format = 'newline_delimited', columns = {{{columns}}})"
    if table.kind == "csv":
        o = table.options
        layout = f"delim = {_quoted(o['delim'])}, quote = {_quoted(o['quote'])}, escape = {_quoted(o['escape'])}"
        reader = f"auto_detect = false, header = false, skip = {o['skip']}, null_padding = true"
        return f"read_csv({files}, columns = {{{columns}}}, {layout}, {reader})"
    members = ", ".join(
        f"{_quoted(name)}: {{name: {_quoted(name)}, type: {_quoted(kind)}, default_value: NULL}}"
        for name, kind in table.columns.items()
    )
    return f"read_parquet({files}, schema = MAP {{{members}}})"


def _select(table: Table, source: str, values: Sequence[str] | None) -> str:
    if values is None:
        columns = [f"NULL::{kind} AS {_identifier(name)}" for name, kind in {**table.columns, **table.keys}.items()]
    else:
        columns = [_identifier(name) for name in table.columns if name not in table.keys]
        columns += [
            f"{'NULL' if value == HIVE_NULL else _quoted(value)}::{kind} AS {_identifier(name)}"
            for (name, kind), value in zip(table.keys.items(), values, strict=True)
        ]
    return f"SELECT {', '.join(columns)} FROM {source}"  # noqa: S608 - every part is quoted


def _nearest(uri: str, places: Mapping[str, Partition]) -> str | None:
    place = uri
    while place.count("/") > 2:
        place = place.rpartition("/")[0]
        if place in places:
            return place
    return None


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
