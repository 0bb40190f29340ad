"""What the commands that start, stop and look at a sandbox tell, whatever runs its services; and what they ask of it.

`Runtime` is the one interface between those commands and the two ways to run the services: `supervised`, as processes,
and `compose.manager`, as containers. Both are modules with these functions.

**Left out:** deploying and everything else that speaks to AWS's endpoint, which is the same address in both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from amp_sandbox.progress import OnProgress
from amp_sandbox.runtime import home as homes
from amp_sandbox.settings import Settings

WAITING, COMING_UP, STOPPED = "waiting", "coming up", "stopped"


@dataclass(frozen=True)
class Started:
    """What `up` did: started afresh, or found the sandbox running (and started `restarted` of its services)."""

    fresh: bool
    restarted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stopped:
    """What `down` stopped: services, and processes that it had to end itself."""

    services: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServiceStatus:
    """One service. `state` is that of supervisord or of the engine, or `stopped` when the sandbox does not run.

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
    runtime: str = ""


@dataclass(frozen=True)
class Glance:
    """What a runtime says of a sandbox without asking a service: what runs, and whether LocalStack lost its state."""

    running: frozenset[str]
    state_lost: bool


def running_status(settings: Settings, services: tuple[ServiceStatus, ...], runtime: str, *, lost: bool) -> Status:
    """Of a sandbox that runs: what its services, the record of its deployment and a loss of state add up to."""
    instance = homes.read_instance(settings.home)
    return Status(
        home=str(settings.home),
        running=True,
        healthy=all(service.healthy for service in services) and not lost,
        deployed=bool(instance and instance.deployed and not lost),
        state_lost=lost,
        leftover_processes=(),
        services=services,
        runtime=runtime,
    )


@dataclass(frozen=True)
class Line:
    """One line of a log and where it is from."""

    source: str
    text: str


class Tail(Protocol):
    """The end of a log that grows."""

    def new_lines(self) -> list[str]:
        """What was added since the last time."""


class Runtime(Protocol):
    """What runs a sandbox's services."""

    def is_running(self, home: Path) -> bool:
        """Whether anything of the sandbox in that home runs by it."""

    def require_installed(self, settings: Settings) -> None:
        """Raises SandboxError when something that a start needs is not installed."""

    def bring_up(self, settings: Settings, on_progress: OnProgress, *, keep: bool) -> Started:
        """Start what does not run, afresh if nothing does or its state is lost, and wait until all is healthy."""

    def start_airflow(self, settings: Settings, on_progress: OnProgress, *, wait: bool = True) -> None:
        """Start Airflow, and wait until it is healthy unless told not to."""

    def start_notebooks(self, settings: Settings, on_progress: OnProgress) -> None:
        """Start Jupyter, made first where it never ran, and wait until it is healthy."""

    def start_spark(self, settings: Settings, on_progress: OnProgress) -> None:
        """Have Spark there for job runs, unless it comes by itself."""

    def stop(self, settings: Settings, on_progress: OnProgress, *, clear: bool = False) -> Stopped:
        """Stop all of it; nothing when nothing runs. With `clear`, delete what it kept outside the home too."""

    def look(self, settings: Settings) -> Status:
        """Look at everything once, without waiting for anything."""

    def glance(self, settings: Settings) -> Glance | None:
        """Look at what runs, and at no service; None when nothing does, or it is being started or stopped."""

    def log_names(self, settings: Settings) -> list[str]:
        """The names of the logs."""

    def log_tail(self, settings: Settings, source: str) -> Tail:
        """What is added to a log from now on. Raises SandboxError when there is no such log."""

    def log_lines(self, settings: Settings, source: str | None, count: int, *, follow: bool) -> Iterator[Line]:
        """The last lines of a service's log, or of all; with `follow` then every new one, without end."""
