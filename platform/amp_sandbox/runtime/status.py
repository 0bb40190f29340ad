"""What runs and how it is, asked anew each time: supervisord, the health checks and the operating system.

**Left out:** asking CloudFormation whether the stack exists, which would start that service only to be asked;
deployments are recorded when they are made.
"""

import http.client
import time
import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime import processes, supervisord
from amp_sandbox.runtime.health import is_healthy
from amp_sandbox.runtime.readiness import last_lines
from amp_sandbox.runtime.service import Service
from amp_sandbox.runtime.services import LOCALSTACK, table
from amp_sandbox.runtime.up import state_lost
from amp_sandbox.settings import Settings

WAITING, COMING_UP = "waiting", "coming up"


@dataclass(frozen=True)
class ServiceStatus:
    """One service. `state` is supervisord's, in lower case, or `stopped` when the sandbox does not run.

    An on-demand service that nobody needs is `waiting`, and one that was just started is `coming up`; both are as
    healthy as they should be.
    """

    name: str
    state: str
    healthy: bool
    pid: int | None
    port: int
    url: str
    uptime_seconds: int | None
    memory_bytes: int
    restarts: int
    last_log_lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Status:
    """The sandbox. `healthy` is true only when every service is, and LocalStack still has its state."""

    home: str
    running: bool
    healthy: bool
    deployed: bool
    state_lost: bool
    leftover_processes: tuple[str, ...]
    services: tuple[ServiceStatus, ...]


def status(settings: Settings) -> Status:
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
    lost = state_lost(settings.home, info.get(LOCALSTACK))
    instance = homes.read_instance(settings.home)
    return Status(
        home=str(settings.home),
        running=True,
        healthy=all(state.healthy for state in states) and not lost,
        deployed=bool(instance and instance.deployed and not lost),
        state_lost=lost,
        leftover_processes=(),
        services=states,
    )


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
    states = tuple(ServiceStatus(s.name, "stopped", False, None, s.port, s.url, None, 0, 0) for s in services)
    return Status(str(settings.home), False, False, False, False, leftovers, states)


def _log(settings: Settings, service: Service) -> Path:
    return paths.logs_dir(settings.home) / f"{service.name}.log"
