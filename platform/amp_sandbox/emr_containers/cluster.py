"""The Spark cluster as the scheduler sees it: there when runs wait, its worker gone when none do.

The services are supervisord's, which knows them and does not start them by itself (see `runtime.spark`). The master and
the history server stay up once they were needed; the worker, which takes the memory, goes.

**Left out:** more workers for more runs: one worker offers the whole machine.
"""

import http.client
import logging
import xmlrpc.client
from pathlib import Path
from typing import Protocol

from amp_sandbox import paths
from amp_sandbox.runtime import class_archive, java, spark
from amp_sandbox.runtime.health import is_healthy
from amp_sandbox.runtime.spark import HISTORY, MASTER, WORKER
from amp_sandbox.runtime.supervisord import STARTED_STATES, ProcessInfo, Supervisor
from amp_sandbox.settings import Settings

log = logging.getLogger(__name__)

_STARTABLE = ("STOPPED", "EXITED", "FATAL")
_LINES = 3


class ClusterError(Exception):
    """The cluster cannot be had; the message says why and what to do."""


class Cluster(Protocol):
    """What the scheduler needs of the cluster."""

    def ready(self) -> str | None:
        """Have the cluster up; the identity of its master when drivers can connect, None while it comes up.

        Raises `ClusterError`.
        """

    def master(self) -> str | None:
        """The identity of the master that runs now, or None."""

    def release(self) -> None:
        """Let the worker go."""


class SupervisedCluster:
    """`Cluster` as services of this sandbox's supervisord."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._services = {service.name: service for service in spark.services(settings)}
        self._java: java.Java | None = None
        self._started: set[str] = set()

    def ready(self) -> str | None:
        """Start what does not run: the master first, as the others would wait long to ask it again."""
        try:
            info = Supervisor(self._settings.home).info()
            if not self._have(info, MASTER) or not is_healthy(self._services[MASTER], timeout=1):
                return None
            up = [self._have(info, name) for name in (WORKER, HISTORY)]
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            raise ClusterError(f"The process manager does not start Spark: {error}") from None
        return _identity(info[MASTER]) if all(up) else None

    def master(self) -> str | None:
        """The master's process, as supervisord knows it; raises `ClusterError` when a service has failed for good."""
        try:
            info = Supervisor(self._settings.home).info()
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return None  # `ready` says so to the next run; this one may well end as it should
        for name in (MASTER, WORKER):
            if name in info and info[name].state == "FATAL":
                self._started.discard(name)
                raise ClusterError(self._failure(name, info[name]))
        return _identity(info[MASTER]) if MASTER in info else None

    def release(self) -> None:
        """Stop the worker."""
        try:
            supervisor = Supervisor(self._settings.home)
            info = supervisor.info().get(WORKER)
            if info is not None and info.state in (*STARTED_STATES, "BACKOFF"):
                log.info("no runs wait: the Spark worker goes")
                supervisor.stop(WORKER)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            log.warning("the Spark worker was not stopped: %s", error)
        self._started.discard(WORKER)

    def _have(self, info: dict[str, ProcessInfo], name: str) -> bool:
        """Whether a service is up; starts it, once, when it is not."""
        process = info.get(name)
        if process is None:
            raise ClusterError(f"The process manager does not know {name}. Run: sandbox down; sandbox up")
        if process.state in STARTED_STATES:
            self._started.add(name)
            return True
        if process.state not in _STARTABLE:
            return False  # on its way up or down
        if process.state == "FATAL" and name in self._started:
            self._started.discard(name)
            raise ClusterError(self._failure(name, process))
        self._provide_java()
        log.info("runs wait: %s starts", name)
        Supervisor(self._settings.home).start(name)
        self._started.add(name)
        return False

    def _provide_java(self) -> None:
        if self._java is not None and java.java_home(self._settings.home).exists():
            return
        try:
            self._java = java.provide(self._settings.home)
            class_archive.link(self._java.home, paths.state_dir(self._settings.home, WORKER) / "tmp")
        except java.NoJavaError as error:
            raise ClusterError(f"{error} {java.HOW_TO_GET_ONE}") from None

    def _failure(self, name: str, process: ProcessInfo) -> str:
        lines = _last_lines(paths.logs_dir(self._settings.home) / f"{name}.log")
        return f"{name} does not run: {process.problem or 'it ended'}. {' | '.join(lines)} (sandbox logs {name})"


def _identity(info: ProcessInfo) -> str:
    return f"{info.pid}:{info.started}"


def _last_lines(path: Path) -> list[str]:
    try:
        return [line[:200] for line in path.read_text(errors="replace").splitlines()[-_LINES:]]
    except FileNotFoundError:
        return []
