"""Which runtime a sandbox has: the one it runs with, else what its settings and the machine say.

**Left out:** both at once in one home.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime import supervised
from amp_sandbox.runtime.compose import engine, images, manager
from amp_sandbox.runtime.facts import Runtime
from amp_sandbox.settings import AUTO, COMPOSE, PROCESS, Settings, recorded_settings, variable

log = logging.getLogger(__name__)

RUNTIMES: dict[str, Runtime] = {PROCESS: supervised, COMPOSE: manager}
THINGS = {PROCESS: "processes", COMPOSE: "containers"}
"""What the services are in each."""


@dataclass(frozen=True)
class Choice:
    """A runtime by name, and why it is that one."""

    name: str
    why: str


def choose(settings: Settings) -> Choice:
    """What `up` uses. Raises SandboxError when it cannot be had, or when the sandbox runs with the other one."""
    runs = [name for name, one in RUNTIMES.items() if one in running(settings.home)]
    if runs:
        if settings.runtime not in (AUTO, runs[0]):
            raise SandboxError(
                f"The sandbox in {settings.home} runs as {THINGS[runs[0]]}.",
                f"{variable('runtime')} asks for {THINGS[settings.runtime]}.",
                "Stop it first: sandbox down",
            )
        return Choice(runs[0], "it runs so")
    if settings.runtime == PROCESS:
        return Choice(PROCESS, f"{variable('runtime')} says so")
    problem = engine.problem() if paths.IS_CHECKOUT else "images are built from a checkout, and this is a package"
    if settings.runtime == COMPOSE:
        if problem:
            raise SandboxError(
                "The sandbox cannot run in containers.",
                f"{problem[0].upper()}{problem[1:]}.",
                f"Start Docker, or run it as processes: {variable('runtime')}=process",
            )
        return Choice(COMPOSE, f"{variable('runtime')} says so{_first_start()}")
    return Choice(PROCESS, problem) if problem else Choice(COMPOSE, f"a Docker engine answers{_first_start()}")


def settled(settings: Settings, choice: Choice) -> Settings:
    """The settings with the runtime that was chosen."""
    return settings.model_copy(update={"runtime": choice.name})


def of(settings: Settings) -> Runtime:
    """The runtime that a sandbox runs with; of one that does not run, the one that it has most likely run with."""
    if settings.runtime != AUTO:
        return RUNTIMES[settings.runtime]
    return next(iter(running(settings.home)), supervised)


def running(home: Path) -> list[Runtime]:
    """The runtimes that have something running in a home. Asked of all, as a record may be gone."""
    return [one for one in RUNTIMES.values() if one.is_running(home)]


def is_recorded_running(home: Path) -> bool:
    """Whether the sandbox that is recorded in a home runs."""
    recorded = RUNTIMES.get(recorded_settings(home).get("runtime", AUTO))
    return recorded.is_running(home) if recorded else bool(running(home))


def _first_start() -> str:
    """What to expect where the images are not there yet."""
    if not images.missing((images.CORE, images.SPARK), images.tag()):
        return ""
    return f"; images are built first, which takes minutes ({variable('runtime')}=process does without)"
