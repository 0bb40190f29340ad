"""A stand-in for the warehouse's sessions: tests of what is kept about users and objects need no SQL service."""

import atexit
import functools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from amp_sandbox.warehouse import catalogs, security, system, types
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.security.interface import KINDS, Statement
from amp_sandbox.warehouse.sql.tokens import Tokens, tokenize
from amp_sandbox.warehouse.types import RedshiftType

SUPERUSER = "awsuser"
PASSWORD = "Correct1horse"


Furnish = Callable[[duckdb.DuckDBPyConnection], None]


def nothing(_db: duckdb.DuckDBPyConnection) -> None:
    """Leave a database as it is."""


@contextmanager
def database(furnish: Furnish = nothing) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with what `furnish` puts into it: a copy of one that is made once, as making it takes a while."""
    with tempfile.TemporaryDirectory() as folder:
        path = shutil.copy(_template(furnish), folder)
        with duckdb.connect(path, config={"threads": "1"}) as db:
            yield db


@functools.cache
def _template(furnish: Furnish) -> Path:
    path = Path(tempfile.mkdtemp()) / "amp.duckdb"
    atexit.register(shutil.rmtree, path.parent)
    if furnish is not nothing:
        shutil.copy(_template(nothing), path)
    with duckdb.connect(path, config={"threads": "1"}) as db:
        if furnish is nothing:
            system.install(db)
            security.install(db, SUPERUSER, PASSWORD)
            catalogs.install(db)
        furnish(db)
    return path


class FakeSession:
    """What the security model asks of a session; each statement is a transaction of its own."""

    def __init__(
        self, db: duckdb.DuckDBPyConnection, user: str = SUPERUSER, *, groups: Sequence[str] = (), block: bool = False
    ) -> None:
        self.db = db
        self.user = self.session_user = user
        self.groups = tuple(groups)
        self.database = "amp"
        self.pid = 7
        self.settings = {"search_path": '"$user", public'}
        self.notices: list[str] = []
        self.changes = 0
        self._block = block  # the caller has a transaction
        self.transaction_status = "T" if block else "I"
        self.uncommitted = block

    def changed(self) -> None:
        self.changes += 1

    def grants(self) -> security.UserGrants:
        return security.load_grants(self)

    def notice(self, message: str, severity: str = "NOTICE", sqlstate: str = "00000") -> None:
        self.notices.append(f"{severity}: {message}")

    def run(self, sql: str) -> str:
        """Run one statement of the security model; its command tag."""
        kind = max((one for one in KINDS if sql.upper().startswith(one)), key=len, default="")
        if " OWNER TO " in sql.upper():
            kind = f"{' '.join(sql.upper().split()[:2])} OWNER"
        if not self._block:
            self.db.execute("BEGIN")
        try:
            result = security.handle(Statement(kind, Tokens(sql, tokenize(sql)), sql), self)
        except SqlError:
            if not self._block:
                self.db.execute("ROLLBACK")
            raise
        if not self._block:
            self.db.execute("COMMIT")
        return result.command_tag

    def schema(self, name: str, *, glue_database: str | None = None) -> None:
        """Make a schema that this session's user owns."""
        kind = "local" if glue_database is None else "external"
        self.db.execute(f"CREATE SCHEMA {name}")
        self.db.execute(
            "INSERT INTO amp_sys.schemas (oid, name, kind, glue_database, iam_role, region)"
            " VALUES (nextval('amp_sys.oids'), ?, ?, ?, 'arn:aws:iam::000000000000:role/spectrum', 'us-east-1')",
            [name, kind, glue_database],
        )
        security.object_created(self, "schema", name, name)

    def table(
        self,
        schema: str,
        name: str,
        columns: dict[str, RedshiftType] | None = None,
        *,
        not_null: Sequence[str] = (),
        defaults: dict[str, str] | None = None,
        primary_key: Sequence[str] = (),
        view: str | None = None,
    ) -> int:
        """Make a table (or with `view` a view of that query) that this session's user owns; its oid."""
        columns = columns or {"id": types.INTEGER, "name": types.varchar(20)}
        if view is None:
            listed = ", ".join(f"{column} {kind.duckdb}" for column, kind in columns.items())
            self.db.execute(f"CREATE TABLE {schema}.{name} ({listed})")
        (oid,) = self.db.execute("SELECT nextval('amp_sys.oids')").fetchone()
        self.db.execute(
            "INSERT INTO amp_sys.relations (oid, schema_name, name, kind, definition, created_at)"
            " VALUES (?, ?, ?, ?, ?, TIMESTAMP '2026-01-02 03:04:05')",
            [oid, schema, name, "r" if view is None else "v", view],
        )
        for position, (column, kind) in enumerate(columns.items(), 1):
            default = (defaults or {}).get(column)
            self.db.execute(
                "INSERT INTO amp_sys.columns (relation, position, name, type_oid, typmod, type_name, not_null,"
                " default_sql) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [oid, position, column, kind.oid, kind.typmod, kind.sql(), column in not_null, default],
            )
        if primary_key:
            self.db.execute(
                "INSERT INTO amp_sys.constraints VALUES (nextval('amp_sys.oids'), ?, ?, 'p', ?, NULL, NULL)",
                [oid, f"{name}_pkey", list(primary_key)],
            )
        security.object_created(self, "table" if view is None else "view", schema, name)
        return int(oid)

    def see(self, user: str | None = None) -> None:
        """Let the connection's catalogs be this session's."""
        self.db.execute("SET VARIABLE amp_user = ?", [user or self.user])
        self.db.execute("SET VARIABLE amp_session_user = ?", [self.session_user])
        self.db.execute("SET VARIABLE amp_database = 'amp'")
        self.db.execute("SET VARIABLE amp_pid = 7")
        self.db.execute("SET VARIABLE amp_search_path = ['public', 'sales']")
        self.db.execute("SET VARIABLE amp_groups = ?::VARCHAR[]", [list(self.groups)])
