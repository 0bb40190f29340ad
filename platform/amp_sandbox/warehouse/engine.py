"""The warehouse's database: opened by one process, shared by its sessions.

DuckDB is locked down beneath the SQL service: no files but its own, no network but the S3 of the lake and only its
buckets, no extension beyond the one loaded, and none of that can be changed by a statement. What a statement may do is
decided before that, in `sql`.

kill -9 at any moment keeps what was committed, and nothing else: DuckDB's write-ahead log.
"""

import logging
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlglot import exp

from amp_sandbox.errors import SandboxError
from amp_sandbox.warehouse import catalogs, ddl, errors, security, system
from amp_sandbox.warehouse import settings as parameters
from amp_sandbox.warehouse.compilations import Compilations
from amp_sandbox.warehouse.external.interface import ExternalCatalog, no_catalog
from amp_sandbox.warehouse.external.scan import Scanner
from amp_sandbox.warehouse.session import Session, Version
from amp_sandbox.warehouse.sql import compiling, macros
from amp_sandbox.warehouse.sql.catalog import Catalog, Relation, Schema

log = logging.getLogger(__name__)

FILE = "warehouse.duckdb"

_CREATE_SECRET = """
CREATE SECRET lake (
    TYPE s3, KEY_ID $key_id, SECRET $secret, REGION $region, ENDPOINT $endpoint, URL_STYLE 'path', USE_SSL false
)
"""  # noqa: S105 - parameters


@dataclass(frozen=True)
class S3Access:
    """The S3 that external schemas, COPY and UNLOAD read and write: an endpoint, and the only buckets allowed."""

    endpoint: str  # host:port
    access_key_id: str
    secret_access_key: str
    region: str
    buckets: tuple[str, ...]


@dataclass(frozen=True)
class Options:
    """How a warehouse is run."""

    folder: Path
    superuser: str = "awsuser"
    superuser_password: str | None = None  # of the first start; None: the superuser cannot log on by password
    database: str = "amp"
    s3: S3Access | None = None
    memory: str = "2GB"
    threads: int = 2


class Warehouse:
    """The database and its sessions. `start` opens it, `stop` ends the sessions and closes it."""

    def __init__(self, options: Options, external: ExternalCatalog = no_catalog) -> None:
        self.options = options
        self.external = external
        self.version = 1  # of users, grants and objects
        self.compiled = Compilations()
        self._catalog: tuple[Version, Catalog] | None = None
        self._db: Any = None
        self._sessions: dict[int, Session] = {}
        self._lock = threading.Lock()
        self._next_pid = 10_000

    def start(self) -> None:
        """Open the database, made when there is none. Raises SandboxError when another process has it."""
        self.options.folder.mkdir(parents=True, exist_ok=True)
        self._db = db = _open(self.options)
        try:
            self._allow_s3(db)
            db.execute("BEGIN")
            system.install(db)
            security.install(db, self.options.superuser, self.options.superuser_password)
            db.execute("COMMIT")
            catalogs.install(db)
            macros.install(db)
            ddl.drop_all_temporary(db)
            _lock_down(db, self.options)
        except BaseException:
            self._db = None
            db.close()
            raise

    def stop(self) -> None:
        """Cancel and close all sessions, write everything into the database's file, and close it. Safe twice."""
        for session in self.sessions():
            session.cancel()
            session.close()
        db, self._db = self._db, None
        if db is not None:
            db.close()

    def connect(
        self,
        user: str,
        database: str | None = None,
        settings: Mapping[str, str] | None = None,
        groups: Sequence[str] = (),
    ) -> Session:
        """A session of a user whom the caller has authenticated. Raises SqlError 28000 or 3D000."""
        if database is not None and database.lower() != self.options.database:
            raise errors.undefined_database(database)
        if self._db is None:
            raise errors.SqlError("57P03", "the warehouse is not running")
        with self._lock:
            self._next_pid += 1
            pid = self._next_pid
        session = Session(self, self._db.cursor(), pid, user, self.options.database, tuple(groups))
        try:
            _admit(session)
            for name, value in (settings or {}).items():
                key, kept = parameters.normalized(name, value)
                session.settings[key] = kept
            session.defaults = dict(session.settings)
            session.publish()
        except BaseException:
            session.db.close()
            raise
        with self._lock:
            self._sessions[pid] = session
        return session

    def cursor(self) -> Any:
        """A DuckDB connection, for those who let users in. The caller closes it."""
        return self._db.cursor()

    def session(self, pid: int) -> Session | None:
        """The session of that process id, for cancel requests and PG_TERMINATE_BACKEND."""
        with self._lock:
            return self._sessions.get(pid)

    def sessions(self) -> list[Session]:
        """All sessions that are open."""
        with self._lock:
            return list(self._sessions.values())

    def forget(self, session: Session) -> None:
        """A session is closed."""
        with self._lock:
            self._sessions.pop(session.pid, None)

    def bump(self) -> None:
        """Users, grants or objects have been changed, and committed."""
        with self._lock:
            self.version += 1

    def catalog_of(self, version: Version) -> Catalog | None:
        """The objects of that version, if they have been read."""
        kept = self._catalog
        return kept[1] if kept is not None and kept[0] == version else None

    def keep_catalog(self, version: Version, catalog: Catalog) -> None:
        """Keep the objects of a version for other sessions."""
        self._catalog = (version, catalog)

    def external_table(self, schema: Schema, name: str) -> Relation | None:
        """A table of an external schema, as the Data Catalog has it now."""
        if schema.glue_database is None:
            return None
        found = self.external.table(schema.glue_database, name)
        if found is None:
            return None
        return Relation(schema.name, found.name, "x", found.columns, external=found)

    def scanner(self, db: Any, values: Sequence[object] | None) -> compiling.External:
        """Writes the rows of external tables; `values` are the statement's parameters, None when not known yet."""
        return Scanner(self.external, db, values, self.options.s3.buckets if self.options.s3 else ())

    def session_rows(self) -> list[dict[str, Any]]:
        """Sessions for STV_SESSIONS."""
        from datetime import UTC, datetime

        return [
            {
                "pid": one.pid,
                "user_name": one.user,
                "database": one.database,
                "started": datetime.fromtimestamp(one.started, UTC).replace(tzinfo=None),
            }
            for one in self.sessions()
        ]

    def external_rows(self, schemas: Sequence[Schema]) -> list[dict[str, Any]]:
        """Tables of these external schemas for SVV_EXTERNAL_TABLES."""
        return [row for schema in schemas for row in self.external.rows(schema.name, str(schema.glue_database))]

    def _allow_s3(self, db: Any) -> None:
        s3 = self.options.s3
        if s3 is None:
            return
        from amp_sandbox.lake.connection import httpfs

        db.load_extension(str(httpfs()))
        db.execute(
            _CREATE_SECRET,
            {
                "key_id": s3.access_key_id,
                "secret": s3.secret_access_key,
                "region": s3.region,
                "endpoint": s3.endpoint,
            },
        )


def _open(options: Options) -> Any:
    import duckdb

    _skip_pandas()
    path = options.folder / FILE
    try:
        return duckdb.connect(
            str(path),
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
                "allow_unsigned_extensions": False,
                "memory_limit": options.memory,
                "threads": options.threads,
                "temp_directory": str(options.folder / "spill"),
                "default_null_order": "nulls_last_on_asc_first_on_desc",
                "python_enable_replacements": False,
            },
        )
    except duckdb.IOException as error:
        raise SandboxError(f"The warehouse's database {path} cannot be opened.", str(error)) from error


class _NoPandas:
    """Says at once that there is no pandas.

    DuckDB asks for it with every parameter, and Python looks through all folders for a module that is not there, each
    time: half of a point query's time.
    """

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Raises ModuleNotFoundError for pandas, and leaves all else to others."""
        if name == "pandas":
            raise ModuleNotFoundError("No module named 'pandas'", name=name)


def _skip_pandas() -> None:
    if _NoPandas not in sys.meta_path and "pandas" not in sys.modules and find_spec("pandas") is None:
        sys.meta_path.insert(0, _NoPandas)


def _lock_down(db: Any, options: Options) -> None:
    """Settle what statements depend on, shut what they must not reach, and lock the settings.

    https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
    """
    buckets = [f"s3://{bucket}/" for bucket in options.s3.buckets] if options.s3 else []
    listed = exp.Array(expressions=[exp.Literal.string(one) for one in buckets]).sql(dialect="duckdb")
    for statement in (
        "SET GLOBAL integer_division = true",
        "SET GLOBAL TimeZone = 'UTC'",
        "SET GLOBAL max_expression_depth = 500",
        "SET GLOBAL scalar_subquery_error_on_multiple_rows = true",
        f"SET allowed_directories = {listed}",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        db.execute(statement)


def _admit(session: Session) -> None:
    try:
        session.grants()
    except errors.SqlError as error:
        if error.sqlstate != "42704":
            raise
        raise errors.invalid_authorization(f'user "{session.user}" does not exist') from error
