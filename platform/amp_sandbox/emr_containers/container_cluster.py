"""The Spark cluster where its processes are containers, which nobody in a container can start.

Its master, worker and history server are a profile of Compose. They are looked at, and when they are not there a job
run fails and says how to have them. Executors come with a run and go with it, as in the process runtime.

**Left out:** letting the worker go when nothing waits: it is as little as an idle JVM.
"""

import time
from collections.abc import Callable

from amp_sandbox.emr_containers.cluster import ClusterError
from amp_sandbox.runtime import spark
from amp_sandbox.runtime.health import is_healthy
from amp_sandbox.runtime.spark import MASTER, WORKER
from amp_sandbox.settings import Settings

_PATIENCE_SECONDS = 60
"""How long a container may take to start, or to start again."""

_ADVICE = "Start it with: sandbox up --profile batch (or docker compose --profile batch up)"


class ContainerCluster:
    """`Cluster` as containers that run or do not."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._services = {service.name: service for service in spark.services(settings)}
        self._missing_since: float | None = None

    def ready(self) -> str | None:
        """Look whether master and worker answer; they get a minute, if they were ever started."""
        mark = spark.started_mark(self._settings.home)
        if mark is None:
            raise ClusterError(f"Spark does not run. {_ADVICE}")
        unwell = [name for name in (MASTER, WORKER) if not is_healthy(self._services[name], timeout=1)]
        if not unwell:
            self._missing_since = None
            return mark
        now = self._clock()
        self._missing_since = now if self._missing_since is None else self._missing_since
        if now - self._missing_since > _PATIENCE_SECONDS:
            self._missing_since = None
            raise ClusterError(f"{' and '.join(unwell)} does not answer. {_ADVICE}")
        return None

    def master(self) -> str | None:
        """The mark of the master that was started last."""
        return spark.started_mark(self._settings.home)

    def release(self) -> None:
        """Nothing: the containers stay."""
