"""Compiled queries and changes: looked up, made, and kept for the next time the same text comes.

A text is compiled for a user, a search path, and a version of grants and objects; when any of them changes it is
decided on and written again. What names external tables is never kept, as their objects change.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amp_sandbox.warehouse import catalogs, results
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.sql import compiling
from amp_sandbox.warehouse.sql.compiling import Compiled
from amp_sandbox.warehouse.sql.statements import Source
from amp_sandbox.warehouse.types import Column

if TYPE_CHECKING:
    from amp_sandbox.warehouse.session import Session

MOST_COMPILED = 2_000
# Longer statements are not kept compiled: they are seldom sent twice.
MOST_KEPT_TEXT = 20_000


@dataclass(frozen=True)
class Cached:
    """A compiled query, and the columns of its rows once they have been asked for."""

    compiled: Compiled
    tables: frozenset[tuple[str, str]]
    columns: tuple[Column, ...] | None = None


class Compilations:
    """Compiled statements, the last used ones. For many threads."""

    def __init__(self, most: int = MOST_COMPILED) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Cached] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Cached | None:
        """The statement that was kept by that key."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: Hashable, cached: Cached) -> None:
        """Keep a statement."""
        with self._lock:
            self._kept[key] = cached
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


def compiled_for(
    session: "Session",
    source: Source,
    oids: tuple[int, ...],
    parameters: Sequence[object] | None,
    *,
    described: bool = False,
) -> Cached:
    """The statement for DuckDB: the one kept, or compiled now."""
    key = (
        source.text,
        oids,
        session.user,
        session.groups,
        session.settings["search_path"],
        session.pid if (session.temporary_schema in session.catalog().schemas) else 0,
        session.version(),
        session.deciding(),
    )
    cached = session.warehouse.compiled.get(key)
    if cached is None:
        try:
            tree = compiling.parse(source.text)
            allow = compiling.allowed(tree, session.world())
            compiled = compiling.compile_tree(tree, allow, session.warehouse.scanner(session.db, parameters), oids)
        except SqlError as error:
            if error.position is not None:
                error.position += source.offset
            raise
        tables = compiling.tables_of(allow)
        compiling.check(session.db, compiled, tables)
        cached = Cached(compiled, tables)
    is_query = cached.compiled.columns is not None and cached.compiled.into is None
    if described and is_query and cached.columns is None:
        cached = Cached(cached.compiled, cached.tables, _described(session.db, cached.compiled))
    if cached.compiled.lasting and cached.compiled.into is None and len(source.text) <= MOST_KEPT_TEXT:
        session.warehouse.compiled.put(key, cached)
    return cached


def inform(session: "Session", cached: Cached) -> None:
    """Tell catalogs' views what is not in the database: settings, sessions, and tables of the Data Catalog."""
    views = {name for schema, name in cached.tables if schema == "amp_catalog"}
    if not views:
        return
    if views & _views_of(catalogs.SETTINGS):
        catalogs.set_settings(session.db, session.settings)
    if views & _views_of(catalogs.SESSIONS):
        catalogs.set_sessions(session.db, session.warehouse.session_rows())
    if views & _views_of(catalogs.EXTERNAL):
        usable = [one for one in session.catalog().schemas.values() if one.kind == "external"]
        grants = session.grants()
        usable = [one for one in usable if grants.can("USAGE", "schema", one.name, one.name)]
        catalogs.set_external(session.db, session.warehouse.external_rows(usable))


def _described(db: Any, compiled: Compiled) -> tuple[Column, ...]:
    nothing = {str(n): None for n in range(1, len(compiled.parameters) + 1)}
    rows = db.execute(f"DESCRIBE {compiled.sql}", nothing or None).fetchall()
    assert compiled.columns is not None
    return results.columns_of(compiled.columns, [(row[0], row[1]) for row in rows])


def _views_of(names: frozenset[tuple[str, str]]) -> set[str | None]:
    return {catalogs.RELATIONS[one].view for one in names if one in catalogs.RELATIONS}
