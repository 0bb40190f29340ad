"""Everything the EMR on EKS stand-in remembers, in one SQLite file; the only SQL of the package.

Each thread opens its own connection with `connect`, see `standins.sqlite`. The engine and the API both change a run's
state; each change says from which states it may come (`move`), so that a cancellation and the end of a driver
cannot undo each other.

**Left out:** forgetting. AWS drops runs after 90 days; a sandbox is fresh at each start.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amp_sandbox.standins import sqlite, tags
from amp_sandbox.standins.sqlite import transaction

ACTIVE = ("SUBMITTED", "RUNNING", "CANCEL_PENDING")
"""States in which a run has one of the machine's places."""
UNFINISHED = ("PENDING", *ACTIVE)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS virtual_clusters (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    token TEXT NOT NULL UNIQUE,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS job_runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    cluster_id TEXT NOT NULL REFERENCES virtual_clusters(id),
    token TEXT NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    state_at REAL NOT NULL,
    created_at REAL NOT NULL,
    finished_at REAL,
    failure TEXT,
    details TEXT,
    attempt INTEGER NOT NULL,
    not_before REAL NOT NULL,
    pid INTEGER,
    pid_started REAL,
    master TEXT,
    UNIQUE (cluster_id, token)
);
CREATE INDEX IF NOT EXISTS job_runs_by_state ON job_runs(state, number);
CREATE TABLE IF NOT EXISTS log_positions (
    stream TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class VirtualCluster:
    """One virtual cluster; `request` is what it was made with."""

    number: int
    id: str
    request: dict[str, Any]
    state: str
    created_at: float


@dataclass(frozen=True)
class JobRun:
    """One job run; `request` is what it was started with.

    `attempt` counts from 1. `pid` and `pid_started` are of its driver, `master` says which Spark master that one is
    connected to; all three are None while there is no driver.
    """

    number: int
    id: str
    cluster_id: str
    request: dict[str, Any]
    state: str
    state_at: float
    created_at: float
    finished_at: float | None
    failure: str | None
    details: str | None
    attempt: int
    not_before: float
    pid: int | None
    pid_started: float | None
    master: str | None

    @property
    def max_attempts(self) -> int:
        """How often the driver is started at most."""
        return int((self.request.get("retryPolicyConfiguration") or {}).get("maxAttempts") or 1)


def connect(path: Path | str) -> sqlite3.Connection:
    """Open the store for one thread, making the file and its tables when they are missing."""
    return sqlite.connect(path, _SCHEMA + tags.SCHEMA)


# Virtual clusters


def create_cluster(
    db: sqlite3.Connection, cluster_id: str, token: str, request: Mapping[str, Any], *, at: float
) -> None:
    """Add a virtual cluster, RUNNING."""
    values = (cluster_id, token, json.dumps(request), at)
    db.execute(
        "INSERT INTO virtual_clusters (id, token, request, state, created_at) VALUES (?, ?, ?, 'RUNNING', ?)", values
    )


def get_cluster(db: sqlite3.Connection, cluster_id: str) -> VirtualCluster | None:
    """A virtual cluster in any state, or None."""
    return next(_clusters(db, "WHERE id = ?", cluster_id), None)


def cluster_of_token(db: sqlite3.Connection, token: str) -> VirtualCluster | None:
    """The virtual cluster that was made with this client token, or None."""
    return next(_clusters(db, "WHERE token = ?", token), None)


def list_clusters(db: sqlite3.Connection) -> list[VirtualCluster]:
    """All virtual clusters, the newest first."""
    return list(_clusters(db, "ORDER BY number DESC"))


def set_cluster_state(db: sqlite3.Connection, cluster_id: str, state: str) -> None:
    """Change a virtual cluster's state."""
    db.execute("UPDATE virtual_clusters SET state = ? WHERE id = ?", (state, cluster_id))


# Job runs


def create_run(
    db: sqlite3.Connection, run_id: str, cluster_id: str, token: str, request: Mapping[str, Any], *, at: float
) -> None:
    """Add a run, PENDING."""
    db.execute(
        "INSERT INTO job_runs (id, cluster_id, token, request, state, state_at, created_at, attempt, not_before)"
        " VALUES (?, ?, ?, ?, 'PENDING', ?, ?, 1, 0)",
        (run_id, cluster_id, token, json.dumps(request), at, at),
    )


def get_run(db: sqlite3.Connection, cluster_id: str, run_id: str) -> JobRun | None:
    """A run of a virtual cluster, or None."""
    return next(_runs(db, "WHERE cluster_id = ? AND id = ?", cluster_id, run_id), None)


def run_of_token(db: sqlite3.Connection, cluster_id: str, token: str) -> JobRun | None:
    """The run that was started with this client token, or None."""
    return next(_runs(db, "WHERE cluster_id = ? AND token = ?", cluster_id, token), None)


def list_runs(db: sqlite3.Connection, cluster_id: str) -> list[JobRun]:
    """All runs of a virtual cluster, the newest first."""
    return list(_runs(db, "WHERE cluster_id = ? ORDER BY number DESC", cluster_id))


def runs_in(db: sqlite3.Connection, states: Sequence[str]) -> list[JobRun]:
    """The runs in one of these states, the oldest first."""
    marks = ", ".join("?" * len(states))
    return list(_runs(db, f"WHERE state IN ({marks}) ORDER BY number", *states))


def move(
    db: sqlite3.Connection, run: JobRun, state: str, *, at: float, allowed: Sequence[str], details: str | None = None
) -> bool:
    """Change a run's state if it is in one of the allowed ones; answers whether it was."""
    marks = ", ".join("?" * len(allowed))
    sql = f"UPDATE job_runs SET state = ?, state_at = ?, details = ? WHERE id = ? AND state IN ({marks})"  # noqa: S608
    return db.execute(sql, (state, at, details, run.id, *allowed)).rowcount == 1


def set_driver(db: sqlite3.Connection, run: JobRun, pid: int, pid_started: float, master: str, *, at: float) -> None:
    """Record a run's driver, and that it is RUNNING unless it is being cancelled."""
    with transaction(db):
        db.execute(
            "UPDATE job_runs SET pid = ?, pid_started = ?, master = ? WHERE id = ?", (pid, pid_started, master, run.id)
        )
        move(db, run, "RUNNING", at=at, allowed=("SUBMITTED",))


def finish(
    db: sqlite3.Connection, run: JobRun, state: str, *, at: float, details: str, failure: str | None = None
) -> None:
    """End a run."""
    db.execute(
        "UPDATE job_runs SET state = ?, state_at = ?, finished_at = ?, details = ?, failure = ?,"
        " pid = NULL, pid_started = NULL, master = NULL WHERE id = ?",
        (state, at, at, details, failure, run.id),
    )


def retry(db: sqlite3.Connection, run: JobRun, *, at: float, not_before: float, details: str) -> bool:
    """Queue a run for its next attempt; False when it is being cancelled."""
    changed = db.execute(
        "UPDATE job_runs SET state = 'PENDING', state_at = ?, details = ?, attempt = attempt + 1, not_before = ?,"
        " pid = NULL, pid_started = NULL, master = NULL WHERE id = ? AND state IN ('SUBMITTED', 'RUNNING')",
        (at, details, not_before, run.id),
    )
    return changed.rowcount == 1


# How much of a log has gone to CloudWatch


def get_position(db: sqlite3.Connection, stream: str) -> int:
    """The bytes of a log that have been delivered."""
    found = db.execute("SELECT position FROM log_positions WHERE stream = ?", (stream,)).fetchone()
    return int(found["position"]) if found else 0


def set_position(db: sqlite3.Connection, stream: str, position: int) -> None:
    """Record how many bytes of a log have been delivered."""
    db.execute("INSERT OR REPLACE INTO log_positions (stream, position) VALUES (?, ?)", (stream, position))


def _clusters(db: sqlite3.Connection, rest: str, *values: object) -> Iterator[VirtualCluster]:
    for row in db.execute(f"SELECT * FROM virtual_clusters {rest}", values):  # noqa: S608 - `rest` is of this module
        yield VirtualCluster(row["number"], row["id"], json.loads(row["request"]), row["state"], row["created_at"])


def _runs(db: sqlite3.Connection, rest: str, *values: object) -> Iterator[JobRun]:
    for row in db.execute(f"SELECT * FROM job_runs {rest}", values):  # noqa: S608 - `rest` is of this module
        kept = {name: row[name] for name in row.keys() if name != "token"}  # noqa: SIM118 - a Row is no mapping
        yield JobRun(**kept | {"request": json.loads(row["request"])})
