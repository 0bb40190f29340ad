"""External tables, and what the SQL service asks of the catalogue they are in.

https://docs.aws.amazon.com/redshift/latest/dg/c-spectrum-external-schemas.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from amp_sandbox.warehouse import errors
from amp_sandbox.warehouse.types import Column

PARQUET, JSON, CSV = "parquet", "json", "csv"
HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class ExternalTable:
    """A table of the Data Catalog: where its objects are, how they are written, and its columns."""

    database: str
    name: str
    location: str  # s3://bucket/prefix/
    format: str
    columns: tuple[Column, ...]  # those of partitions last
    keys: tuple[str, ...] = ()  # the partition columns
    nested: frozenset[str] = frozenset()  # columns that are struct, array or map, which are read as SUPER
    options: Mapping[str, Any] = field(default_factory=dict)  # of CSV: delimiter, quote, escape, skip


@dataclass(frozen=True)
class Partition:
    """One partition: the values of its keys, and where its objects are."""

    values: tuple[str, ...]
    location: str


class ExternalCatalog(Protocol):
    """The Data Catalog and the objects of its tables."""

    def table(self, database: str, name: str) -> ExternalTable | None:
        """The table, as it is now. Raises SqlError for one that cannot be read (its format, a column's type)."""
        ...

    def partitions(self, table: ExternalTable) -> Sequence[Partition]:
        """All partitions of a table that has partition keys."""
        ...

    def files(self, locations: Sequence[str]) -> Sequence[Sequence[str]]:
        """The objects at each of these places, as s3:// names; names that begin with `_` or `.` are left out."""
        ...

    def keys(self, bucket: str, prefix: str) -> Sequence[str]:
        """The keys of the objects whose names begin so; for COPY and UNLOAD."""
        ...

    def rows(self, schema: str, database: str) -> list[dict[str, Any]]:
        """All tables, for SVV_EXTERNAL_TABLES and its like: see `catalogs.set_external`."""
        ...

    def create_database(self, name: str) -> None:
        """Make a database unless it is there: CREATE EXTERNAL DATABASE IF NOT EXISTS."""
        ...


class _NoCatalog:
    def table(self, database: str, name: str) -> ExternalTable | None:
        return None

    def partitions(self, table: ExternalTable) -> Sequence[Partition]:
        return ()

    def files(self, locations: Sequence[str]) -> Sequence[Sequence[str]]:
        return [()] * len(locations)

    def keys(self, bucket: str, prefix: str) -> Sequence[str]:
        return ()

    def rows(self, schema: str, database: str) -> list[dict[str, Any]]:
        return []

    def create_database(self, name: str) -> None:
        raise errors.not_supported("CREATE EXTERNAL DATABASE without a Data Catalog")


no_catalog: ExternalCatalog = _NoCatalog()
