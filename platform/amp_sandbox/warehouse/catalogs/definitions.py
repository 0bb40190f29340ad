"""How a catalog's views and functions are written down: name, columns with their types, and DuckDB's SQL.

A column is written `name:type`, with the short names of types below. Arrays are texts in PostgreSQL's form, `{1,2}`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from amp_sandbox.warehouse import types
from amp_sandbox.warehouse.types import Column, RedshiftType

SCHEMA = "amp_catalog"

# Numbers of columns are sent as an array, which SQLAlchemy reads as one.
INT2_ARRAY = RedshiftType("smallint[]", 1005, -1, "VARCHAR")

_TYPES: Mapping[str, RedshiftType] = {
    "bool": types.BOOLEAN,
    "int2": types.SMALLINT,
    "int4": types.INTEGER,
    "int8": types.BIGINT,
    "float8": types.DOUBLE,
    "oid": types.OID,
    "name": types.NAME,
    "text": types.TEXT,
    "char": types.char(1),
    "varchar": types.varchar(128),
    "long": types.varchar(4000),
    "timestamp": types.TIMESTAMP,
    "timestamptz": types.TIMESTAMPTZ,
    "numeric": types.numeric(38, 4),
    "array": types.TEXT,
    "int2[]": INT2_ARRAY,
}


@dataclass(frozen=True)
class View:
    """A table or view of a catalog; `kind` is what pg_class says of it."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    query: str  # answers the columns, in their order
    kind: str = "v"

    @property
    def view(self) -> str:
        """The DuckDB view's name."""
        return f"{self.schema}_{self.name}"

    def create(self) -> str:
        """The statement that makes the view."""
        columns = ", ".join(f'"{column.name}"' for column in self.columns)
        casts = ", ".join(
            f'CAST("{column.name}" AS {column.type.duckdb}) AS "{column.name}"' for column in self.columns
        )
        return f"CREATE VIEW {SCHEMA}.{self.view} AS SELECT {casts} FROM ({self.query}) AS q({columns})"  # noqa: S608


def view(name: str, columns: str, query: str, *, schema: str = "pg_catalog", kind: str = "v") -> View:
    """A view, its columns written as `name:type name:type …`."""
    return View(schema, name, tuple(_columns(columns)), query, kind)


def empty(name: str, columns: str, *, schema: str = "pg_catalog", kind: str = "r") -> View:
    """A catalog's table in which there can be nothing: the warehouse has no objects of that kind."""
    found = tuple(_columns(columns))
    return View(schema, name, found, f"SELECT {', '.join(['NULL'] * len(found))} WHERE false", kind)


def type_of(name: str) -> RedshiftType:
    """The type that a short name stands for."""
    return _TYPES[name]


def _columns(text: str) -> Iterator[Column]:
    for word in text.split():
        name, _, kind = word.partition(":")
        yield Column(name, _TYPES[kind])
