"""Queries over the lake, as its users type them: the views of the raw bucket, and the tables of the Data Catalog.

Queries read: SELECT and what DuckDB makes of SHOW, DESCRIBE and SUMMARIZE, EXPLAIN of those, and SET. Everything else
is refused, so that no COPY changes the lake that the audit accounts for. The user's files may be read; it is the
user's own tool.

**Left out:** writing. To write, point DuckDB or any S3 client at the sandbox (`sandbox env`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from amp_sandbox.errors import SandboxError
from amp_sandbox.lake import connection
from amp_sandbox.lake.catalog import Catalog
from amp_sandbox.lake.views import create_views
from amp_sandbox.settings import Settings

_ROWS_PER_BATCH = 10_000


@dataclass(frozen=True)
class Result:
    """A statement's answer: its columns, and its rows as they are read."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


class Lake:
    """A connection with the views of the lake, and those of the Data Catalog if there is one."""

    def __init__(self, db: Any, catalog: Catalog | None = None) -> None:
        self._db, self._catalog = db, catalog

    def query(self, sql: str) -> Iterator[Result]:
        """Run the statements of a text, one after the other. A result is to be read before the next is asked for."""
        import duckdb

        statements = self._statements(sql)
        for statement in statements:
            self._require_reading(statement)
        for statement in statements:
            if self._catalog:
                self._catalog.provide(statement.query)
            try:
                self._db.execute(statement)
                reader = self._db.to_arrow_reader(_ROWS_PER_BATCH)
            except duckdb.Error as error:
                raise _failed(error) from None
            yield Result(_unique(reader.schema.names), _rows(reader))

    def _statements(self, sql: str) -> list[Any]:
        import duckdb

        try:
            statements: list[Any] = self._db.extract_statements(sql)
        except duckdb.Error as error:
            raise _failed(error) from None
        return statements

    def _require_reading(self, statement: Any) -> None:
        from duckdb import StatementType

        kind = statement.type
        if kind == StatementType.EXPLAIN:  # with ANALYZE, it runs what it explains
            kind = self._statements(_explained(statement.query))[0].type
        if kind not in (StatementType.SELECT, StatementType.SET, StatementType.VARIABLE_SET):
            raise SandboxError(
                f"{kind.name.replace('_', ' ')} is not supported: queries read the lake and never change it.",
                hint="Point another client at the sandbox to write (sandbox env).",
            )


@contextmanager
def open_lake(settings: Settings) -> Iterator[Lake]:
    """The lake, for as long as the block lasts."""
    with connection.private(settings) as db:
        create_views(settings, db)
        catalog = Catalog(settings, db)
        # What has no schema in front is looked for in each; SHOW TABLES lists them all.
        db.execute(f"SET search_path = '{','.join(('raw', *catalog.open()))}'")
        yield Lake(db, catalog)


def _explained(query: str) -> str:
    """The statement that an EXPLAIN explains. By DuckDB's own tokens, among which comments are not."""
    import duckdb

    text = query.encode()  # tokens are counted in bytes
    tokens = [text[start:] for start, _ in duckdb.tokenize(query)][1:]
    if _begins(tokens[0], b"analyze"):
        tokens = tokens[1:]
    if tokens[0].startswith(b"(") and _begins(tokens[1], b"analyze", b"format"):
        tokens = tokens[[token[:1] for token in tokens].index(b")") + 1 :]
    return tokens[0].decode()


def _begins(text: bytes, *words: bytes) -> bool:
    return text.lower().startswith(words)


def _rows(reader: Any) -> Iterator[tuple[Any, ...]]:
    import duckdb
    import pyarrow as pa

    try:
        for batch in reader:
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
    except (duckdb.Error, pa.ArrowException) as error:
        raise _failed(error) from None


def _unique(names: list[str]) -> tuple[str, ...]:
    """Column names that tell columns apart: a, a_1, a_2."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        again = seen.get(name, 0)
        seen[name] = again + 1
        result.append(f"{name}_{again}" if again else name)
    return tuple(result)


def _failed(error: Exception) -> SandboxError:
    kind, colon, message = str(error).partition(":")
    told = message.strip() if colon and kind.endswith("Error") else str(error)
    # Whoever types the first query does not know the names yet.
    views = "The views are raw.show_catalog and raw.app_events; SHOW TABLES lists the tables of the Data Catalog too."
    hint = views if kind == "Catalog Error" else None
    return SandboxError("The query failed.", told, hint)
