"""Waiting until services are healthy, all at once; and what a service that fails has to say.

**Left out:** start order. Each service waits for what it needs.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from amp_sandbox import paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import OnProgress, Step
from amp_sandbox.runtime import supervisord
from amp_sandbox.runtime.health import is_healthy
from amp_sandbox.runtime.service import Service

LOG_LINES = 15
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class _Wait:
    """How waiting for one service ended. `problem` is None when it is healthy."""

    service: Service
    seconds: float
    problem: str | None = None


class Watch(Protocol):
    """What runs services, as far as waiting needs it. Each thread that waits has one of its own."""

    def problem(self, service: Service) -> str | None:
        """Why a service will not become healthy any more; None while it may."""

    def last_words(self, service: Service) -> str:
        """What a service that failed has written last."""


class SupervisedWatch:
    """`Watch` on supervisord's processes."""

    def __init__(self, home: Path) -> None:
        self._home, self._supervisor = home, supervisord.Supervisor(home)

    def problem(self, service: Service) -> str | None:
        """What supervisord says."""
        try:
            process = self._supervisor.info()[service.name]
        except OSError as error:
            return f"supervisord does not answer ({error})"
        if process.state in supervisord.FAILED_STATES:
            return process.problem or "it ended while starting"
        return None

    def last_words(self, service: Service) -> str:
        """The end of its log file."""
        log_file = paths.logs_dir(self._home) / f"{service.name}.log"
        lines = last_lines(log_file)
        if not lines:
            return f"It wrote nothing into {log_file}."
        return "\n".join([f"Last lines of {log_file}:", *(f"  {line}" for line in lines)])


def wait_healthy(
    home: Path,
    services: Sequence[Service],
    on_progress: OnProgress,
    watch: Callable[[], Watch] | None = None,
) -> None:
    """Wait for all services at once. When one fails, the others are not waited for any more."""
    make = watch or partial(SupervisedWatch, home)
    cancel = threading.Event()
    for service in services:
        on_progress(Step(service.name, "started"))
    with ThreadPoolExecutor(len(services)) as pool:
        waits = [pool.submit(_wait_for, make(), service, cancel) for service in services]
        try:
            for future in as_completed(waits):
                wait = future.result()
                if wait.problem is None:
                    on_progress(Step(wait.service.name, "done", wait.seconds, wait.service.url))
                elif not cancel.is_set():
                    cancel.set()
                    on_progress(Step(wait.service.name, "failed", wait.seconds, wait.problem))
                    raise _failure(make(), wait)
        finally:
            cancel.set()


def _wait_for(watch: Watch, service: Service, cancel: threading.Event) -> _Wait:
    started = time.monotonic()
    wait = _Wait(service, 0.0, f"not healthy within {service.ready_seconds:.0f} s")
    while (elapsed := time.monotonic() - started) < service.ready_seconds and not cancel.is_set():
        if problem := watch.problem(service):
            return replace(wait, seconds=elapsed, problem=problem)
        if is_healthy(service):
            return replace(wait, seconds=time.monotonic() - started, problem=None)
        cancel.wait(POLL_SECONDS)
    return replace(wait, seconds=time.monotonic() - started)


def _failure(watch: Watch, wait: _Wait) -> SandboxError:
    return SandboxError(
        f"{wait.service.name} did not start: {wait.problem}.",
        watch.last_words(wait.service),
        f"See: sandbox logs {wait.service.name}",
    )


def last_lines(path: Path, count: int = LOG_LINES) -> list[str]:
    """The end of a log file; nothing when there is none."""
    try:
        with path.open(errors="replace") as lines:
            return [line.rstrip("\n") for line in deque(lines, maxlen=count)]
    except FileNotFoundError:
        return []
