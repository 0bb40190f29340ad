"""The drivers' processes: started, watched and ended, each in a process group of its own.

A driver outlives the stand-in that started it. It is known again by its pid and the time at which that process started,
both kept in the store, and all processes of an attempt by a variable in their environment; a pid alone is never
trusted.
"""

import contextlib
import os
import subprocess
from dataclasses import dataclass
from typing import Protocol

import psutil

from amp_sandbox.emr_containers.attempt import Attempt, Launch
from amp_sandbox.runtime.processes import JOB_RUN, is_live
from amp_sandbox.runtime.spark import NICENESS


@dataclass(frozen=True)
class Running:
    """A process."""

    pid: int
    started: float


class Drivers(Protocol):
    """What the scheduler needs of drivers' processes."""

    def start(self, launch: Launch) -> Running:
        """Start a driver."""

    def is_running(self, driver: Running) -> bool:
        """Whether it runs."""

    def exit_code(self, attempt: Attempt) -> int | None:
        """How it ended; None when it was killed before it could say so."""

    def end(self, mark: str, *, kill: bool) -> bool:
        """Ask all processes of an attempt to end, or kill them; answers whether there were any."""


class ProcessDrivers:
    """`Drivers` as processes of this machine."""

    def __init__(self) -> None:
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, launch: Launch) -> Running:
        """Start a driver behind everything else on the machine."""
        with launch.attempt.stdout.open("ab") as out, launch.attempt.stderr.open("ab") as err:
            child = subprocess.Popen(
                ["nice", "-n", str(NICENESS), *launch.command],
                env=dict(launch.environment),
                cwd=launch.attempt.work,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        self._children[child.pid] = child
        return Running(child.pid, psutil.Process(child.pid).create_time())

    def is_running(self, driver: Running) -> bool:
        """Whether the process lives; collects a child that has ended."""
        child = self._children.get(driver.pid)
        if child is not None and child.poll() is not None:
            del self._children[driver.pid]
            return False
        try:
            process = psutil.Process(driver.pid)
            return process.create_time() == driver.started and is_live(process)
        except psutil.NoSuchProcess:
            return False

    def exit_code(self, attempt: Attempt) -> int | None:
        """What the shell around spark-submit kept."""
        try:
            return int(attempt.exit_code.read_text())
        except (FileNotFoundError, ValueError):
            return None

    def end(self, mark: str, *, kill: bool) -> bool:
        """Signal every process that carries the mark."""
        found = [process for process in psutil.process_iter() if _has_mark(process, mark)]
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                if kill:
                    process.kill()
                else:
                    process.terminate()
        return bool(found)


def _has_mark(process: psutil.Process, mark: str) -> bool:
    try:
        return process.pid != os.getpid() and process.environ().get(JOB_RUN) == mark and is_live(process)
    except (psutil.Error, OSError):
        return False
