"""A session: one user's statements, one at a time, on a DuckDB connection of its own."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from amp_sandbox.warehouse import errors, results, security, types
from amp_sandbox.warehouse import settings as parameters_of
from amp_sandbox.warehouse.compilations import compiled_for, inform
from amp_sandbox.warehouse.duck_errors import translated
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.interrupts import Interrupts
from amp_sandbox.warehouse.security.interface import Grants
from amp_sandbox.warehouse.sql import catalog as catalog_of
from amp_sandbox.warehouse.sql import compiling, statements
from amp_sandbox.warehouse.sql.catalog import Catalog
from amp_sandbox.warehouse.sql.compiling import Compiled
from amp_sandbox.warehouse.sql.decide import World
from amp_sandbox.warehouse.sql.statements import QUERY, Source
from amp_sandbox.warehouse.sql.tokens import tokenize
from amp_sandbox.warehouse.types import Column, RedshiftType, Result

if TYPE_CHECKING:
    from amp_sandbox.warehouse.engine import Warehouse

log = logging.getLogger(__name__)

Status = Literal["I", "T", "E"]

_ENDS = ("COMMIT", "ROLLBACK")
_BLOCKS = ("BEGIN", *_ENDS)
Version = tuple[int, ...]


@dataclass(frozen=True)
class Notice:
    """A message beside the result; severity is NOTICE, WARNING or INFO."""

    severity: str
    message: str
    sqlstate: str = "00000"


@dataclass(frozen=True)
class Prepared:
    """A statement that has been read and may be run, many times.

    `parameters` are the types of $1, $2 …; `columns` those of its rows, None when it answers none. Values for `execute`
    are Python's, of these types (see `types`), or text, which is read as the type is.
    """

    text: str
    parameters: tuple[RedshiftType, ...]
    columns: tuple[Column, ...] | None
    empty: bool = False  # nothing but blanks and comments
    oids: tuple[int, ...] = ()  # the parameters' types as the client gave them
    query: Source | None = None  # what the text is, where it is one query; other statements use up their words


class Session:
    """Runs statements for one user. Not for use by several threads, except `cancel`.

    `db` is the session's DuckDB connection, for the security model and the catalogs, which are trusted with it.
    """

    def __init__(
        self, warehouse: "Warehouse", db: Any, pid: int, user: str, database: str, groups: tuple[str, ...] = ()
    ) -> None:
        self.warehouse = warehouse
        self.db = db
        self.pid = pid
        self.session_user = user  # who logged on
        self.database = database
        self.groups = groups  # of temporary credentials
        self.settings = dict(parameters_of.DEFAULTS) | {"session_authorization": user}
        self.defaults: Mapping[str, str] = dict(self.settings)  # what RESET goes back to
        self.notices: list[Notice] = []  # the caller takes them away after each statement
        self.cursors: dict[str, results.Kept] = {}
        self.statements: dict[str, Prepared] = {}
        self.started = time.time()
        self._status: Status = "I"
        self._user = user
        self._changes = 0  # of users, grants or objects, in this transaction
        self._begun: int = 0  # the warehouse's version when the transaction began
        self._open: Result | None = None
        self._grants: tuple[Version, str, Grants] | None = None
        self._catalog: tuple[Version, Catalog] | None = None
        self._interrupts = Interrupts(db)
        self._closed = False
        self._last: tuple[str, Source] | None = None  # the last text that is one query: many clients send it again
        self.publish()

    @property
    def user(self) -> str:
        """current_user; SET SESSION AUTHORIZATION changes it."""
        return self._user

    @user.setter
    def user(self, name: str) -> None:
        self._user = name
        self.settings["session_authorization"] = name
        self.publish()

    @property
    def transaction_status(self) -> Status:
        """I: no transaction block; T: in one; E: in one that failed."""
        return self._status

    @property
    def uncommitted(self) -> bool:
        """Whether this transaction has changed users, grants or objects."""
        return self._changes > 0

    @property
    def temporary_schema(self) -> str:
        """The schema of the session's temporary tables, which may not be there."""
        return f"pg_temp_{self.pid}"

    def search_path(self) -> list[str]:
        """The schemas that names are looked for in, the temporary one first."""
        path = [self.temporary_schema]
        for token in tokenize(self.settings["search_path"]):
            if token.kind in ("word", "quoted", "string"):
                path.append(self._user if token.text.lower() == "$user" else token.text.lower())
            elif token.text == "$":  # of an unquoted $user
                continue
        return list(dict.fromkeys(path))

    def publish(self) -> None:
        """Tell DuckDB's macros and views who this is. Whenever user or search_path change."""
        for name, value in (
            ("amp_user", self._user),
            ("amp_session_user", self.session_user),
            ("amp_database", self.database),
            ("amp_pid", self.pid),
            ("amp_groups", list(self.groups)),
            ("amp_search_path", self.search_path()[1:]),
        ):
            cast = "::VARCHAR[]" if isinstance(value, list) else ""
            self.db.execute(f"SET VARIABLE {name} = $1{cast}", [value])

    def prepare(self, sql: str, parameter_oids: Sequence[int] = ()) -> Prepared:
        """Read one statement and decide on it. OID 0 (or none) means: find out the type. Raises SqlError."""
        oids = tuple(parameter_oids)
        try:
            found = statements.split(sql)
            if not found:
                return Prepared(sql, (), None, empty=True)
            if len(found) > 1:
                raise errors.syntax_error("cannot insert multiple commands into a prepared statement")
            self._require_block(found[0])
            if found[0].kind != QUERY:
                return Prepared(sql, (), self._described(found[0]), oids=oids)
            with self._translating():
                cached = compiled_for(self, found[0], oids, None, described=True)
        except SqlError as error:
            self._failed()
            raise error
        kinds = tuple(
            kind or types.BY_OID.get(oids[n] if n < len(oids) else 0, types.TEXT)
            for n, kind in enumerate(cached.compiled.parameters)
        )
        return Prepared(sql, kinds, cached.columns, oids=oids, query=found[0])

    def execute(self, prepared: Prepared, parameters: Sequence[object] = ()) -> Result:
        """Run it. What it may do is decided again when grants or objects have changed since. Raises SqlError.

        The result must be read to its end or closed before the next statement; the next statement closes it otherwise.
        Reading rows may raise SqlError too. In a transaction block, any error makes the status E.
        """
        self._close_open()
        if prepared.query is not None:
            return self._run(prepared.query, parameters, prepared.oids)
        found = statements.split(prepared.text)
        if len(found) != 1:
            return Result("")
        return self._run(found[0], parameters, prepared.oids)

    def run_script(self, sql: str, each: Callable[[Result], None]) -> None:
        """Run the statements of a text one after the other and hand each result to `each`, which reads it.

        As PostgreSQL's simple protocol: outside of a block they are one transaction, unless the text has BEGIN or
        COMMIT itself; the first error ends it. An empty text has no result.
        """
        self._close_open()
        try:
            found = self._split(sql)
        except SqlError:
            self._failed()
            raise
        together = len(found) > 1 and self._status == "I" and not any(one.kind in (*_BLOCKS, *_ALONE) for one in found)
        if together:
            self._begin()
        try:
            for source in found:
                result = self._run(source)
                each(result)
                self._close_open()
        except BaseException:
            if together:
                self._rollback()
            raise
        if together:
            self._commit()

    def run(self, sql: str) -> Result:
        """Run one statement and return its result, still to be read."""
        return self.execute(Prepared(sql, (), None))

    def cancel(self) -> None:
        """Stop the statement that runs, from another thread; it fails with 57014. Nothing happens if none runs."""
        self._interrupts.interrupt()

    def close(self) -> None:
        """Roll back, drop temporary tables, give up the connection. Safe twice."""
        if self._closed:
            return
        self._closed = True
        self.warehouse.forget(self)
        try:
            self._close_open()
            if self._status == "T":
                self.db.rollback()
            from amp_sandbox.warehouse.ddl import drop_temporary

            drop_temporary(self.db, self.temporary_schema)
        except Exception:
            log.exception("session %s: its temporary tables stay until the next start", self.pid)
        finally:
            self.db.close()

    def grants(self) -> Grants:
        """What the session's user may do, as of the transaction."""
        version = self.deciding()
        if self._grants is None or self._grants[:2] != (version, self._user):
            self._grants = (version, self._user, security.load_grants(self))
        return self._grants[2]

    def catalog(self) -> Catalog:
        """The objects there are, as of the transaction."""
        version = self.version()
        if self._catalog is None or self._catalog[0] != version:
            found = self.warehouse.catalog_of(version) if len(version) == 1 else None
            if found is None:
                found = catalog_of.load(self.db, self.warehouse.external_table)
                if len(version) == 1:
                    self.warehouse.keep_catalog(version, found)
            self._catalog = (version, found)
        return self._catalog[1]

    def world(self) -> World:
        """What decisions depend on."""
        return World(self.catalog(), self.grants(), self.search_path(), self.database)

    def changed(self) -> None:
        """Say that users, grants or objects have been changed in this transaction: nothing cached about them holds."""
        self._changes += 1
        self._grants = self._catalog = None

    def version(self) -> Version:
        """What may be kept is kept by this: the warehouse's version, or one of this transaction's own."""
        if self._changes:
            return (self._begun, self.pid, self._changes)
        return (self._begun if self._status == "T" else self.warehouse.version,)

    def deciding(self) -> Version:
        """What decisions are kept by: in a block that has changed nothing, what others committed since counts too."""
        return self.version() if self._changes else (self.warehouse.version,)

    def notice(self, message: str, severity: str = "NOTICE", sqlstate: str = "00000") -> None:
        """Add a notice."""
        self.notices.append(Notice(severity, message, sqlstate))

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """A transaction around what a statement does, unless there is one."""
        if self._status != "I":
            yield
            return
        self._begin()
        try:
            yield
        except BaseException:
            self._rollback()
            raise
        self._commit()

    def begin(self) -> None:
        """BEGIN."""
        if self._status == "T":
            self.notice("there is already a transaction in progress", "WARNING", "25001")
        else:
            self._begin()

    def commit(self) -> str:
        """COMMIT, which rolls back a failed transaction; the command that was done."""
        if self._status == "T":
            self._commit()
            return "COMMIT"
        if self._status == "I":
            self.notice("there is no transaction in progress", "WARNING", "25P01")
            return "COMMIT"
        self.rollback()
        return "ROLLBACK"

    def rollback(self) -> None:
        """ROLLBACK."""
        if self._status == "I":
            self.notice("there is no transaction in progress", "WARNING", "25P01")
        elif self._status == "T":
            self._rollback()
        self._status = "I"
        self._end()

    def query(self, source: Source, parameters: Sequence[object] = (), oids: tuple[int, ...] = ()) -> Result:
        """Run a SELECT, INSERT, UPDATE, DELETE or MERGE."""
        cached = compiled_for(self, source, oids, parameters)
        compiled = cached.compiled
        if compiled.into is not None:
            from amp_sandbox.warehouse.ddl import create_table_as

            with self.atomic():
                return create_table_as(self, compiled.into, compiled, temporary=compiled.temporary)
        inform(self, cached)
        given = self._bound(compiled, parameters)
        self.db.execute(compiled.sql, given or None)
        if compiled.columns is None:
            count = self.db.fetchone()
            return Result(compiled.command, row_count=int(count[0]) if count else 0)
        columns = cached.columns or results.columns_of(compiled.columns, self.db.description)
        return Result("SELECT", columns, results.rows(self.db, columns))

    def external(self, *, described: bool = False) -> compiling.External:
        """Writes external tables in a statement without parameters."""
        return self._external(None if described else ())

    def compiled(self, text: str) -> Compiled:
        """A query that is part of another statement, compiled for this user."""
        tree = compiling.parse(text)
        allow = compiling.allowed(tree, self.world())
        return compiling.compile_tree(tree, allow, self._external(()), shown=False)

    def _split(self, text: str) -> list[Source]:
        if self._last is not None and self._last[0] == text:
            return [self._last[1]]
        found = statements.split(text)
        if len(found) == 1 and found[0].kind == QUERY:
            self._last = (text, found[0])
        return found

    def _run(self, source: Source, parameters: Sequence[object] = (), oids: tuple[int, ...] = ()) -> Result:
        from amp_sandbox.warehouse import commands  # commands run on sessions

        self._require_block(source)
        self._interrupts.begin(int(self.settings["statement_timeout"]))
        try:
            with self._translating():
                result = commands.run(self, source, parameters, oids)
        except BaseException:
            self._interrupts.end()
            self._failed()
            raise
        if result.columns is None:
            self._interrupts.end()
            return result
        result.chunks = self._guarded(result.chunks)
        self._open = result
        return result

    def _guarded(self, chunks: Iterator[Any]) -> Iterator[Any]:
        """A result's rows, whose failure is the statement's."""
        done = False
        try:
            with self._translating():
                yield from chunks
            done = True
        except SqlError:
            self._failed()
            done = True
            raise
        finally:
            self._interrupts.end()
            self._open = None
            if not done:  # given up: DuckDB keeps the query until the next one
                self.db.execute("SELECT 1")

    def _require_block(self, source: Source) -> None:
        if self._closed:
            raise SqlError("08003", "the session is closed")
        if self._status == "E" and source.kind not in _ENDS:
            raise errors.aborted_transaction()

    @contextmanager
    def _translating(self) -> Iterator[None]:
        import duckdb

        try:
            yield
        except duckdb.Error as error:
            raise translated(error, timed_out=self._interrupts.timed_out) from error
        except RecursionError as error:
            raise errors.too_complex("It is nested too deep.") from error

    def _external(self, parameters: Sequence[object] | None) -> compiling.External:
        return self.warehouse.scanner(self.db, parameters)

    def _described(self, source: Source) -> tuple[Column, ...] | None:
        from amp_sandbox.warehouse import commands

        return commands.columns(self, source)

    def _bound(self, compiled: Compiled, parameters: Sequence[object]) -> dict[str, object]:
        if len(parameters) != len(compiled.parameters):
            raise SqlError(
                "08P01",
                f"bind message supplies {len(parameters)} parameters, but {len(compiled.parameters)} are needed",
            )
        return {str(place): value for place, value in enumerate(parameters, 1)}

    def _begin(self) -> None:
        self._begun = self.warehouse.version  # before DuckDB's own: what is cached by it may be newer, never older
        self.db.begin()
        self._status = "T"

    def _commit(self) -> None:
        import duckdb

        try:
            self.db.commit()
        except duckdb.Error as error:
            self._status = "I"
            self._end()
            raise translated(error) from error
        self._status = "I"
        changed, self._changes = self._changes, 0
        if changed:
            self.warehouse.bump()
        self._end()

    def _rollback(self) -> None:
        import duckdb

        try:
            self.db.rollback()
        except duckdb.Error:
            log.debug("session %s: nothing to roll back", self.pid, exc_info=True)
        self._status = "I"
        self._end()

    def _failed(self) -> None:
        """A statement has failed: the block it is in too."""
        if self._status == "T":
            self._rollback()
            self._status = "E"

    def _end(self) -> None:
        """A transaction has ended, or failed."""
        if self._changes:
            self._changes = 0
            self._grants = self._catalog = None
        self.cursors.clear()

    def _close_open(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


# Statements that are transactions of their own.
_ALONE = ("VACUUM", "TRUNCATE")
