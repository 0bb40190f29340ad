"""Checks that several of Glue's operations share."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from amp_sandbox.glue import errors, store
from amp_sandbox.glue.store import Crawler, Database, Table
from amp_sandbox.protocol import Context, Request, pages

T = TypeVar("T")


def folded(name: str) -> str:
    """A database's or table's name as Glue keeps it."""
    return name.lower()


def require_catalog(ctx: Context, req: Request) -> None:
    """The one catalogue there is: the account's own."""
    catalog = req.get("CatalogId") or ctx.account_id
    if catalog != ctx.account_id:
        raise errors.not_found(f"Catalog {catalog}")


def require_database(ctx: Context, req: Request, member: str = "DatabaseName") -> Database:
    """The database that a request names."""
    require_catalog(ctx, req)
    name = folded(req[member])
    database = store.get_database(ctx.db, name)
    if database is None:
        raise errors.not_found(f"Database {name}")
    return database


def require_table(ctx: Context, req: Request, member: str = "TableName") -> Table:
    """The table that a request names, at its current version."""
    database = require_database(ctx, req)
    name = folded(req[member])
    table = store.get_table(ctx.db, database.id, name)
    if table is None:
        raise errors.not_found(f"Table {database.name}.{name}")
    return table


def require_crawler(ctx: Context, name: str) -> Crawler:
    """The crawler of that name."""
    crawler = store.get_crawler(ctx.db, name)
    if crawler is None:
        raise errors.not_found(f"Crawler {name}")
    return crawler


def position_of(req: Request, kind: type[T]) -> T | None:
    """The position in a request's NextToken, or None at the start."""
    return pages.position_of(req.get("NextToken"), kind, errors.invalid_input)


def partition_keys(table: Table) -> Sequence[Mapping[str, Any]]:
    """The columns that a table is partitioned by."""
    keys: Sequence[Mapping[str, Any]] = table.definition.get("PartitionKeys") or []
    return keys


def require_values(table: Table, values: Sequence[str] | None) -> Sequence[str]:
    """Partition values, as many as the table has partition keys."""
    keys = partition_keys(table)
    if not values or len(values) != len(keys):
        raise errors.invalid_input(
            f"The number of partition keys do not match the number of partition values: {table.database}.{table.name}"
            f" has {len(keys)} and the values are {list(values or [])}."
        )
    return values
