"""The scheduler: takes queued runs in their order, as many at once as fit the machine, and sees each to its end.

`tick` looks at the store, the drivers' processes and the cluster, and does for each run what comes next. All it needs
to know is in the store, so the one of a stand-in that was killed goes on where it was: a driver that still runs is
watched again, one that ended meanwhile is settled, one that was about to be started is started anew.

A run that fails is tried again as its retry policy says, after 10 seconds, 20, 40 and so on up to 6 minutes.
https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/jobruns-using-retry-policies.html

**Left out:** fairness between virtual clusters: there is one queue.
"""

import logging
import sqlite3
from collections.abc import Callable
from typing import Any

from amp_sandbox.emr_containers import attempt as attempts
from amp_sandbox.emr_containers import store
from amp_sandbox.emr_containers.attempt import FetchError
from amp_sandbox.emr_containers.causes import cause, shortened
from amp_sandbox.emr_containers.cluster import Cluster, ClusterError
from amp_sandbox.emr_containers.drivers import Drivers, Running
from amp_sandbox.emr_containers.logs import Logs, container
from amp_sandbox.emr_containers.store import JobRun
from amp_sandbox.runtime.spark import Machine
from amp_sandbox.settings import Settings
from amp_sandbox.standins.sqlite import transaction

log = logging.getLogger(__name__)

IDLE_SECONDS = 15.0
"""How long the worker stays when no run waits."""
CLUSTER_SECONDS = 120.0
LOG_SECONDS = 10.0
TERMINATE_SECONDS = 10.0
RETRY_SECONDS, LONGEST_RETRY_SECONDS = 10.0, 360.0


class Scheduler:
    """Runs the jobs of one store."""

    def __init__(
        self,
        settings: Settings,
        machine: Machine,
        *,
        connect: Callable[[], sqlite3.Connection],
        cluster: Cluster,
        drivers: Drivers,
        logs: Logs,
        client: Callable[[str], Any],
        clock: Callable[[], float],
    ) -> None:
        self._settings, self._machine = settings, machine
        self._connect, self._client, self._clock = connect, client, clock
        self._cluster, self._drivers, self._logs = cluster, drivers, logs
        # A stand-in that starts does not know whether the worker runs: it lets it go if nothing waits.
        self._worker_since: float | None = clock()
        self._logs_at: dict[str, float] = {}

    def tick(self) -> None:
        """Do what comes next for every run."""
        db = self._connect()
        self._cancel_with_their_cluster(db)
        for run in store.runs_in(db, store.ACTIVE):
            self._advance(db, run)
        self._admit(db)
        self._let_worker_go(db)

    def _advance(self, db: sqlite3.Connection, run: JobRun) -> None:
        if run.state == "CANCEL_PENDING":
            self._cancel(db, run)
        elif run.state == "SUBMITTED":
            self._launch(db, run)
        else:
            self._watch(db, run)

    def _admit(self, db: sqlite3.Connection) -> None:
        free = self._machine.runs - len(store.runs_in(db, store.ACTIVE))
        due = [run for run in store.runs_in(db, ("PENDING",)) if run.not_before <= self._clock()]
        for run in due[: max(0, free)]:
            store.move(db, run, "SUBMITTED", at=self._clock(), allowed=("PENDING",))

    # A run about to start

    def _launch(self, db: sqlite3.Connection, run: JobRun) -> None:
        self._worker_since = self._clock()
        try:
            master = self._cluster.ready()
        except ClusterError as error:
            self._fail(db, run, "CLUSTER_UNAVAILABLE", str(error))
            return
        if master is None:
            if self._clock() - run.state_at > CLUSTER_SECONDS:
                self._fail(db, run, "CLUSTER_UNAVAILABLE", f"Spark did not start within {CLUSTER_SECONDS:.0f} s.")
            return
        # Left by a stand-in that was killed between the start of a driver and recording it.
        if self._drivers.end(attempts.mark(run), kill=True):
            return
        try:
            launch = attempts.prepare(self._settings, self._machine, run, self._client("s3"))
        except FetchError as error:
            self._attempt_failed(db, run, "USER_ERROR", str(error))
            return
        driver = self._drivers.start(launch)
        log.info("run %s, attempt %d: driver %d", run.id, run.attempt, driver.pid)
        store.set_driver(db, run, driver.pid, driver.started, master, at=self._clock())

    # A run with a driver

    def _watch(self, db: sqlite3.Connection, run: JobRun) -> None:
        self._worker_since = self._clock()
        attempt = attempts.of(self._settings, run)
        if self._drivers.is_running(_driver(run)):
            self._deliver_logs(db, run)
            if problem := self._cluster_lost(run):
                self._drivers.end(attempts.mark(run), kill=True)
                self._attempt_failed(db, run, "CLUSTER_UNAVAILABLE", problem)
            return
        self._drivers.end(attempts.mark(run), kill=True)  # what it left behind
        code = self._drivers.exit_code(attempt)
        if code == 0:
            self._complete(db, run)
        elif code is None or code > 128:
            signal = f" by signal {code - 128}" if code else ""
            self._attempt_failed(db, run, "INTERNAL_ERROR", f"The driver was killed{signal}.")
        else:
            why = cause(attempt.stdout, attempt.stderr)
            self._attempt_failed(
                db, run, "USER_ERROR", f"The driver ended with exit code {code}: {why or 'see its log'}"
            )

    def _cluster_lost(self, run: JobRun) -> str | None:
        """Drivers whose master is gone would wait for another one for ever, as a new master does not know them."""
        try:
            master = self._cluster.master()
        except ClusterError as error:
            return str(error)
        if master is not None and master != run.master:
            return "The Spark master ended while the job ran."
        return None

    def _complete(self, db: sqlite3.Connection, run: JobRun) -> None:
        problem = self._deliver_logs(db, run, final=True)
        seconds = self._clock() - run.state_at
        told = f"JobRun completed successfully. It ran for {seconds:.0f} seconds."
        with transaction(db):
            if store.move(db, run, "COMPLETED", at=self._clock(), allowed=("RUNNING",)):
                details = shortened(f"{told} But {problem}" if problem else told)
                store.finish(db, run, "COMPLETED", at=self._clock(), details=details)

    # Ends other than the one wished for

    def _attempt_failed(self, db: sqlite3.Connection, run: JobRun, failure: str, why: str) -> None:
        """End a run, or queue it for its next attempt."""
        if run.attempt >= run.max_attempts:
            self._fail(db, run, failure, why)
            return
        attempts.write_note(attempts.of(self._settings, run), [why])
        self._deliver_logs(db, run, final=True)
        wait = min(RETRY_SECONDS * 2 ** min(run.attempt - 1, 20), LONGEST_RETRY_SECONDS)
        told = shortened(f"Attempt {run.attempt} of {run.max_attempts} failed, the next is in {wait:.0f} s. {why}")
        store.retry(db, run, at=self._clock(), not_before=self._clock() + wait, details=told)

    def _fail(self, db: sqlite3.Connection, run: JobRun, failure: str, why: str) -> None:
        log.info("run %s failed: %s", run.id, why)
        attempts.write_note(attempts.of(self._settings, run), [why])
        problem = self._deliver_logs(db, run, final=True)
        with transaction(db):
            if store.move(db, run, "FAILED", at=self._clock(), allowed=("SUBMITTED", "RUNNING")):
                details = shortened(f"{shortened(why)[:150]} But {problem}" if problem else why)
                store.finish(db, run, "FAILED", at=self._clock(), details=details, failure=failure)

    def _cancel(self, db: sqlite3.Connection, run: JobRun) -> None:
        kill = self._clock() - run.state_at > TERMINATE_SECONDS
        if (run.pid is not None or self._was_prepared(run)) and self._drivers.end(attempts.mark(run), kill=kill):
            return
        # The system shows no environment, and so no mark, for a moment after a process has been started.
        if run.pid is not None and self._drivers.is_running(_driver(run)):
            return
        told = "The job run was cancelled by the user."
        attempts.write_note(attempts.of(self._settings, run), [told])
        self._deliver_logs(db, run, final=True)
        store.finish(db, run, "CANCELLED", at=self._clock(), details=told)

    def _was_prepared(self, run: JobRun) -> bool:
        return attempts.of(self._settings, run).folder.exists()

    def _cancel_with_their_cluster(self, db: sqlite3.Connection) -> None:
        """Cancel the runs of virtual clusters that are being deleted; those without any are gone."""
        for cluster in store.list_clusters(db):
            if cluster.state != "TERMINATING":
                continue
            unfinished = [run for run in store.runs_in(db, store.UNFINISHED) if run.cluster_id == cluster.id]
            for run in unfinished:
                allowed = ("PENDING", "SUBMITTED", "RUNNING")
                store.move(db, run, "CANCEL_PENDING", at=self._clock(), allowed=allowed)
            if not unfinished:
                store.set_cluster_state(db, cluster.id, "TERMINATED")

    # What goes on beside the runs

    def _deliver_logs(self, db: sqlite3.Connection, run: JobRun, *, final: bool = False) -> str | None:
        place, now = container(run), self._clock()
        if not final and now < self._logs_at.get(place, run.state_at + LOG_SECONDS):
            return None
        self._logs_at[place] = now + LOG_SECONDS
        problem = self._logs.deliver(db, run, attempts.of(self._settings, run), final=final)
        if final:
            del self._logs_at[place]
            attempts.tidy(attempts.of(self._settings, run))
        return problem

    def _let_worker_go(self, db: sqlite3.Connection) -> None:
        if self._worker_since is None or store.runs_in(db, store.UNFINISHED):
            return
        if self._clock() - self._worker_since > IDLE_SECONDS:
            self._cluster.release()
            self._worker_since = None


def _driver(run: JobRun) -> Running:
    assert run.pid is not None
    assert run.pid_started is not None
    return Running(run.pid, run.pid_started)
