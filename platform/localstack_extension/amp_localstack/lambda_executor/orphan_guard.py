"""No function outlives LocalStack, not even a LocalStack killed with -9.

A tiny guard process holds the reading end of a pipe, and this process the only writing end. Each process group is told
to the guard through the pipe; when this process ends, however it ends, the pipe closes and the guard kills what is
left, and deletes the functions' folder. The guard runs in its own session, so that a process manager that kills
LocalStack's group leaves it to do so.

Why not PR_SET_PDEATHSIG: it is Linux only; it fires when the *thread* that started the child ends, and LocalStack
starts functions from short-lived threads; it needs code between fork and exec in a threaded program; and it does not
reach what a function started itself. A group started but not yet told to the guard has no Runtime API to talk to once
LocalStack is gone: the runtime client ends by itself when its connection is refused.

**Left out:** a child that a function puts into a session of its own is out of reach, of the guard and of `kill_group`.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path


class OrphanGuard:
    """Starts its process with the first group, and again if somebody killed it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None

    def add(self, group: int) -> None:
        """Have a process group killed when this process ends."""
        with self._lock:
            self._groups.add(group)
            if self._process is None or not self._tell(f"+{group}"):
                self._restart()

    def remove(self, group: int) -> None:
        """Forget a group that has ended, before its number can be given to another."""
        with self._lock:
            self._groups.discard(group)
            if self._process is not None:
                self._tell(f"-{group}")

    def _restart(self) -> None:
        if self._process is not None:
            self._process.wait()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            env={},
        )
        for group in self._groups:
            self._tell(f"+{group}")

    def _tell(self, line: str) -> bool:
        if self._process is None or self._process.stdin is None:
            return False
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return False
        return True


def kill_group(group: int) -> None:
    """End every process of a group, at once; no matter if it has ended already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
        os.killpg(group, signal.SIGKILL)


def _guard(folder: str) -> None:
    """What the guard process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group in groups:
        kill_group(group)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _guard(sys.argv[1])
