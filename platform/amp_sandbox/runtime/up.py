"""Starting: everything at once, in parallel, until every health check passes; then the template is deployed.

**Left out:** keeping state from one start to the next. LocalStack holds streams, queues and objects in
memory, so what the others remember of them (checkpoints, the ledger of what was published) would be about
things that are gone.
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
from amp_sandbox.progress import OnProgress, Step, ignore, step
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime import processes, supervisord
from amp_sandbox.runtime.down import stop
from amp_sandbox.runtime.health import is_free, is_healthy
from amp_sandbox.runtime.services import LOCALSTACK, Service, table
from amp_sandbox.settings import Settings, record_settings, recorded_settings, variable

LOG_LINES = 15
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Started:
    """What `up` did: started afresh, or found the sandbox running (and started `restarted` of its services)."""

    fresh: bool
    restarted: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Wait:
    """How waiting for one service ended. `problem` is None when it is healthy."""

    service: Service
    seconds: float
    problem: str | None = None


def up(settings: Settings, on_progress: OnProgress = ignore, *, deploy: bool = True, keep: bool = False) -> Started:
    """Bring the sandbox up and deploy the template to it.

    A fresh start begins with no state; logs of the run before are kept as `*.previous`. When the sandbox runs
    already, only services that have failed are started, and the deployment brings up to date what has
    changed. When LocalStack was restarted since (it crashed), its state is gone and so is the worth of
    everything else's: then the whole sandbox is stopped and started afresh.

    When a service does not become healthy, everything is stopped again, unless `keep`. A failed deployment
    leaves the services running, to look into and to deploy again.
    """
    services = table(settings)
    _require_environments(services)
    homes.ensure(settings.home)
    with homes.exclusive(settings.home):
        started = _bring_up(settings, services, on_progress, keep=keep)
    if deploy:
        from amp_sandbox import stack  # needs boto3, which is slow to import

        stack.deploy(settings, on_progress)
        homes.mark_deployed(settings)
    return started


def state_lost(home: Path, info: supervisord.ProcessInfo | None) -> bool:
    """Whether LocalStack is another process than the one recorded, which took its state with it."""
    recorded = homes.read_instance(home)
    return bool(recorded and info and info.started and (info.pid, info.started) != (recorded.pid, recorded.started))


def last_lines(path: Path, count: int = LOG_LINES) -> list[str]:
    """The end of a log file; nothing when there is none."""
    try:
        with path.open(errors="replace") as lines:
            return [line.rstrip("\n") for line in deque(lines, maxlen=count)]
    except FileNotFoundError:
        return []


def _bring_up(settings: Settings, services: Sequence[Service], on_progress: OnProgress, *, keep: bool) -> Started:
    if not supervisord.Supervisor(settings.home).answers():
        _start_fresh(settings, services, on_progress, keep=keep)
        return Started(fresh=True)
    _require_same_settings(settings)
    info = supervisord.Supervisor(settings.home).info()
    if info.keys() != {service.name for service in services}:
        raise SandboxError(
            "The sandbox that runs was started by another version, with other services.", hint="Run: sandbox down"
        )
    if state_lost(settings.home, info.get(LOCALSTACK)):
        with step(on_progress, "LocalStack had lost its state: start afresh"):
            stop(settings)
        _start_fresh(settings, services, on_progress, keep=keep)
        return Started(fresh=True)
    restarted = _start_failed(settings, info)
    _wait_healthy(settings, services, on_progress)
    _record_instance(settings)
    return Started(fresh=False, restarted=restarted)


def _start_fresh(settings: Settings, services: Sequence[Service], on_progress: OnProgress, *, keep: bool) -> None:
    if processes.find(settings.home):
        with step(on_progress, "stop leftover processes"):
            stop(settings)
    _require_free_ports(services)
    homes.prepare(settings.home, tuple(service.name for service in services))
    record_settings(settings)
    try:
        supervisord.start(settings, services)
        _wait_healthy(settings, services, on_progress)
        _record_instance(settings)
    except BaseException:
        if not keep:
            stop(settings)
        raise


def _require_environments(services: Sequence[Service]) -> None:
    missing = sorted({str(service.python) for service in services if not service.python.exists()})
    if missing:
        raise SandboxError(
            "The sandbox is not installed completely.", "Missing: " + ", ".join(missing), "Run: make setup"
        )


def _require_free_ports(services: Sequence[Service]) -> None:
    busy = [
        (service.name, setting, port)
        for service in services
        for setting, port in service.ports.items()
        if not is_free(port)
    ]
    if busy:
        lines = [
            f"Port {port} for {name} is held by {processes.holder_of_port(port) or 'an unknown process'}; "
            f"{setting} moves it."
            for name, setting, port in busy
        ]
        _, setting, port = busy[0]
        raise SandboxError(
            f"In use on 127.0.0.1: {', '.join(f'port {one}' for _, _, one in busy)}.",
            "\n".join(lines),
            f"Stop what holds it, or choose another port, such as: {setting}={port + 100}",
        )


def _require_same_settings(settings: Settings) -> None:
    recorded = recorded_settings(settings.home)
    now = settings.model_dump(mode="json")
    changed = [f"{variable(k)}: {v} (now {now[k]})" for k, v in recorded.items() if now.get(k) != v]
    if changed:
        raise SandboxError(
            f"The sandbox in {settings.home} runs with other settings.",
            "\n".join(changed),
            "Stop it first (sandbox down), or run a second one with its own SANDBOX_HOME and ports.",
        )


def _start_failed(settings: Settings, info: dict[str, supervisord.ProcessInfo]) -> tuple[str, ...]:
    supervisor = supervisord.Supervisor(settings.home)
    failed = tuple(name for name, process in info.items() if process.state in ("FATAL", "EXITED", "STOPPED"))
    for name in failed:
        supervisor.start(name)
    return failed


def _wait_healthy(settings: Settings, services: Sequence[Service], on_progress: OnProgress) -> None:
    """Wait for all services at once. When one fails, the others are not waited for any more."""
    cancel = threading.Event()
    for service in services:
        on_progress(Step(service.name, "started"))
    with ThreadPoolExecutor(len(services)) as pool:
        waits = [pool.submit(_wait_for, settings.home, service, cancel) for service in services]
        try:
            for future in as_completed(waits):
                wait = future.result()
                if wait.problem is None:
                    on_progress(Step(wait.service.name, "done", wait.seconds, wait.service.url))
                elif not cancel.is_set():
                    cancel.set()
                    on_progress(Step(wait.service.name, "failed", wait.seconds, wait.problem))
                    raise _failure(settings.home, wait)
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


def _record_instance(settings: Settings) -> None:
    process = supervisord.Supervisor(settings.home).info().get(LOCALSTACK)
    recorded = homes.read_instance(settings.home)
    if process and (recorded is None or (recorded.pid, recorded.started) != (process.pid, process.started)):
        homes.write_instance(settings.home, homes.Instance(process.pid, process.started))
