"""Stopping: the services gracefully, then whatever is left, so that no process of the sandbox remains.

**Left out:** handing over work in progress. Stand-ins keep what is undelivered in their stores, but the next
`up` starts from nothing, as LocalStack keeps its state in memory.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import OnProgress, ignore, step
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime import processes
from amp_sandbox.runtime.services import table
from amp_sandbox.runtime.supervisord import NAME as SUPERVISORD
from amp_sandbox.runtime.supervisord import Supervisor, socket_path
from amp_sandbox.settings import Settings

log = logging.getLogger(__name__)

SUPERVISORD_SECONDS = 5


@dataclass(frozen=True)
class Stopped:
    """What `down` stopped: services by supervisord, and processes that it had to end itself."""

    services: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()


def down(settings: Settings, on_progress: OnProgress = ignore) -> Stopped:
    """Stop the sandbox in this home. Safe when it is stopped already, and when supervisord was killed.

    Its processes are found and ended even when the home was deleted under them.
    """
    if not (settings.home / homes.TAG).is_file():
        return stop(settings, on_progress)  # nothing there to hold
    with homes.exclusive(settings.home):
        return stop(settings, on_progress)


def stop(settings: Settings, on_progress: OnProgress = ignore) -> Stopped:
    """`down` for callers that hold the home."""
    services: tuple[str, ...] = ()
    supervisor = Supervisor(settings.home)
    if supervisor.answers():
        with step(on_progress, "stop services"):
            services = _shut_down(settings, supervisor)
    leftovers: list[str] = []
    if processes.find(settings.home):
        with step(on_progress, "stop leftover processes") as detail:
            leftovers = _end_leftovers(settings.home)
            detail.extend(leftovers)
    socket_path(settings.home).unlink(missing_ok=True)
    homes.forget_run(settings.home)
    return Stopped(services, tuple(leftovers))


def _shut_down(settings: Settings, supervisor: Supervisor) -> tuple[str, ...]:
    """Have supervisord stop everything; answers the names of what was running."""
    names = tuple(info.name for info in supervisor.info().values() if info.pid)
    # Those on demand need the others and not each other, and supervisord would stop one after the other.
    for service in table(settings):
        if service.on_demand and service.name in names:
            supervisor.stop(service.name)
    supervisor.shutdown()
    # Functions' processes are not waited for: they may outlive LocalStack, and are leftovers then.
    supervised = [p for p in processes.find(settings.home) if processes.label(p) in (*names, SUPERVISORD)]
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
