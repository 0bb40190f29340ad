"""The warehouse as one process runs it: the database, the wire in front of it, and who may log on.

`DeleteCluster` empties it (`recreate`): the database's files go, and an empty one takes its place.

**Left out:** more than one database, and more than one cluster, in a sandbox.
"""

import logging
import shutil
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import duckdb

from amp_sandbox import aws, paths
from amp_sandbox.settings import Settings
from amp_sandbox.warehouse.duck_errors import translated
from amp_sandbox.warehouse.engine import Options, S3Access, Warehouse
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.security import login as logins
from amp_sandbox.warehouse.security.login import Login, Method
from amp_sandbox.warehouse.session import Session
from amp_sandbox.warehouse.wire.certificate import tls_context
from amp_sandbox.warehouse.wire.server import WireServer

log = logging.getLogger(__name__)

NAME = "warehouse"
DATABASE = "amp"


def options(settings: Settings) -> Options:
    """How a sandbox's warehouse is run."""
    access = S3Access(
        endpoint=settings.localstack_url.partition("//")[2],
        access_key_id=aws.ACCESS_KEY_ID,
        secret_access_key=aws.SECRET_ACCESS_KEY,
        region=settings.region,
        buckets=(settings.raw_bucket, settings.transformed_bucket),
    )
    return Options(folder=paths.state_dir(settings.home, NAME) / "database", database=DATABASE, s3=access)


class Host:
    """Runs the warehouse between `start` and `stop`. What logs on through it has proven who it is."""

    name = NAME

    def __init__(
        self,
        given: Options,
        port: int,
        *,
        address: str = "127.0.0.1",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        make: Callable[[Options], Warehouse] = Warehouse,
    ) -> None:
        self.last_error: str | None = None
        self._options, self._port, self._address, self._now, self._make = given, port, address, now, make
        self._lock, self._trusting = threading.RLock(), threading.Lock()
        self._warehouse: Warehouse | None = None
        self._wire: WireServer | None = None
        self.cluster_names: Callable[[], Collection[str]] = lambda: ()
        """Under which names Redshift's API knows this warehouse; set by whoever opens that API."""

    @property
    def port(self) -> int:
        """Where the wire listens."""
        assert self._wire is not None
        return self._wire.port

    @property
    def database(self) -> str:
        """The name of the one database."""
        return self._options.database

    def start(self) -> None:
        """Open the database and listen."""
        with self._lock:
            self._warehouse = self._make(self._options)
            self._warehouse.start()
            tls = tls_context(self._options.folder.parent / "tls")
            self._wire = WireServer(
                self._port, address=self._address, logins=HostLogins(self), connect=self.log_on, tls=tls
            )
            self._wire.start()

    def stop(self) -> None:
        """End the connections and close the database."""
        with self._lock:
            if self._wire is not None:
                self._wire.stop()
            if self._warehouse is not None:
                self._warehouse.stop()
            self._wire = self._warehouse = None

    def is_alive(self) -> bool:
        """Whether clients can connect."""
        return self._wire is not None and self._wire.is_alive()

    def recreate(self) -> None:
        """Delete all there is in the database, and begin with an empty one."""
        with self._lock:
            self.stop()
            shutil.rmtree(self._options.folder)
            self.start()

    @contextmanager
    def trusted(self) -> Iterator[Any]:
        """A DuckDB connection for the security model's functions, in a transaction that is committed at the end."""
        with self._trusting:  # one at a time: two that change users would fail as conflicting transactions
            db = self._running().cursor()
            try:
                db.execute("BEGIN")
                yield db
                db.execute("COMMIT")
            except duckdb.Error as error:
                raise translated(error) from error
            finally:
                db.close()  # which rolls back what is not committed

    def changed(self) -> None:
        """Say that users have been changed by `trusted`."""
        self._running().bump()

    def log_on(self, login: Login, database: str, settings: Mapping[str, str]) -> Session:
        """A session of a login that has been proven. Raises SqlError."""
        warehouse = self._running()
        if login.connection_limit is not None:
            open_now = sum(session.session_user == login.user for session in warehouse.sessions())
            if open_now >= login.connection_limit:
                raise SqlError("53300", f'too many connections for user "{login.user}"')
        return warehouse.connect(login.user, database, {**login.settings, **settings}, login.groups)

    def now(self) -> datetime:
        """The time, as passwords expire by it."""
        return self._now()

    def _running(self) -> Warehouse:
        warehouse = self._warehouse
        if warehouse is None:
            raise SqlError("57P03", "the warehouse is not running")
        return warehouse


class HostLogins:
    """The logins of a host's warehouse, for the wire."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def methods(self, login: str) -> tuple[Method, ...]:
        """How a login can prove itself."""
        with self._host.trusted() as db:
            return logins.methods(db, login)

    def scram_verifier(self, login: str) -> str | None:
        """What checks a SCRAM exchange."""
        with self._host.trusted() as db:
            return logins.scram_verifier(db, login)

    def by_scram(self, login: str) -> Login:
        """The login, whose exchange succeeded."""
        with self._host.trusted() as db:
            return logins.by_scram(db, login, self._host.now())

    def by_md5(self, login: str, salt: bytes, response: str) -> Login:
        """The login that answered a salt; it may have made its user."""
        with self._host.trusted() as db:
            proven = logins.by_md5(db, login, salt, response, self._host.now())
        if login.startswith("IAMA:"):
            self._host.changed()
        return proven

    def by_password(self, login: str, password: str) -> Login:
        """The login that sent its password."""
        with self._host.trusted() as db:
            return logins.by_password(db, login, password, self._host.now())
