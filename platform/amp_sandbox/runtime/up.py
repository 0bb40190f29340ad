"""Starting: everything at once, in parallel, until every health check passes; then the template is deployed.

Services that are started on demand are made known to supervisord, and wait; those of a profile that is asked for are
started when the template is deployed.

**Left out:** keeping state from one start to the next. LocalStack holds streams, queues and objects in
memory, so what the others remember of them (checkpoints, the ledger of what was published) would be about
things that are gone.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from amp_sandbox import environments, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import OnProgress, ignore, step
from amp_sandbox.runtime import airflow, processes, spark, supervisord
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime.down import stop
from amp_sandbox.runtime.health import is_free
from amp_sandbox.runtime.readiness import wait_healthy
from amp_sandbox.runtime.service import Service
from amp_sandbox.runtime.services import LOCALSTACK, table
from amp_sandbox.settings import Settings, record_settings, recorded_settings, variable


@dataclass(frozen=True)
class Started:
    """What `up` did: started afresh, or found the sandbox running (and started `restarted` of its services)."""

    fresh: bool
    restarted: tuple[str, ...] = ()


def up(
    settings: Settings,
    on_progress: OnProgress = ignore,
    *,
    deploy: bool = True,
    keep: bool = False,
    profile: str | None = None,
) -> Started:
    """Bring the sandbox up and deploy the template to it.

    A fresh start begins with no state; logs of the run before are kept as `*.previous`. When the sandbox runs
    already, only services that have failed are started, and the deployment brings up to date what has
    changed. When LocalStack was restarted since (it crashed), its state is gone and so is the worth of
    everything else's: then the whole sandbox is stopped and started afresh.

    With the `profile` that Airflow belongs to, it is started too, after the deployment that says what it runs.

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
    if profile == airflow.PROFILE:
        airflow.start(settings, on_progress)
    return started


def state_lost(home: Path, info: supervisord.ProcessInfo | None) -> bool:
    """Whether LocalStack is another process than the one recorded, which took its state with it."""
    recorded = homes.read_instance(home)
    return bool(recorded and info and info.started and (info.pid, info.started) != (recorded.pid, recorded.started))


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
    restarted = _start_failed(settings, info, on_demand={service.name for service in services if service.on_demand})
    wait_healthy(settings.home, _always(services), on_progress)
    _record_instance(settings)
    return Started(fresh=False, restarted=restarted)


def _start_fresh(settings: Settings, services: Sequence[Service], on_progress: OnProgress, *, keep: bool) -> None:
    if processes.find(settings.home):
        with step(on_progress, "stop leftover processes"):
            stop(settings)
    _require_free_ports(services)
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
            stop(settings)
        raise


def _always(services: Sequence[Service]) -> list[Service]:
    return [service for service in services if not service.on_demand]


def _require_environments(services: Sequence[Service]) -> None:
    missing = environments.missing([service.python for service in services])
    if missing:
        raise SandboxError(
            "The sandbox is not installed completely.", "Missing: " + ", ".join(missing), f"Run: {paths.SETUP_COMMAND}"
        )


def _require_free_ports(services: Sequence[Service]) -> None:
    listen = [s for s in services if s.health_member is None]
    ports = [(s.name, *port) for s in listen for port in ((s.port, s.port_setting), *s.other_ports)]
    busy = [(name, port, setting) for name, port, setting in ports if not is_free(port)]
    if busy:
        lines = [
            f"Port {port} for {name} is held by {processes.holder_of_port(port) or 'an unknown process'}; "
            f"{setting} moves it."
            for name, port, setting in busy
        ]
        _, port, setting = busy[0]
        raise SandboxError(
            f"In use on 127.0.0.1: {', '.join(f'port {port}' for _, port, _ in busy)}.",
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
