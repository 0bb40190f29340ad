"""Checks that several of Glue's operations share, and pages of lists."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from amp_sandbox.glue import errors, store
from amp_sandbox.glue.store import Crawler, Database, Table
from amp_sandbox.protocol import Context, Request

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


def page_of(items: Iterator[T], limit: int, position: Callable[[T], object]) -> tuple[list[T], dict[str, str]]:
    """The first `limit` items, and the answer's NextToken if there are more; it holds the last one's `position`."""
    page = list(islice(items, limit))
    if next(items, None) is None:
        return page, {}
    token = base64.urlsafe_b64encode(json.dumps(position(page[-1])).encode()).decode()
    return page, {"NextToken": token}


def position_of(req: Request, kind: type[T]) -> T | None:
    """The position in a request's NextToken, or None at the start."""
    token = req.get("NextToken")
    if not token:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        found = None
    if not isinstance(found, kind):
        raise errors.invalid_input(f"The NextToken {token!r:.100} is none that this operation gave.")
    return found


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
