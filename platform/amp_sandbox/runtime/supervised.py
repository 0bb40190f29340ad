"""The process runtime: the services as processes of this machine, with supervisord as the process manager.

Services that are started on demand are made known to supervisord, and wait. Stopping is graceful first; then whatever
is left is ended, so that no process of the sandbox remains.

**Left out:** handing over work in progress. Stand-ins keep what is undelivered in their stores, but the next start is
from nothing, as LocalStack keeps its state in memory.
"""

import http.client
import logging
import os
import time
import xmlrpc.client
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from amp_sandbox import environments, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import OnProgress, ignore, step
from amp_sandbox.runtime import airflow, jupyter, log_files, processes, spark, supervisord
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime.facts import (
    COMING_UP,
    STOPPED,
    WAITING,
    Glance,
    Line,
    ServiceStatus,
    Started,
    Status,
    Stopped,
    running_status,
)
from amp_sandbox.runtime.health import is_healthy
from amp_sandbox.runtime.ports import require_free_ports, require_same_settings
from amp_sandbox.runtime.readiness import last_lines, wait_healthy
from amp_sandbox.runtime.service import Service
from amp_sandbox.runtime.services import CONSOLE, LOCALSTACK, table
from amp_sandbox.settings import PROCESS, Settings, record_settings

log = logging.getLogger(__name__)

SUPERVISORD_SECONDS = 5
GLANCE_SECONDS = 2.0


def is_running(home: Path) -> bool:
    """Whether there is any process of the sandbox. A console by itself is that of one in containers."""
    return any(processes.label(process) != CONSOLE for process in processes.find(home))


def require_installed(settings: Settings) -> None:
    """Every service has a Python environment, but for Jupyter's, which is made when somebody asks for it."""
    _require_environments([service for service in table(settings) if service.profile != jupyter.PROFILE])


def bring_up(settings: Settings, on_progress: OnProgress, *, keep: bool) -> Started:
    """Start what has failed, or all afresh. When LocalStack is another process, its state is gone: then afresh too."""
    services = table(settings)
    if not supervisord.Supervisor(settings.home).answers():
        _start_fresh(settings, services, on_progress, keep=keep)
        return Started(fresh=True)
    require_same_settings(settings)
    info = supervisord.Supervisor(settings.home).info()
    if info.keys() != {service.name for service in services}:
        raise SandboxError(
            "The sandbox that runs was started by another version, with other services.", hint="Run: sandbox down"
        )
    if state_lost(settings.home, info.get(LOCALSTACK)):
        with step(on_progress, "LocalStack had lost its state: start afresh"):
            stop(settings, ignore)
        _start_fresh(settings, services, on_progress, keep=keep)
        return Started(fresh=True)
    restarted = _start_failed(settings, info, on_demand={service.name for service in services if service.on_demand})
    wait_healthy(settings.home, _always(services), on_progress)
    _record_instance(settings)
    return Started(fresh=False, restarted=restarted)


def start_airflow(settings: Settings, on_progress: OnProgress, *, wait: bool = True) -> None:
    """Start what of Airflow does not run."""
    if wait:
        airflow.start(settings, on_progress)
    else:
        airflow.begin(settings)


def start_notebooks(settings: Settings, on_progress: OnProgress) -> None:
    """Start Jupyter if it does not run, once its environment is made."""
    environments.setup(on_progress, notebooks=True)
    jupyter.prepare(settings)
    services = jupyter.services(settings)
    supervisord.Supervisor(settings.home).start_stopped(service.name for service in services)
    wait_healthy(settings.home, services, on_progress)


def start_spark(settings: Settings, on_progress: OnProgress) -> None:
    """Nothing: the EMR stand-in has supervisord start it."""


def log_lines(settings: Settings, source: str | None, count: int, *, follow: bool) -> Iterator[Line]:
    """From the files that supervisord writes. Its own tells of starts and stops; who wants it names it."""
    shown = log_files.known(source, log_names(settings), hidden=(supervisord.NAME,))
    return log_files.lines(log_files.files(settings.home, shown), count, follow=follow)


def log_names(settings: Settings) -> list[str]:
    """The services', and supervisord's."""
    return [*(service.name for service in table(settings)), supervisord.NAME]


def log_tail(settings: Settings, source: str) -> log_files.Tail:
    """Of the file."""
    [name] = log_files.known(source, log_names(settings))
    return log_files.Tail(log_files.files(settings.home, [name])[name])


def glance(settings: Settings) -> Glance | None:
    """What supervisord says."""
    try:
        info = supervisord.Supervisor(settings.home, GLANCE_SECONDS).info()
    except (OSError, http.client.HTTPException, xmlrpc.client.Error):
        return None
    running = frozenset(name for name, one in info.items() if one.state in supervisord.STARTED_STATES)
    return Glance(running, state_lost(settings.home, info.get(LOCALSTACK)))


def stop(settings: Settings, on_progress: OnProgress, *, clear: bool = False) -> Stopped:
    """Stop the services gracefully, then whatever is left; safe when supervisord was killed.

    All that they keep is in the home, so there is nothing more to clear.
    """
    services: tuple[str, ...] = ()
    supervisor = supervisord.Supervisor(settings.home)
    if supervisor.answers():
        with step(on_progress, "stop services"):
            services = _shut_down(settings, supervisor)
    leftovers: list[str] = []
    if processes.find(settings.home):
        with step(on_progress, "stop leftover processes") as detail:
            leftovers = _end_leftovers(settings.home)
            detail.extend(leftovers)
    supervisord.socket_path(settings.home).unlink(missing_ok=True)
    return Stopped(services, tuple(leftovers))


def look(settings: Settings) -> Status:
    """Look at everything once, without waiting for anything."""
    services = table(settings)
    try:
        info = supervisord.Supervisor(settings.home).info()
    except (OSError, http.client.HTTPException, xmlrpc.client.Error):
        return _stopped(settings, services)
    starts = supervisord.starts(settings.home)
    with ThreadPoolExecutor(len(services)) as pool:
        health = list(pool.map(is_healthy, services))
    states = tuple(
        _service_status(settings, service, info.get(service.name), starts.get(service.name, 0), healthy)
        for service, healthy in zip(services, health, strict=True)
    )
    return running_status(settings, states, PROCESS, lost=state_lost(settings.home, info.get(LOCALSTACK)))


def state_lost(home: Path, info: supervisord.ProcessInfo | None) -> bool:
    """Whether LocalStack is another process than the one recorded, which took its state with it."""
    recorded = homes.read_instance(home)
    return bool(recorded and info and info.started and (info.pid, info.started) != (recorded.pid, recorded.started))


def _start_fresh(settings: Settings, services: Sequence[Service], on_progress: OnProgress, *, keep: bool) -> None:
    if processes.find(settings.home):
        with step(on_progress, "stop leftover processes"):
            stop(settings, ignore)
    require_free_ports(services)
    homes.prepare(settings.home, tuple(service.name for service in services))
    spark.prepare(settings, os.environ)
    airflow.prepare(settings)
    record_settings(settings)
    try:
        supervisord.start(settings, services)
        wait_healthy(settings.home, _always(services), on_progress)
        _record_instance(settings)
    except BaseException:
        if not keep:
            stop(settings, ignore)
            homes.forget_run(settings.home)
        raise


def _always(services: Sequence[Service]) -> list[Service]:
    return [service for service in services if not service.on_demand]


def _require_environments(services: Sequence[Service]) -> None:
    missing = environments.missing([service.python for service in services])
    if missing:
        raise SandboxError(
            "The sandbox is not installed completely.", "Missing: " + ", ".join(missing), f"Run: {paths.SETUP_COMMAND}"
        )


def _start_failed(settings: Settings, info: dict[str, supervisord.ProcessInfo], on_demand: set[str]) -> tuple[str, ...]:
    """Start what has failed; what is started on demand is left to those who need it."""
    supervisor = supervisord.Supervisor(settings.home)
    failed = tuple(
        name
        for name, process in info.items()
        if process.state in ("FATAL", "EXITED", "STOPPED") and name not in on_demand
    )
    for name in failed:
        supervisor.start(name)
    return failed


def _record_instance(settings: Settings) -> None:
    process = supervisord.Supervisor(settings.home).info().get(LOCALSTACK)
    recorded = homes.read_instance(settings.home)
    if process and (recorded is None or (recorded.pid, recorded.started) != (process.pid, process.started)):
        homes.write_instance(settings.home, homes.Instance(process.pid, process.started))


def _shut_down(settings: Settings, supervisor: supervisord.Supervisor) -> tuple[str, ...]:
    """Have supervisord stop everything; answers the names of what was running."""
    names = tuple(info.name for info in supervisor.info().values() if info.pid)
    # Those on demand need the others and not each other, and supervisord would stop one after the other.
    for service in table(settings):
        if service.on_demand and service.name in names:
            supervisor.stop(service.name)
    supervisor.shutdown()
    # Functions' processes are not waited for: they may outlive LocalStack, and are leftovers then.
    supervised = [p for p in processes.find(settings.home) if processes.label(p) in (*names, supervisord.NAME)]
    patience = sum(service.stop_seconds for service in table(settings)) + SUPERVISORD_SECONDS
    # Asked something, supervisord wakes up; left alone it looks only once a second at what has ended.
    if not processes.wait_gone(supervised, patience, wake=supervisor.answers):
        log.warning("supervisord did not stop everything within %s s", patience)
    return names


def _end_leftovers(home: Path) -> list[str]:
    try:
        return processes.end_all(home)
    except RuntimeError as error:
        raise SandboxError("Some processes of the sandbox cannot be ended.", str(error)) from None


def _service_status(
    settings: Settings, service: Service, info: supervisord.ProcessInfo | None, starts: int, healthy: bool
) -> ServiceStatus:
    runs = bool(info and info.pid)
    state = info.state.lower() if info else "unknown"
    failed = state.upper() in supervisord.FAILED_STATES
    if service.on_demand and state.upper() == supervisord.WAITING_STATE:
        state = WAITING
    uptime = max(0, int(time.time()) - info.started) if info and runs else None
    # Nobody waited for an on-demand service when it was started, so it may be looked at while it comes up.
    if service.on_demand and not healthy and uptime is not None and uptime < service.ready_seconds:
        state = COMING_UP
    well = state == WAITING or (runs and (healthy or state == COMING_UP))
    return ServiceStatus(
        name=service.name,
        state=state,
        healthy=well,
        pid=info.pid if info and runs else None,
        port=service.port,
        url=service.url,
        uptime_seconds=uptime,
        memory_bytes=processes.memory(info.pid) if info and runs else 0,
        restarts=max(0, starts - 1),
        last_log_lines=tuple(last_lines(_log(settings, service))) if failed else (),
    )


def _stopped(settings: Settings, services: tuple[Service, ...]) -> Status:
    leftovers = tuple(f"{processes.label(p)} ({p.pid})" for p in processes.find(settings.home))
    states = tuple(ServiceStatus(s.name, STOPPED, False, None, s.port, s.url, None, 0, 0) for s in services)
    return Status(str(settings.home), False, False, False, False, leftovers, states, PROCESS)


def _log(settings: Settings, service: Service) -> Path:
    return paths.logs_dir(settings.home) / f"{service.name}.log"
