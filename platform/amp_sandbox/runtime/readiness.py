"""Waiting until services are healthy, all at once; and what a service that fails has to say.

**Left out:** start order. Each service waits for what it needs.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

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


def wait_healthy(home: Path, services: Sequence[Service], on_progress: OnProgress) -> None:
    """Wait for all services at once. When one fails, the others are not waited for any more."""
    cancel = threading.Event()
    for service in services:
        on_progress(Step(service.name, "started"))
    with ThreadPoolExecutor(len(services)) as pool:
        waits = [pool.submit(_wait_for, home, service, cancel) for service in services]
        try:
            for future in as_completed(waits):
                wait = future.result()
                if wait.problem is None:
                    on_progress(Step(wait.service.name, "done", wait.seconds, wait.service.url))
                elif not cancel.is_set():
                    cancel.set()
                    on_progress(Step(wait.service.name, "failed", wait.seconds, wait.problem))
                    raise _failure(home, wait)
        finally:
            cancel.set()


def _wait_for(home: Path, service: Service, cancel: threading.Event) -> _Wait:
    supervisor = supervisord.Supervisor(home)
    started = time.monotonic()
    wait = _Wait(service, 0.0, f"not healthy within {service.ready_seconds:.0f} s")
    while (elapsed := time.monotonic() - started) < service.ready_seconds and not cancel.is_set():
        try:
            process = supervisor.info()[service.name]
        except OSError as error:
            return replace(wait, seconds=elapsed, problem=f"supervisord does not answer ({error})")
        if process.state in supervisord.FAILED_STATES:
            return replace(wait, seconds=elapsed, problem=process.problem or "it ended while starting")
        if is_healthy(service):
            return replace(wait, seconds=time.monotonic() - started, problem=None)
        cancel.wait(POLL_SECONDS)
    return replace(wait, seconds=time.monotonic() - started)


def _failure(home: Path, wait: _Wait) -> SandboxError:
    log_file = paths.logs_dir(home) / f"{wait.service.name}.log"
    lines = last_lines(log_file)
    told = "\n".join([f"Last lines of {log_file}:", *(f"  {line}" for line in lines)]) if lines else None
    return SandboxError(
        f"{wait.service.name} did not start: {wait.problem}.",
        told or f"It wrote nothing into {log_file}.",
        f"See: sandbox logs {wait.service.name}",
    )


def last_lines(path: Path, count: int = LOG_LINES) -> list[str]:
    """The end of a log file; nothing when there is none."""
    try:
        with path.open(errors="replace") as lines:
            return [line.rstrip("\n") for line in deque(lines, maxlen=count)]
    except FileNotFoundError:
        return []
