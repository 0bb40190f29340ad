"""The home of a sandbox on disk: made, guarded, cleaned; and what is recorded there of the running sandbox.

**Left out:** more than one sandbox in a home. A lock keeps two commands from starting and stopping it at
once.
"""

import fcntl
import json
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings, record_path

log = logging.getLogger(__name__)

TAG = ".amp-sandbox"
PREVIOUS = ".previous"


@dataclass(frozen=True)
class Instance:
    """The LocalStack process that the sandbox's state belongs to, and whether the template was deployed to it."""

    pid: int
    started: int
    deployed: bool = False


def ensure(home: Path) -> None:
    """Make the home, or refuse a folder that holds something else: a sandbox deletes from its home."""
    tag = home / TAG
    if tag.is_file():
        return
    if home.is_dir() and any(home.iterdir()):
        raise SandboxError(
            f"{home} cannot be the home of a sandbox.",
            "The folder is in use for something else, and a sandbox deletes files from its home.",
            "Set SANDBOX_HOME to a new or empty folder.",
        )
    try:
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o700)  # an empty folder that was there already, too
        tag.write_text("The home of an Amp sandbox. `sandbox down` stops it; then the folder may be deleted.\n")
    except OSError as error:
        raise SandboxError(f"The sandbox's home {home} cannot be made.", str(error), "Set SANDBOX_HOME.") from None


@contextmanager
def exclusive(home: Path) -> Iterator[None]:
    """Hold the home against other commands that start or stop its sandbox."""
    with (home / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SandboxError(
                f"The sandbox in {home} is being started or stopped by another command.",
                hint="Wait for it to end, and try again.",
            ) from None
        yield


def prepare(home: Path, services: tuple[str, ...]) -> None:
    """Make the folders as a fresh start needs them: no state, and the last run's logs set aside."""
    clear_state(home)
    for directory in (paths.run_dir(home), paths.logs_dir(home)):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in services:
        (paths.state_dir(home, name) / "tmp").mkdir(mode=0o700, parents=True)
    set_logs_aside(paths.logs_dir(home))


def clear_state(home: Path) -> None:
    """Delete what the services kept."""
    shutil.rmtree(paths.state_dir(home), ignore_errors=True)


def set_logs_aside(logs: Path) -> None:
    """Keep each log as `<name>.log.previous`, in place of the one before, without its rotated parts."""
    for path in list(logs.iterdir()):
        if path.suffix == ".log":
            path.replace(path.with_name(path.name + PREVIOUS))
        elif path.suffix != PREVIOUS:
            path.unlink()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, all at once."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)


def forget_run(home: Path) -> None:
    """Remove what was recorded of a running sandbox."""
    record_path(home).unlink(missing_ok=True)
    _instance_path(home).unlink(missing_ok=True)


def read_instance(home: Path) -> Instance | None:
    """The recorded LocalStack process, if any."""
    try:
        return Instance(**json.loads(_instance_path(home).read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        log.warning("ignoring %s: %s", _instance_path(home), error)
        return None


def write_instance(home: Path, instance: Instance) -> None:
    """Record the LocalStack process that is running now."""
    _instance_path(home).write_text(json.dumps(asdict(instance)) + "\n")


def mark_deployed(settings: Settings) -> None:
    """Record that the template was deployed to the running LocalStack."""
    instance = read_instance(settings.home)
    if instance:
        write_instance(settings.home, Instance(instance.pid, instance.started, deployed=True))


def _instance_path(home: Path) -> Path:
    return paths.run_dir(home) / "instance.json"
