"""The objects there are, as a value: what names mean is decided on it, without a connection.

It is read from `amp_sys` once and kept by the session until an object changes. Tables of external schemas are asked of
the Glue Data Catalog when a statement names them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from amp_sandbox.warehouse import catalogs, errors, types
from amp_sandbox.warehouse.types import Column, RedshiftType

PUBLIC = "public"
PG_CATALOG = "pg_catalog"
SYSTEM_SCHEMAS = (PG_CATALOG, "information_schema")


@dataclass(frozen=True)
class TableColumn(Column):
    """A column of a table, with what writing to it needs."""

    not_null: bool = False
    default: str | None = None  # Redshift's SQL
    identity: bool = False
    by_default: bool = False


@dataclass(frozen=True)
class Relation:
    """A table (`r`), view (`v`), materialised view (`m`), external table (`x`) or system view (`s`)."""

    schema: str
    name: str
    kind: str
    columns: tuple[Column, ...] = ()
    oid: int = 0
    definition: str | None = None
    late_binding: bool = False
    view: str | None = None  # of system views: the one in amp_catalog
    external: Any = None  # of external tables: the ExternalTable

    @property
    def qualified(self) -> str:
        """Schema and name."""
        return f"{self.schema}.{self.name}"

    def column(self, name: str) -> TableColumn:
        """The column of that name. Raises SqlError."""
        for column in self.columns:
            if column.name == name and isinstance(column, TableColumn):
                return column
        raise errors.SqlError("42703", f'column "{name}" of relation "{self.name}" does not exist')


@dataclass(frozen=True)
class Schema:
    """A schema; external ones have a database of the Data Catalog."""

    name: str
    kind: str
    glue_database: str | None = None
    oid: int = 0


def _no_external(_schema: Schema, _name: str) -> Relation | None:
    return None


@dataclass(frozen=True)
class Catalog:
    """All schemas and relations."""

    schemas: Mapping[str, Schema]
    relations: Mapping[tuple[str, str], Relation]
    views_of: Mapping[int, Sequence[int]] = field(default_factory=dict)  # relation -> views that read it
    external: Callable[[Schema, str], Relation | None] = _no_external

    def find(self, schema: str, name: str) -> Relation | None:
        """The relation of that schema and name."""
        if schema in SYSTEM_SCHEMAS:
            return _system(schema, name)
        known = self.schemas.get(schema)
        if known is not None and known.kind == "external":
            return self.external(known, name)
        return self.relations.get((schema, name))

    def by_oid(self, oid: int) -> Relation | None:
        """The relation of that oid."""
        return next((one for one in self.relations.values() if one.oid == oid), None)


def load(db: Any, external: Callable[[Schema, str], Relation | None] = _no_external) -> Catalog:
    """The objects that this connection's transaction sees."""
    schemas = {
        name: Schema(name, kind, glue, oid)
        for name, kind, glue, oid in db.execute("SELECT name, kind, glue_database, oid FROM amp_sys.schemas").fetchall()
    }
    columns: dict[int, list[Column]] = {}
    for oid, *column in db.execute(
        "SELECT relation, name, type_oid, typmod, not_null, default_sql, identity_seed IS NOT NULL, identity_by_default"
        " FROM amp_sys.columns ORDER BY relation, position"
    ).fetchall():
        columns.setdefault(oid, []).append(_column(*column))
    relations = {
        (schema, name): Relation(schema, name, kind, tuple(columns.get(oid, ())), oid, definition, late)
        for oid, schema, name, kind, definition, late in db.execute(
            "SELECT oid, schema_name, name, kind, definition, late_binding FROM amp_sys.relations"
        ).fetchall()
    }
    views_of: dict[int, list[int]] = {}
    for view, relation in db.execute("SELECT view, relation FROM amp_sys.dependencies").fetchall():
        views_of.setdefault(relation, []).append(view)
    return Catalog(schemas, relations, views_of, external)


def type_of(oid: int, typmod: int) -> RedshiftType:
    """A kept type."""
    if typmod < 0:
        return types.BY_OID[oid]
    if oid == types.NUMERIC_OID:
        return types.numeric((typmod - 4) >> 16, (typmod - 4) & 0xFFFF)
    return types.varchar(typmod - 4) if oid == types.VARCHAR_OID else types.char(typmod - 4)


def _column(
    name: str, oid: int, typmod: int, not_null: bool, default: str | None, identity: bool, by_default: bool
) -> TableColumn:
    return TableColumn(name, type_of(oid, typmod), not_null, default, identity, by_default)


def _system(schema: str, name: str) -> Relation | None:
    found = catalogs.RELATIONS.get((schema, name))
    return None if found is None else Relation(schema, name, "s", found.columns, view=found.view)
