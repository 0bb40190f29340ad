"""The console of a sandbox in containers: a process of this machine, beside the command.

It shows what the engine knows of the containers, their logs, and the ledger of what was published, which is below the
home on this machine. A container may see none of that: no container gets Docker's socket (decision 39).

**Left out:** starting it again when it ends. `status` says so, and `up` starts it.
"""

import os
import subprocess
import time
from pathlib import Path

import psutil

from amp_sandbox import paths
from amp_sandbox.runtime import processes
from amp_sandbox.runtime.service import Service
from amp_sandbox.runtime.services import CONSOLE, table
from amp_sandbox.settings import Settings


def service(settings: Settings) -> Service:
    """The console in the table of services."""
    return next(one for one in table(settings) if one.name == CONSOLE)


def find(settings: Settings) -> psutil.Process | None:
    """Its process, if there is one."""
    return next((one for one in processes.find(settings.home) if processes.label(one) == CONSOLE), None)


def start(settings: Settings) -> bool:
    """Start it, unless it runs; answers whether it was started. Its output goes where the other runtime has it."""
    if find(settings):
        return False
    console = service(settings)
    environment = {
        **console.environment,
        processes.MARKER: str(settings.home),
        "SUPERVISOR_PROCESS_NAME": CONSOLE,
        # The engine is the one that this shell's `docker` means.
        "PATH": os.environ["PATH"],
        "DOCKER_CONFIG": str(Path.home() / ".docker"),
        **{name: value for name, value in os.environ.items() if name.startswith("DOCKER_")},
    }
    (console.directory / "tmp").mkdir(mode=0o700, parents=True, exist_ok=True)
    with (paths.logs_dir(settings.home) / f"{CONSOLE}.log").open("a") as log:
        subprocess.Popen(
            [console.python, *console.arguments],
            cwd=console.directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return True


def stop(settings: Settings) -> bool:
    """End it; answers whether it ran."""
    process = find(settings)
    if process is None:
        return False
    process.terminate()
    if not processes.wait_gone([process], service(settings).stop_seconds):
        process.kill()
        processes.wait_gone([process], processes.KILL_SECONDS)
    return True


def uptime_seconds(process: psutil.Process) -> int:
    """How long it has run."""
    return max(0, int(time.time() - process.create_time()))
