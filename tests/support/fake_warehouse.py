"""A warehouse for tests of the wire: sessions on DuckDB, without a gate, users or Redshift's SQL.

It has `amp` as its one database and `ann` with the password `Wire-pass1` as its user. `notice TEXT` makes a notice,
`set name = value` keeps a setting, and `work` fails with an error that is no SqlError.
"""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import duckdb

from amp_sandbox.warehouse import types
from amp_sandbox.warehouse.arrow_rows import ArrowRows
from amp_sandbox.warehouse.errors import SqlError, aborted_transaction, invalid_password, undefined_database
from amp_sandbox.warehouse.security import passwords
from amp_sandbox.warehouse.security.login import Login, Method
from amp_sandbox.warehouse.security.passwords import Kept
from amp_sandbox.warehouse.session import Notice, Prepared, Status
from amp_sandbox.warehouse.types import Column, RedshiftType, Result, Row

USER, PASSWORD, DATABASE = "ann", "Wire-pass1", "amp"
_PYTHONS = (types.INTERVAL.oid, types.TIMETZ.oid)  # Arrow has other values for these

_TYPES = {
    str(kind.duckdb): kind
    for kind in (
        types.BOOLEAN,
        types.SMALLINT,
        types.INTEGER,
        types.BIGINT,
        types.REAL,
        types.DOUBLE,
        types.DATE,
        types.TIME,
        types.TIMESTAMP,
        types.INTERVAL,
        types.VARBYTE,
        types.VARCHAR_ANY,
    )
} | {"TIMESTAMP WITH TIME ZONE": types.TIMESTAMPTZ, "TIME WITH TIME ZONE": types.TIMETZ, "JSON": types.SUPER}


class FakeWarehouse:
    """Makes sessions, and knows who may log on."""

    def __init__(self) -> None:
        self._db = duckdb.connect()
        self._db.execute("SET GLOBAL TimeZone = 'UTC'")
        self._lock = threading.Lock()
        self._next_pid = 1000
        self.session_timeout: Any = None
        self.sessions: list[FakeSession] = []
        self.kept: dict[str, Kept] = {USER: passwords.kept(USER, PASSWORD)}

    def methods(self, login: str) -> Sequence[Method]:
        kept = self.kept.get(login)
        if kept is None or kept.scram:
            return ("scram", "md5")
        return ("md5",) if kept.md5 else ("password",)

    def scram_verifier(self, login: str) -> str | None:
        return self.kept[login].scram if login in self.kept else None

    def by_scram(self, login: str) -> Login:
        return Login(login, (), {}, None, self.session_timeout)

    def by_md5(self, login: str, salt: bytes, response: str) -> Login:
        kept = self.kept.get(login)
        if kept is None or not kept.md5 or not passwords.proves_md5(kept.md5, salt, response):
            raise invalid_password(login)
        return self.by_scram(login)

    def by_password(self, login: str, password: str) -> Login:
        if login not in self.kept or not passwords.matches(self.kept[login], login, password):
            raise invalid_password(login)
        return self.by_scram(login)

    def connect(self, login: Login, database: str, settings: dict[str, str]) -> Any:
        if database != DATABASE:
            raise undefined_database(database)
        with self._lock:
            self._next_pid += 1
            session = FakeSession(self._db.cursor(), login.user, self._next_pid, settings)
            self.sessions.append(session)
        return session


class FakeSession:
    """What the wire asks of a session; one statement at a time, as the real ones."""

    def __init__(self, db: Any, user: str, pid: int, settings: dict[str, str]) -> None:
        self.db, self.user, self.session_user, self.pid = db, user, user, pid
        self.database = DATABASE
        self.settings = {name.lower(): value for name, value in settings.items()}
        self.notices: list[Notice] = []
        self.closed = False
        self._status: Status = "I"

    @property
    def transaction_status(self) -> Status:
        return self._status

    def prepare(self, sql: str, parameter_oids: Sequence[int] = ()) -> Prepared:
        text = sql.strip().rstrip(";")
        if not text:
            return Prepared(sql, (), None, empty=True)
        if self._status == "E" and not text.lower().startswith(("rollback", "commit")):
            raise aborted_transaction()
        numbers = [int(number) for number in re.findall(r"\$(\d+)", text)]
        oids = [*parameter_oids, *[0] * max(numbers, default=0)][: max([*numbers, len(parameter_oids)])]
        parameters = tuple(types.BY_OID[oid] if oid else types.VARCHAR_ANY for oid in oids)
        if not re.match(r"(?i)\s*(select|with|values|show|from)\b", text):
            return Prepared(text, parameters, None)
        return Prepared(text, parameters, self._columns(text, parameters))

    def execute(self, prepared: Prepared, parameters: Sequence[object] = ()) -> Result:
        text, word = prepared.text, prepared.text.split()[0].lower()
        if self._status == "E" and word not in ("rollback", "commit"):
            raise aborted_transaction()
        if word == "notice":
            self.notices.append(Notice("NOTICE", text[7:]))
            return Result("NOTICE")
        if word == "set":
            name, _, value = text[4:].partition("=")
            self.settings[name.strip().lower()] = value.strip().strip("'")
            return Result("SET")
        if word == "work":
            raise ZeroDivisionError("a fault of the warehouse")
        if word in ("begin", "rollback", "commit"):
            return self._transaction(word)
        try:
            self.db.execute(text, list(parameters) or None)
            if prepared.columns is None:
                count = self.db.fetchone() if word in ("insert", "update", "delete") else None
                return Result(word.upper(), row_count=count[0] if count else None)
        except duckdb.Error as error:
            raise self._failed(error) from error
        return Result("SELECT", prepared.columns, self._chunks(prepared.columns))

    def run_script(self, sql: str, each: Callable[[Result], None]) -> None:
        for text in sql.split(";"):
            if text.strip():
                each(self.execute(self.prepare(text)))

    def grants(self) -> Any:
        return SimpleNamespace(superuser=self.user == "root")

    def cancel(self) -> None:
        if not self.closed:
            self.db.interrupt()

    def close(self) -> None:
        self.closed = True
        self.db.close()

    def _transaction(self, word: str) -> Result:
        word = "rollback" if self._status == "E" else word
        if (word == "begin") == (self._status == "I"):
            try:
                self.db.execute(word)
            except duckdb.Error as error:  # cancelled, at this moment of all
                raise self._failed(error) from error
        self._status = "T" if word == "begin" else "I"
        return Result(word.upper())

    def _chunks(self, columns: tuple[Column, ...]) -> Iterator[Sequence[Row]]:
        try:
            if any(column.type.oid in _PYTHONS for column in columns):
                while rows := self.db.fetchmany(2048):
                    yield rows
            else:
                yield from map(ArrowRows, self.db.to_arrow_reader(10_000))
        except duckdb.Error as error:
            raise self._failed(error) from error

    def _columns(self, text: str, parameters: Sequence[RedshiftType]) -> tuple[Column, ...]:
        typed = re.sub(r"\$(\d+)", lambda found: f"NULL::{parameters[int(found[1]) - 1].duckdb}", text)
        try:
            rows = self.db.execute(f"DESCRIBE {typed}").fetchall()
        except duckdb.Error as error:
            raise self._failed(error) from error
        return tuple(Column(row[0], _type(row[1])) for row in rows)

    def _failed(self, error: duckdb.Error) -> SqlError:
        if self._status == "T":
            self._status = "E"
        if isinstance(error, duckdb.InterruptException):
            return SqlError("57014", "Query cancelled on user's request")
        return SqlError("42601", str(error).split("\n")[0], position=8)


def _type(name: str) -> RedshiftType:
    if decimal := re.match(r"DECIMAL\((\d+),(\d+)\)", name):
        return types.numeric(int(decimal[1]), int(decimal[2]))
    return _TYPES.get(name, types.BIGINT if name == "HUGEINT" else types.VARCHAR_ANY)
