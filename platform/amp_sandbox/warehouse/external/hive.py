"""Tables of the Glue Data Catalog as external tables: their formats, and Hive's types as Redshift's.

STRING is VARCHAR(65535); struct, array and map are SUPER.

**Left out:** formats other than Parquet, JSON and CSV, and types that are not in the table: SQLSTATE 0A000 when the
table is read.

https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_EXTERNAL_TABLE.html
"""

import re
from collections.abc import Mapping
from typing import Any

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.external.interface import CSV, JSON, PARQUET, ExternalTable
from amp_sandbox.warehouse.types import Column, RedshiftType

_TYPES = {
    "string": types.varchar(types.MAX_VARCHAR),
    "boolean": types.BOOLEAN,
    "tinyint": types.SMALLINT,
    "smallint": types.SMALLINT,
    "int": types.INTEGER,
    "integer": types.INTEGER,
    "bigint": types.BIGINT,
    "long": types.BIGINT,
    "float": types.REAL,
    "double": types.DOUBLE,
    "decimal": types.numeric(10, 0),
    "date": types.DATE,
    "timestamp": types.TIMESTAMP,
    "binary": types.VARBYTE,
}
_SIZED = re.compile(r"(varchar|char|decimal)\((\d+)(?:,\s*(\d+))?\)")
_NESTED = re.compile(r"(struct|array|map)<")
# What a SerDe's parameters are in DuckDB's read_csv.
_CSV = {"field.delim": "delim", "separatorchar": "delim", "quotechar": "quote", "escapechar": "escape"}


def external_table(table: Mapping[str, Any]) -> ExternalTable:
    """A Glue table as an external one. Raises SqlError 0A000 for what cannot be read."""
    storage = table.get("StorageDescriptor") or {}
    keys = [one["Name"].lower() for one in table.get("PartitionKeys") or ()]
    plain = [one for one in storage.get("Columns") or () if one["Name"].lower() not in keys]
    listed = [*plain, *(table.get("PartitionKeys") or ())]
    form = table_format(storage, table["Name"])
    return ExternalTable(
        table["DatabaseName"],
        table["Name"].lower(),
        (storage.get("Location") or "").rstrip("/") + "/",
        form,
        tuple(Column(one["Name"].lower(), redshift_type(one.get("Type") or "string")) for one in listed),
        tuple(keys),
        frozenset(one["Name"].lower() for one in plain if _NESTED.match((one.get("Type") or "").lower())),
        _options(storage, table) if form == CSV else {},
    )


def table_format(storage: Mapping[str, Any], name: str) -> str:
    """The format of a table's objects. Raises SqlError 0A000."""
    serde = ((storage.get("SerdeInfo") or {}).get("SerializationLibrary") or "").lower()
    if "parquet" in serde or "parquet" in (storage.get("InputFormat") or "").lower():
        return PARQUET
    if "json" in serde:
        return JSON
    if "csv" in serde or "lazysimple" in serde:
        return CSV
    raise errors.not_supported(f"the format of the external table {name} ({serde or 'no SerDe'})")


def redshift_type(name: str) -> RedshiftType:
    """Hive's type as Redshift's. Raises SqlError 0A000."""
    lower = name.strip().lower()
    if lower in _TYPES:
        return _TYPES[lower]
    if _NESTED.match(lower):
        return types.SUPER
    found = _SIZED.fullmatch(lower)
    if found is None:
        raise errors.not_supported(f"the type {name[:80]} of an external table")
    if found[1] == "decimal":
        return types.numeric(int(found[2]), int(found[3] or 0))
    return types.varchar(int(found[2])) if found[1] == "varchar" else types.char(int(found[2]))


def _options(storage: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    serde = storage.get("SerdeInfo") or {}
    parameters = {key.lower(): value for key, value in (serde.get("Parameters") or {}).items()}
    lazy = "lazysimple" in (serde.get("SerializationLibrary") or "").lower()
    options: dict[str, Any] = {
        "delim": "\x01" if lazy else ",",
        "quote": "" if lazy else '"',
        "escape": "" if lazy else '"',
    }
    for key, option in _CSV.items():
        if key in parameters:
            options[option] = parameters[key]
    options["skip"] = int((table.get("Parameters") or {}).get("skip.header.line.count", 0))
    return options
