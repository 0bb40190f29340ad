"""The tables of the Data Catalog, as views `amp_raw.<table>` and `amp_transformed.<table>`.

A table is known by its columns from the start, so that SHOW TABLES and DESCRIBE tell of it. Where its data lies is
looked up only for the tables whose names a statement has in it: their partitions from Glue, their objects from S3. What
a view reads is a list of these objects, and nothing that is not in the catalogue: a partition that no crawl has seen is
not there yet, as for Athena and Redshift.

A table that cannot be read (its data is gone, its format is not known) says so when it is queried, and is in nobody's
way otherwise.

**Left out:** catalogues and databases other than Amp's two. Names put together by SQL while it runs; such a query is
told to name the table.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from amp_sandbox import aws
from amp_sandbox.lake.tables import Partition, Table, UnreadableError, reading, typed, unreadable
from amp_sandbox.settings import Settings

DATABASES = ("amp_raw", "amp_transformed")


class Catalog:
    """The catalogue's tables in a connection, made readable as statements name them."""

    def __init__(self, settings: Settings, db: Any) -> None:
        self._settings, self._db = settings, db
        self._pending: dict[tuple[str, str], Mapping[str, Any]] = {}

    def open(self) -> tuple[str, ...]:
        """Make a view of each table, without its data yet; answers the schemas there are."""
        glue = aws.client(self._settings, "glue")
        found = []
        for database in DATABASES:
            pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
            try:
                tables = [table for page in pages for table in page["TableList"]]
            except glue.exceptions.EntityNotFoundException:
                continue
            self._db.execute(f"CREATE SCHEMA IF NOT EXISTS {database}")
            found.append(database)
            for table in tables:
                self._pending[database, table["Name"]] = table
                self._view(database, table, _not_yet)
        return tuple(found)

    def provide(self, statement: str) -> None:
        """Look up the data of the tables that a statement names, if that was not done yet."""
        words = set(re.findall(r"\w+", statement.lower()))
        # Also words that are no tables there: to look up one too many is no harm, one too few is.
        named = [(d, t) for d, t in self._pending if set(re.findall(r"\w+", t.lower())) <= words]
        for database, name in named:
            table = self._pending.pop((database, name))
            self._view(database, table, partial(self._body, database))

    def _view(self, database: str, table: Mapping[str, Any], body: Callable[[Table], str]) -> None:
        import duckdb

        name = f"{database}.{table['Name']}"
        head = f"CREATE OR REPLACE VIEW {database}.{_identifier(table['Name'])} AS "
        known = None
        try:
            known = typed(table)
            self._db.execute(head + body(known))
        except (UnreadableError, duckdb.Error) as error:  # DuckDB's: an object that is no Parquet, or went just now
            self._db.execute(head + unreadable(known, f"{name}: {error}"))

    def _body(self, database: str, table: Table) -> str:
        partitions = self._partitions(database, table)
        return reading(table, self._objects(table, partitions), partitions)

    def _partitions(self, database: str, table: Table) -> list[Partition]:
        if not table.keys:
            return [Partition((), table.location)]
        pages = aws.client(self._settings, "glue").get_paginator("get_partitions")
        answers = pages.paginate(DatabaseName=database, TableName=table.name, ExcludeColumnSchema=True)
        found = [partition for page in answers for partition in page["Partitions"]]
        return [Partition(tuple(one["Values"]), one["StorageDescriptor"]["Location"]) for one in found]

    def _objects(self, table: Table, partitions: Iterable[Partition]) -> list[str]:
        """The table's objects, one listing for all partitions below its location, and one for each elsewhere."""
        below = _folder(table.location)
        places = {below} | {place for p in partitions if not (place := _folder(p.location)).startswith(below)}
        objects = [uri for place in sorted(places) for uri in self._listed(place)]
        if not objects:
            raise UnreadableError(
                f"there are no objects at {table.location}. Its data has gone since it was crawled; "
                f"to bring the catalogue up to date: sandbox batch, or aws glue start-crawler"
            )
        return objects

    def _listed(self, place: str) -> list[str]:
        s3 = aws.client(self._settings, "s3")
        parts = urlsplit(place)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=parts.netloc, Prefix=parts.path.lstrip("/"))
        try:
            entries = [entry for page in pages for entry in page.get("Contents", [])]
        except s3.exceptions.NoSuchBucket:
            return []
        found = [f"s3://{parts.netloc}/{entry['Key']}" for entry in entries if entry["Size"]]
        return [uri for uri in found if not _hidden(uri.removeprefix(place))]


def _not_yet(table: Table) -> str:
    return unreadable(table, f"{table.name} was not looked up: name it in the statement that reads it")


def _folder(location: str) -> str:
    return location if location.endswith("/") else f"{location}/"


def _hidden(path: str) -> bool:
    """Whether a name on the way begins as those do that are no data."""
    return any(part.startswith(("_", ".")) for part in path.split("/"))


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
