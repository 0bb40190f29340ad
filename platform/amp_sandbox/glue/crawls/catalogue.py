"""Brings the catalogue in line with what a crawl has found, as the crawler's policies say.

https://docs.aws.amazon.com/glue/latest/dg/crawler-schema-changes-prevent.html

New tables and partitions are always made. UpdateBehavior decides on those that changed, DeleteBehavior on those whose
data is gone; LOG says what it would do. A change of the schema makes a new version of a table; new counts of its
objects do not.

A schema that is of a sample takes nothing away: columns that the table has and the sample lacks stay, and types only
become wider.
"""

import hashlib
import json
import sqlite3
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from amp_sandbox.glue import store
from amp_sandbox.glue.crawler_config import CrawlerConfig
from amp_sandbox.glue.crawls.crawl_log import CrawlLog
from amp_sandbox.glue.crawls.definitions import (
    CRAWLER,
    DEPRECATED,
    Origin,
    leaf_statistics,
    partition_definition,
    table_definition,
    total,
)
from amp_sandbox.glue.crawls.grouping import FoundTable, table_name
from amp_sandbox.glue.crawls.types import merged, parse, text
from amp_sandbox.glue.store import Database, Table

_SCHEMA = ("Columns", "Location", "InputFormat", "OutputFormat", "SerdeInfo", "Compressed")


@dataclass
class Changes:
    """How many tables and partitions were added, updated and deleted."""

    tables: Counter[str] = field(default_factory=Counter)
    partitions: Counter[str] = field(default_factory=Counter)


class Catalogue:
    """The catalogue's side of one crawl. Everything happens in the caller's transaction."""

    def __init__(
        self, db: sqlite3.Connection, crawler: str, config: CrawlerConfig, log: CrawlLog, now: Callable[[], float]
    ) -> None:
        self._db, self._crawler, self._config, self._log, self._now = db, crawler, config, log, now
        self.changes = Changes()

    def write(self, found: Sequence[tuple[Origin, FoundTable]], listed: Iterable[str]) -> None:
        """Make and change tables; then those whose data is gone go. `listed` are the locations that have objects."""
        database = self._database()
        with_data = sorted(listed)
        kept = {self._table(database, origin, table, with_data) for origin, table in found}
        roots = {origin.uri(table.root) for origin, table in found}
        for table in list(store.list_tables(self._db, database.id, after="")):
            if table.name not in kept and self._is_gone(table, with_data, roots):
                self._delete_table(table)

    def _database(self) -> Database:
        name = self._config.database
        if store.get_database(self._db, name) is None:
            store.create_database(self._db, name, {}, at=self._now())
            self._log.info(f"Created database {name}")
        database = store.get_database(self._db, name)
        assert database is not None
        return database

    def _table(self, database: Database, origin: Origin, found: FoundTable, with_data: Sequence[str]) -> str:
        """Make a table or change it, with its partitions, and answer its name."""
        location, wanted = origin.uri(found.root), table_definition(origin, found)
        name = table_name(origin.bucket, found, self._config.table_prefix)
        existing = store.get_table(self._db, database.id, name)
        if existing is not None and _location(existing) != location:
            # Another folder's name; AWS too adds a hash then.
            name = f"{name}_{hashlib.md5(location.encode(), usedforsecurity=False).hexdigest()}"
            existing = store.get_table(self._db, database.id, name)
        if existing is None:
            store.create_table(self._db, database.id, name, wanted, at=self._now())
            self.changes.tables["ADD"] += 1
            self._log.info(f"Created table {name} in database {database.name}")
        else:
            partial = total(leaf_statistics(origin, leaf) for leaf in found.leaves).partial
            self._update_table(existing, wanted, partial)
        table = store.get_table(self._db, database.id, name)
        assert table is not None
        self._write_partitions(table, origin, found, with_data)
        return name

    def _update_table(self, table: Table, wanted: dict[str, Any], partial: bool) -> None:
        before = table.definition
        storage = wanted["StorageDescriptor"]
        storage["Columns"] = self._columns(table, storage["Columns"], partial)
        if self._config.merge_new_columns:
            columns = storage["Columns"]
            storage = wanted["StorageDescriptor"] = {**before.get("StorageDescriptor", {}), "Columns": columns}
            wanted["PartitionKeys"] = before.get("PartitionKeys", [])
        kept = {name: value for name, value in (before.get("Parameters") or {}).items() if name != DEPRECATED}
        wanted["Parameters"] = kept | wanted["Parameters"]
        changed = _schema_of(before) != _schema_of(wanted)
        if self._config.update == "LOG":
            if changed:
                self._log.info(f"Table {table.name} has changed and is left as it is: UpdateBehavior is LOG")
        elif changed:
            store.update_table(self._db, table, {**before, **wanted}, archive=True, at=self._now())
            self.changes.tables["UPDATE"] += 1
            self._log.info(f"Updated table {table.name} in database {table.database}")
        else:
            store.refresh_table(self._db, table, {**before, **wanted})

    def _columns(self, table: Table, found: Sequence[dict[str, str]], partial: bool) -> list[dict[str, str]]:
        """A table's columns after a crawl, those it has already first where their order has no meaning."""
        existing = (table.definition.get("StorageDescriptor") or {}).get("Columns") or []
        by_name = {column["Name"]: column for column in found}
        if self._config.merge_new_columns:
            known = {column["Name"] for column in existing}
            return [*existing, *(column for column in found if column["Name"] not in known)]
        if (table.definition.get("Parameters") or {}).get("columnsOrdered") == "true":
            return list(found)
        result = []
        for column in existing:
            now = by_name.pop(column["Name"], None)
            if now is not None:
                kind = text(merged(parse(column.get("Type", "string")), parse(now["Type"]))) if partial else now["Type"]
                result.append({**column, "Type": kind})
            elif partial:
                result.append(column)
                self._log.info(f"Column {column['Name']} of {table.name} is not in the objects read and stays")
        return [*result, *by_name.values()]

    def _write_partitions(self, table: Table, origin: Origin, found: FoundTable, with_data: Sequence[str]) -> None:
        before = {one.values: one for one in store.list_partitions(self._db, table.id, after=None)}
        leaves = {found.values(leaf): leaf for leaf in found.leaves} if found.depth else {}
        keys = table.definition.get("PartitionKeys") or []
        if leaves and len(keys) != found.depth:
            self._log.warn(f"Table {table.name} has other partition keys than its folders: its partitions stay")
            return
        for values, leaf in leaves.items():
            wanted = partition_definition(origin, found, leaf)
            if self._config.inherit_partitions:
                _inherit(wanted, table)
            existing = before.pop(values, None)
            if existing is None:
                store.create_partition(self._db, table.id, values, wanted, at=self._now())
                self.changes.partitions["ADD"] += 1
            elif self._config.update != "LOG" and existing.definition != wanted:
                store.update_partition(self._db, table.id, values, values, wanted)
                self.changes.partitions["UPDATE"] += _schema_of(existing.definition) != _schema_of(wanted)
        for values, gone in before.items():
            location = (gone.definition.get("StorageDescriptor") or {}).get("Location", "")
            if len(values) != len(keys) or not _has_data(location, with_data):
                self._delete_partition(table, values, gone.definition)

    def _delete_partition(self, table: Table, values: Sequence[str], before: Mapping[str, Any]) -> None:
        what = f"partition {'/'.join(values)} of {table.name}, as its data is gone"
        if self._config.delete == "DELETE_FROM_DATABASE":
            store.delete_partition(self._db, table.id, values)
            self.changes.partitions["DELETE"] += 1
            self._log.info(f"Deleted {what}")
        elif self._config.delete == "LOG":
            self._log.info(f"Kept {what}: DeleteBehavior is LOG")
        elif DEPRECATED not in (before.get("Parameters") or {}):
            store.update_partition(self._db, table.id, values, values, self._deprecated(before))
            self.changes.partitions["UPDATE"] += 1
            self._log.info(f"Deprecated {what}")

    def _delete_table(self, table: Table) -> None:
        what = f"table {table.name} in database {table.database}, as its data is gone"
        if self._config.delete == "DELETE_FROM_DATABASE":
            store.delete_table(self._db, table.id)
            self.changes.tables["DELETE"] += 1
            self._log.info(f"Deleted {what}")
        elif self._config.delete == "LOG":
            self._log.info(f"Kept {what}: DeleteBehavior is LOG")
        elif DEPRECATED not in table.definition["Parameters"]:
            definition = self._deprecated(table.definition)
            store.update_table(self._db, table, definition, archive=True, at=self._now())
            self.changes.tables["UPDATE"] += 1
            self._log.info(f"Deprecated {what}")

    def _deprecated(self, before: Mapping[str, Any]) -> dict[str, Any]:
        mark = {DEPRECATED: str(int(self._now() * 1000))}
        return {**before, "Parameters": {**(before.get("Parameters") or {}), **mark}}

    def _is_gone(self, table: Table, with_data: Sequence[str], roots: Iterable[str]) -> bool:
        """Whether a table of this crawler has no data any more, or its data is other tables' now."""
        location = _location(table)
        if (table.definition.get("Parameters") or {}).get(CRAWLER) != self._crawler:
            return False
        if not any(location.startswith(_slashed(target.uri)) for target in self._config.targets):
            return False
        taken = any(root != location and (root.startswith(location) or location.startswith(root)) for root in roots)
        return taken or not _has_data(location, with_data)


def _location(table: Table) -> str:
    return str((table.definition.get("StorageDescriptor") or {}).get("Location", ""))


def _slashed(uri: str) -> str:
    return uri if uri.endswith("/") else f"{uri}/"


def _has_data(location: str, with_data: Sequence[str]) -> bool:
    """Whether a location, a folder or an object, is among these, which are sorted, or has any of them below it."""
    folder = _slashed(location)
    exact, below = bisect_left(with_data, location), bisect_left(with_data, folder)
    if exact < len(with_data) and with_data[exact] == location:
        return True
    return below < len(with_data) and with_data[below].startswith(folder)


def _schema_of(definition: Mapping[str, Any]) -> str:
    """What makes a new version when it changes."""
    storage = definition.get("StorageDescriptor") or {}
    facts = [storage.get(name) for name in _SCHEMA]
    deprecated = DEPRECATED in (definition.get("Parameters") or {})
    return json.dumps([facts, definition.get("PartitionKeys"), deprecated], sort_keys=True)


def _inherit(wanted: dict[str, Any], table: Table) -> None:
    """Give a partition its table's columns and how they are read."""
    of_table = table.definition["StorageDescriptor"]
    for name in ("Columns", "SerdeInfo", "InputFormat", "OutputFormat"):
        wanted["StorageDescriptor"][name] = of_table.get(name)
