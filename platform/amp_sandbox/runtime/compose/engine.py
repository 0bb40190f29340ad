"""The `docker` command: whether it can be used, and calling it.

**Left out:** Docker's API over its socket. The command knows contexts, Docker Desktop and remote engines; a client of
ours would have to.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from amp_sandbox.errors import SandboxError

PROGRAM = "docker"
OLDEST_COMPOSE = 2
_ASK_SECONDS = 15  # an engine that is only starting answers late, and one that hangs never
_LINES = 15


class EngineError(SandboxError):
    """A `docker` command failed; `why` is what it said."""


def problem() -> str | None:
    """Why containers cannot be used here; None when they can."""
    if shutil.which(PROGRAM) is None:
        return "there is no `docker` command"
    try:
        run("version", "--format", "{{.Server.Version}}", timeout=_ASK_SECONDS)
    except EngineError:
        return "no Docker engine answers"
    try:
        found = run("compose", "version", "--short", timeout=_ASK_SECONDS).strip()
    except EngineError:
        return "Docker has no Compose"
    version = re.match(r"v?(\d+)\.", found)
    if not version or int(version[1]) < OLDEST_COMPOSE:
        return f"Docker's Compose is {found}, and 2 is needed"
    return None


def run(*arguments: str, timeout: float = 120, environment: Mapping[str, str] | None = None) -> str:
    """Run a `docker` command to its end and give its output. Raises EngineError when it fails."""
    try:
        done = subprocess.run(
            [PROGRAM, *arguments],
            env=environment_of(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError:
        raise EngineError("There is no `docker` command.", hint="Install Docker.") from None
    except subprocess.TimeoutExpired:
        raise EngineError(f"`docker {_shown(arguments)}` did not end within {timeout:.0f} s.") from None
    if done.returncode != 0:
        raise EngineError(f"`docker {_shown(arguments)}` failed.", _last(done.stderr or done.stdout))
    return done.stdout


def run_logged(
    *arguments: str, log: Path, on_line: Callable[[str], None], environment: Mapping[str, str] | None = None
) -> None:
    """Run a long `docker` command, with its output into a file and line by line to `on_line`. Raises EngineError."""
    with (
        log.open("a", encoding="utf-8") as file,
        subprocess.Popen(
            [PROGRAM, *arguments],
            env=environment_of(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout is not None
        last: list[str] = []
        for line in process.stdout:
            file.write(line)
            file.flush()
            last = [*last, line.rstrip()][-_LINES:]
            on_line(line.rstrip())
    if process.returncode != 0:
        raise EngineError(f"`docker {_shown(arguments)}` failed.", "\n".join(last), f"All of it: {log}")


def environment_of(variables: Mapping[str, str] | None) -> dict[str, str]:
    """This process's environment with some more, and without what points Compose at other files and profiles."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("COMPOSE_")}
    return own | dict(variables or {})


def _shown(arguments: Sequence[str]) -> str:
    """A command as far as it tells one from another."""
    words = [word for word in arguments if not word.startswith(("-", "/"))]
    return " ".join(words[:4])


def _last(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_LINES:])
