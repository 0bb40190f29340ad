"""Runs the Data API's statements: a bounded number at a time, each in a session of the warehouse.

A statement moves through SUBMITTED, PICKED (a thread has it), STARTED (its session is open) to FINISHED, FAILED or
ABORTED; each move is in the store before the next. A batch is one transaction, or with AUTO_COMMIT one each. Sessions
that a request asks to keep are kept until they have been idle for so long.

After a crash, what had not finished is FAILED: its transaction was rolled back with the process.
"""

import logging
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from amp_sandbox.redshift_data import errors, store
from amp_sandbox.redshift_data.results import keep_result
from amp_sandbox.redshift_data.targets import Target
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.host import Host
from amp_sandbox.warehouse.session import Session

log = logging.getLogger(__name__)

THREADS = 8
MOST_ACTIVE = 500  # https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html#data-api-considerations
MOST_SESSIONS = 500
_INTERRUPT_SECONDS = 0.05
KEPT_SECONDS = 24 * 3600  # results, as on AWS
_LOST = "The warehouse was stopped before the statement had finished."


@dataclass(frozen=True)
class Task:
    """What is to be run: each SQL text with the values of its parameters. One that is no batch has one of them."""

    id: str
    target: Target
    sqls: tuple[tuple[str, tuple[str, ...]], ...]
    batch: bool
    transaction: bool
    format: str
    session_id: str | None


@dataclass(frozen=True)
class KeptSession:
    """A session that is kept, as it is at this moment; times in seconds since 1970."""

    id: str
    target: Target
    seconds: int
    created_at: float
    used_at: float
    statement: str | None  # what it runs

    @property
    def status(self) -> str:
        """AVAILABLE or BUSY."""
        return "AVAILABLE" if self.statement is None else "BUSY"


@dataclass
class _Active:
    done: threading.Event = field(default_factory=threading.Event)
    session: Session | None = None
    cancelled: bool = False


@dataclass
class _Kept:
    target: Target
    seconds: int
    session: Session | None = None
    busy: bool = False
    statement: str | None = None
    created_at: float = 0.0
    used_at: float = 0.0


class Runner:
    """Runs statements between `start` and `stop`."""

    name = "redshift-data"

    def __init__(
        self, host: Host, connect: Callable[[], sqlite3.Connection], now: Callable[[], float] = time.time
    ) -> None:
        self.last_error: str | None = None
        self._host, self.connect, self._now = host, connect, now
        self._lock = threading.Lock()
        self._active: dict[str, _Active] = {}
        self._kept: dict[str, _Kept] = {}
        self._pool: ThreadPoolExecutor | None = None

    def start(self) -> None:
        """Take statements; what an earlier process left is FAILED."""
        store.abort_all(self.connect(), _LOST, at=self._now())
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="data-api")

    def stop(self) -> None:
        """Cancel what runs, and close the sessions."""
        pool, self._pool = self._pool, None
        with self._lock:
            active, kept = list(self._active), list(self._kept.values())
        for statement in active:
            self.cancel(statement)
        if pool is not None:
            pool.shutdown()
        for one in kept:
            if one.session is not None:
                one.session.close()
        self._kept.clear()

    def is_alive(self) -> bool:
        """Whether it takes statements."""
        return self._pool is not None

    def tick(self) -> None:
        """Forget results of more than a day, and sessions that were idle for as long as they were asked to be kept."""
        store.expire(self.connect(), self._now() - KEPT_SECONDS)
        with self._lock:
            idle = [key for key, one in self._kept.items() if not one.busy and one.used_at + one.seconds <= self._now()]
            expired = [self._kept.pop(key) for key in idle]
        for one in expired:
            if one.session is not None:
                one.session.close()

    def keep_session(self, target: Target, seconds: int) -> str:
        """A new session's id; the session is opened by its first statement."""
        with self._lock:
            if len(self._kept) >= MOST_SESSIONS:
                raise errors.active_sessions_exceeded(MOST_SESSIONS)
            key = str(uuid.uuid4())
            self._kept[key] = _Kept(target, seconds, created_at=self._now(), used_at=self._now(), busy=True)
        return key

    def sessions(self) -> list[KeptSession]:
        """The sessions that are kept, the newest first."""
        with self._lock:
            found = [
                KeptSession(key, one.target, one.seconds, one.created_at, one.used_at, one.statement)
                for key, one in self._kept.items()
            ]
        return sorted(found, key=lambda one: (one.created_at, one.id), reverse=True)

    def take_session(self, key: str, seconds: int | None) -> Target:
        """Claim a kept session for a statement; whom it runs as."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                raise errors.not_found(f"The session {key}")
            if kept.busy:
                raise errors.invalid(f"The session {key} is busy: it runs one statement at a time.")
            kept.busy = True
            kept.seconds = kept.seconds if seconds is None else seconds
        return kept.target

    def release_session(self, key: str) -> None:
        """Give back a session that was claimed for nothing."""
        with self._lock:
            if key in self._kept:
                self._kept[key].busy = False
                self._kept[key].statement = None
                self._kept[key].used_at = self._now()

    def submit(self, task: Task) -> None:
        """Run it when a thread is free."""
        assert self._pool is not None
        with self._lock:
            self._active[task.id] = _Active()
            if task.session_id in self._kept:
                self._kept[task.session_id].statement = task.id
        self._pool.submit(self._run, task)

    def wait(self, statement: str, seconds: float) -> None:
        """Wait until a statement has finished, but not longer."""
        active = self._active.get(statement.partition(":")[0])
        if active is not None:
            active.done.wait(seconds)

    def cancel(self, statement: str) -> bool:
        """Abort a statement or batch that has not finished; false when there is none."""
        with self._lock:
            active = self._active.get(statement)
            if active is None or active.done.is_set():
                return False
            active.cancelled = True
        threading.Thread(target=self._interrupt, args=(active,), name=f"cancel {statement}", daemon=True).start()
        return True

    def _interrupt(self, active: _Active) -> None:
        """Interrupt until it has ended: between two steps of a statement there is nothing for an interrupt to end."""
        while not active.done.is_set():
            with self._lock:
                if active.session is not None and not active.done.is_set():
                    active.session.cancel()
            active.done.wait(_INTERRUPT_SECONDS)

    def _run(self, task: Task) -> None:
        active = self._active[task.id]
        db = self.connect()
        try:
            self._run_in_session(db, task, active)
        except SqlError as error:
            self._fail(db, task, active, _words(error))
        except Exception:
            log.exception("statement %s failed", task.id)
            self._fail(db, task, active, "The warehouse failed; its log says more.")
        finally:
            with self._lock:  # no interrupt of this statement reaches the session's next one
                active.done.set()
                del self._active[task.id]
            if task.session_id is not None:
                self.release_session(task.session_id)

    def _run_in_session(self, db: sqlite3.Connection, task: Task, active: _Active) -> None:
        store.advance(db, task.id, "PICKED", at=self._now())
        self._require_wanted(active)
        session = self._session(task)
        with self._lock:
            active.session = session
        try:
            self._require_wanted(active)
            store.advance(db, task.id, "STARTED", at=self._now(), pid=session.pid)
            began = time.monotonic_ns()
            if task.batch:
                self._run_batch(db, task, active, session)
                store.finish(db, task.id, at=self._now(), duration=time.monotonic_ns() - began)
            else:
                self._run_one(db, task.id, session, task.sqls[0], task.format)
        finally:
            if task.session_id is None:
                session.close()

    def _session(self, task: Task) -> Session:
        if task.session_id is None:
            return task.target.open(self._host)
        kept = self._kept[task.session_id]
        if kept.session is None:
            kept.session = task.target.open(self._host)
        return kept.session

    def _run_batch(self, db: sqlite3.Connection, task: Task, active: _Active, session: Session) -> None:
        if not task.transaction:
            for place, sql in enumerate(task.sqls, 1):
                self._require_wanted(active)
                self._run_part(db, f"{task.id}:{place}", session, sql, task.format)
            return
        _simple(session, "BEGIN")
        try:
            for place, sql in enumerate(task.sqls, 1):
                self._require_wanted(active)
                self._run_part(db, f"{task.id}:{place}", session, sql, task.format)
            _simple(session, "COMMIT")
        except BaseException:
            if session.transaction_status != "I":
                _simple(session, "ROLLBACK")
            raise

    def _run_part(
        self, db: sqlite3.Connection, statement: str, session: Session, sql: tuple[str, tuple[str, ...]], form: str
    ) -> None:
        store.advance(db, statement, "STARTED", at=self._now(), pid=session.pid)
        try:
            self._run_one(db, statement, session, sql, form)
        except SqlError as error:
            store.finish(db, statement, at=self._now(), error=_words(error))
            raise SqlError(
                error.sqlstate, f"Query #{statement.partition(':')[2]} failed with {_words(error)}"
            ) from error

    def _run_one(
        self, db: sqlite3.Connection, statement: str, session: Session, sql: tuple[str, tuple[str, ...]], form: str
    ) -> None:
        text, given = sql
        began = time.monotonic_ns()
        prepared = session.prepare(text)
        if len(given) != len(prepared.parameters):
            raise SqlError(
                "42P02", f"the statement needs {len(prepared.parameters)} parameters, and {len(given)} are given"
            )
        result = session.execute(prepared, given)
        kept = keep_result(db, statement, result, form)
        session.notices.clear()
        store.finish(
            db,
            statement,
            at=self._now(),
            duration=time.monotonic_ns() - began,
            rows=kept.rows,
            size=kept.size,
            columns=kept.columns,
        )

    def _fail(self, db: sqlite3.Connection, task: Task, active: _Active, error: str) -> None:
        at = self._now()
        status = "ABORTED" if active.cancelled else "FAILED"
        for part in store.parts(db, task.id):
            store.drop_pages(db, part.id)
            store.finish(db, part.id, at=at, status="ABORTED", error="Connection or an prior query failed.")
        store.drop_pages(db, task.id)
        store.finish(db, task.id, at=at, status=status, error=error)

    @staticmethod
    def _require_wanted(active: _Active) -> None:
        if active.cancelled:
            raise SqlError("57014", "Query cancelled on user's request")


def _simple(session: Session, sql: str) -> None:
    session.execute(session.prepare(sql)).close()


def _words(error: SqlError) -> str:
    words = f"ERROR: {error.message}"
    if error.detail:
        words += f"\n  Detail: {error.detail}"
    if error.hint:
        words += f"\n  Hint: {error.hint}"
    if error.position is not None:
        words += f"\n  Position: {error.position}"
    return f"{words} [ErrorId: {error.sqlstate}]"
