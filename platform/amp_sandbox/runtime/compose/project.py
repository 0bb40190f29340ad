"""The Compose project of a home: its name, calls of `docker compose` on it, and its containers as the engine has them.

What is asked goes to the engine itself, whose answers are the same in all versions of Compose.

**Left out:** projects that another tool made from the same file; a home has its own name.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from amp_sandbox import paths
from amp_sandbox.environments import NOTEBOOKS
from amp_sandbox.runtime import processes
from amp_sandbox.runtime.compose import engine, notebooks
from amp_sandbox.settings import COMPOSE, Settings, variable

FILE = paths.REPOSITORY / "docker-compose.yml"
NETWORK = "network"
"""The container whose network all have, and which prepares the home."""

HOME = Path("/var/lib/amp-sandbox")
"""The home in the containers."""

TAG_VARIABLE = "AMP_SANDBOX_IMAGES"
EVERYTHING = "everything"
PAUSED = "paused"
_LABEL = "com.docker.compose"
_UNITS = {"B": 1, "kB": 1000, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "MB": 10**6, "GB": 10**9}


@dataclass(frozen=True)
class Container:
    """One container. `started` is the second of its last start; `pid` is the engine's, 0 when it does not run."""

    service: str
    id: str
    state: str
    pid: int
    started: float
    exit_code: int
    restarts: int
    image: str

    @property
    def runs(self) -> bool:
        """Whether its process is at work."""
        return self.state == "running"

    @property
    def lives(self) -> bool:
        """Whether it holds a state that a fresh start would destroy; a paused one does, and one that is restarted."""
        return self.state in ("running", PAUSED, "restarting")


def name(home: Path) -> str:
    """The project of the sandbox in that home."""
    return f"amp-sandbox-{hashlib.sha256(os.fsencode(home)).hexdigest()[:8]}"


def compose(settings: Settings, *arguments: str, tag: str = "", profile: str = EVERYTHING, timeout: float = 300) -> str:
    """Run `docker compose` on the project. Raises EngineError."""
    return engine.run(*command(settings, profile), *arguments, timeout=timeout, environment=variables(settings, tag))


def command(settings: Settings, profile: str = EVERYTHING) -> tuple[str, ...]:
    """How a `docker compose` on the project begins."""
    where = ("--project-name", name(settings.home), "--file", str(FILE), "--project-directory", str(paths.REPOSITORY))
    return ("compose", "--ansi", "never", *where, "--profile", profile)


def variables(settings: Settings, tag: str) -> dict[str, str]:
    """What `docker-compose.yml` asks the environment for."""
    given = settings.model_copy(update={"runtime": COMPOSE}).model_dump(mode="json", exclude={"home"})
    return {variable(field): str(value) for field, value in given.items()} | {
        TAG_VARIABLE: tag or "latest",
        "AMP_SANDBOX_NOTEBOOKS_FOLDER": str(paths.state_dir(settings.home, NOTEBOOKS)),
        "AMP_SANDBOX_NOTEBOOKS_USER": notebooks.user(),
    }


def containers(home: Path) -> dict[str, Container]:
    """The containers of the sandbox in that home, running or not, by service."""
    ids = engine.run("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={_LABEL}.project={name(home)}").split()
    if not ids:
        return {}
    try:
        told = engine.run("inspect", "--type", "container", *ids)
    except engine.EngineError as error:
        if "No such container" in (error.why or ""):  # gone in between
            return containers(home)
        raise
    found = [_container(one) for one in json.loads(told)]
    return {container.service: container for container in found}


def volumes(home: Path) -> list[str]:
    """The volumes of the sandbox in that home."""
    return engine.run("volume", "ls", "--quiet", "--filter", f"label={_LABEL}.project={name(home)}").split()


def memory(running: list[Container]) -> dict[str, int]:
    """The bytes of memory that containers use, by service."""
    if not running:
        return {}
    if all(_is_of_this_machine(container) for container in running):
        return {container.service: processes.memory(container.pid) for container in running}
    ids = {container.id: container.service for container in running}
    told = engine.run("stats", "--no-stream", "--no-trunc", "--format", "{{.ID}} {{.MemUsage}}", *ids)
    lines = (line.split() for line in told.splitlines())
    return {ids[line[0]]: _bytes(line[1]) for line in lines if len(line) > 1 and line[0] in ids}


def copy_out(container: Container, inside: Path, outside: Path) -> None:
    """Copy a file out of a container. Raises EngineError."""
    outside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine.run("cp", f"{container.id}:{inside}", str(outside))


def _container(told: dict[str, Any]) -> Container:
    state = told["State"]
    return Container(
        service=told["Config"]["Labels"][f"{_LABEL}.service"],
        id=told["Id"],
        state=state["Status"],
        pid=state["Pid"],
        # Nanoseconds are more than Python reads.
        started=datetime.fromisoformat(state["StartedAt"][:19] + "+00:00").timestamp(),
        exit_code=state["ExitCode"],
        restarts=told["RestartCount"],
        image=told["Config"]["Image"],
    )


def _is_of_this_machine(container: Container) -> bool:
    """Whether the engine's process ids are this machine's too, which they are not where it runs in a virtual one."""
    try:
        return container.id in Path("/proc", str(container.pid), "cgroup").read_text()
    except OSError:
        return False


def _bytes(text: str) -> int:
    number = text.rstrip("BkKMGi")
    return int(float(number) * _UNITS.get(text[len(number) :], 1))
