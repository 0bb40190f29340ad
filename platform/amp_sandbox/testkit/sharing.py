"""One sandbox for a test run: started by the process that first needs it, found by the others, stopped at the end.

pytest-xdist's workers are processes of their own. They share the sandbox, as a second one would cost each another
twenty seconds and a gigabyte, and as tests that share it must not meet anyway. A lock on the shared folder lets one
of them start it; the others wait, and find its record there, or the message of why it did not start, which then is
not tried again. The process that began the run stops it.

**Left out:** a run that is killed outright: its sandbox goes on. `sandbox down` with its home stops it.
"""

import fcntl
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from amp_sandbox import environments, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import Step
from amp_sandbox.runtime.down import down
from amp_sandbox.runtime.home import clear_state, read_instance
from amp_sandbox.runtime.running import running_settings
from amp_sandbox.runtime.up import up
from amp_sandbox.settings import AUTO, PORTS, PROCESS, Settings
from amp_sandbox.testkit.handle import Sandbox
from amp_sandbox.testkit.ports import free_ports

log = logging.getLogger(__name__)

_STARTED, _FAILED = "started.json", "failed.json"

Start = Callable[[Settings], None]


def attach(home: Path) -> Sandbox:
    """The sandbox that runs in a home already, which is left running.

    Raises SandboxError when none does, or when nothing is deployed to it.
    """
    settings = running_settings(home)
    instance = read_instance(home)
    if instance is None or not instance.deployed:
        what = f"The template is not deployed to the sandbox in {home}."
        raise SandboxError(what, hint=f"Run: SANDBOX_HOME={home} sandbox deploy")
    return Sandbox(settings)


def acquire(folder: Path, runtime: str = AUTO, start: Start | None = None) -> Sandbox:
    """The sandbox of a run whose processes share `folder`: started if it is not yet.

    Raises SandboxError when it does not start, in every process with the same message.
    """
    with _held(folder):
        if (folder / _FAILED).exists():
            raise SandboxError(*json.loads((folder / _FAILED).read_text()))
        if (folder / _STARTED).exists():
            return Sandbox(Settings(**json.loads((folder / _STARTED).read_text())))
        try:
            settings = new_settings(folder / "home", runtime)
            # Before it is up, so that what a killed start leaves behind is stopped too.
            (folder / _STARTED).write_text(json.dumps(settings.model_dump(mode="json")))
            (start or _start)(settings)
        except SandboxError as error:
            (folder / _FAILED).write_text(json.dumps([error.what, error.why, error.hint]))
            raise
    return Sandbox(settings)


def started(folder: Path) -> Sandbox | None:
    """The sandbox that a run's processes started, if any did."""
    path = folder / _STARTED
    return Sandbox(Settings(**json.loads(path.read_text()))) if path.exists() else None


def release(folder: Path) -> None:
    """Stop the sandbox of a run, if it was started."""
    sandbox = started(folder)
    if sandbox is not None:
        down(sandbox.settings)
        (folder / _STARTED).unlink()


def keep_logs(folder: Path) -> Path | None:
    """Delete everything of a run's stopped sandbox but its logs; answers where these are, None when there are none."""
    home = folder / "home"
    clear_state(home)
    logs = paths.logs_dir(home)
    return logs if logs.is_dir() and any(logs.iterdir()) else None


def new_settings(home: Path, runtime: str = AUTO, **given: Any) -> Settings:
    """Settings of a new sandbox, on free ports, with others as given, or as the environment has them.

    The runtime `auto` is processes where their environments were made, which is a start of seconds; else it is as `up`
    has it, which is containers where a Docker engine answers.
    """
    if runtime == AUTO and not environments.missing([one.python for one in environments.table() if not one.dev]):
        runtime = PROCESS
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    return Settings.model_validate({"home": home, "runtime": runtime, **ports, **given})


def _start(settings: Settings) -> None:
    up(settings, _log)


def _log(step: Step) -> None:
    log.info("%s: %s %.1f s %s", step.name, step.state, step.seconds, step.detail)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
