"""Rows and columns as the Data API shows them.

Numbers that are no integers and no doubles, times and SUPER are text, as the wire writes them in its text format.

https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_Field.html
https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_ColumnMetadata.html
"""

import base64
import csv
import io
from collections.abc import Sequence
from typing import Any

from amp_sandbox.warehouse import types
from amp_sandbox.warehouse.types import Column, Row
from amp_sandbox.warehouse.wire import values

_INTEGERS = frozenset((types.SMALLINT.oid, types.INTEGER.oid, types.BIGINT.oid, types.OID.oid))
_FLOATS = frozenset((types.REAL.oid, types.DOUBLE.oid))
_NUMBERS = _INTEGERS | _FLOATS | {types.NUMERIC_OID}
_CHARACTERS = frozenset((types.VARCHAR_OID, types.CHAR_OID, types.TEXT.oid, types.NAME.oid))
# Redshift's internal names, which are what JDBC shows too, and how many digits or characters they show.
_NAMES = {
    types.BOOLEAN.oid: ("bool", 1),
    types.SMALLINT.oid: ("int2", 5),
    types.INTEGER.oid: ("int4", 10),
    types.BIGINT.oid: ("int8", 19),
    types.OID.oid: ("oid", 10),
    types.REAL.oid: ("float4", 8),
    types.DOUBLE.oid: ("float8", 17),
    types.NUMERIC_OID: ("numeric", 0),
    types.DATE.oid: ("date", 13),
    types.TIME.oid: ("time", 15),
    types.TIMETZ.oid: ("timetz", 21),
    types.TIMESTAMP.oid: ("timestamp", 29),
    types.TIMESTAMPTZ.oid: ("timestamptz", 35),
    types.INTERVAL.oid: ("interval", 49),
    types.SUPER.oid: ("super", 0),
    types.VARBYTE.oid: ("varbyte", 0),
    types.VARCHAR_OID: ("varchar", 0),
    types.CHAR_OID: ("bpchar", 0),
    types.TEXT.oid: ("text", 0),
    types.NAME.oid: ("name", 0),
}


def metadata(column: Column) -> dict[str, Any]:
    """AWS's ColumnMetadata."""
    kind = column.type
    name, precision = _NAMES.get(kind.oid, (kind.name, 0))
    scale = 0
    if kind.oid == types.NUMERIC_OID:
        precision, scale = kind.precision, kind.scale
    elif kind.length is not None:
        precision = kind.length
    return {
        "isCaseSensitive": kind.oid in _CHARACTERS,
        "isCurrency": False,
        "isSigned": kind.oid in _NUMBERS and kind.oid != types.OID.oid,
        "label": column.name,
        "length": 0,
        "name": column.name,
        "nullable": 1,
        "precision": precision,
        "scale": scale,
        "schemaName": "",
        "tableName": "",
        "typeName": name,
    }


def records(columns: Sequence[Column], rows: Sequence[Row]) -> list[list[dict[str, Any]]]:
    """Rows as lists of AWS's Fields, with blobs as Base64."""
    oids = [column.type.oid for column in columns]
    return [[_field(oid, value) for oid, value in zip(oids, row, strict=True)] for row in rows]


def csv_records(columns: Sequence[Column], rows: Sequence[Row], *, header: bool) -> str:
    """Rows as CSV; NULL is empty, and an empty text quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if header:
        writer.writerow([column.name for column in columns])
    encoders = [values.text(column.type.oid) for column in columns]
    for row in rows:
        writer.writerow(
            [None if value is None else encode(value).decode() for encode, value in zip(encoders, row, strict=True)]
        )
    return out.getvalue()


def _field(oid: int, value: Any) -> dict[str, Any]:
    if value is None:
        return {"isNull": True}
    if oid == types.BOOLEAN.oid:
        return {"booleanValue": bool(value)}
    if oid in _INTEGERS:
        return {"longValue": int(value)}
    if oid in _FLOATS:
        return {"doubleValue": float(value)}
    if oid == types.VARBYTE.oid:
        return {"blobValue": base64.b64encode(value).decode()}
    return {"stringValue": values.text(oid)(value).decode()}
