"""Finding and ending processes of a sandbox, and only those.

A process is the sandbox's when its environment says so: supervisord is started with `MARKER`, which every
service and its children inherit. Lambda functions get a clean environment, as on AWS; theirs has a task root
below the sandbox's home. A process id alone is never trusted, as ids are used again: psutil compares the
start time before it signals.

**Left out:** processes of other users, whose environment cannot be read. None of a sandbox's are.
"""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

from amp_sandbox import paths

MARKER = "AMP_SANDBOX_PROCESS_OF"
TASK_ROOT = "LAMBDA_TASK_ROOT"
JOB_RUN = "AMP_SANDBOX_JOB_RUN"  # of a Spark driver
POLL_SECONDS = 0.05
KILL_SECONDS = 5.0  # how long the system may take to end what was killed


def find(home: Path) -> list[psutil.Process]:
    """Every live process of the sandbox in that home, whoever its parent is by now."""
    return [process for process in psutil.process_iter() if _is_of(process, home)]


def label(process: psutil.Process) -> str:
    """What to call a process of a sandbox: its service or function where its environment tells, else its program."""
    environment = _environment(process)
    function = environment.get("AWS_LAMBDA_FUNCTION_NAME")
    if function:
        return f"lambda/{function}"
    if run := environment.get(JOB_RUN):
        return f"job run {run}"
    service = environment.get("SUPERVISOR_PROCESS_NAME")
    if service:
        return service
    try:
        return "supervisord" if "supervisor.supervisord" in process.cmdline() else process.name()
    except psutil.Error:
        return f"process {process.pid}"


def is_live(process: psutil.Process) -> bool:
    """Whether the process still runs. One that has ended but was not yet collected by its parent does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_gone(processes: Iterable[psutil.Process], timeout: float, *, wake: Callable[[], object] | None = None) -> bool:
    """Wait until all have ended, calling `wake` in between if given; False when some are left at the deadline."""
    deadline = time.monotonic() + timeout
    while left := [process for process in processes if is_live(process)]:
        if time.monotonic() >= deadline:
            return False
        if wake:
            wake()
        time.sleep(POLL_SECONDS)
        processes = left
    return True


def end_all(home: Path, *, patience: float = 5.0) -> list[str]:
    """End what is left of a sandbox: ask each process once, then kill. Answers the labels of what was ended.

    Looks again until nothing is found, as a process may have started another one in the meantime.
    """
    ended: dict[int, str] = {}
    kill_from = time.monotonic() + patience
    give_up = kill_from + KILL_SECONDS
    while found := find(home):
        if time.monotonic() >= give_up:
            raise RuntimeError(f"still running after being killed: {[process.pid for process in found]}")
        for process in found:
            if process.pid not in ended:
                ended[process.pid] = label(process)
                _signal(process, kill=False)
            elif time.monotonic() >= kill_from:
                _signal(process, kill=True)
        wait_gone(found, 0.25)
    return list(ended.values())


def holder_of_port(port: int) -> str | None:
    """Who listens on a TCP port of this machine, as far as this user may know."""
    for process in _listeners(port):
        try:
            command = " ".join(process.cmdline()) or process.name()
        except psutil.Error:
            continue
        owner = _environment(process).get(MARKER)
        text = command if len(command) <= 80 else command[:77] + "..."
        return f"process {process.pid} ({text})" + (f" of the sandbox in {owner}" if owner else "")
    return None


def memory(pid: int) -> int:
    """Resident bytes of a process and all its children."""
    try:
        top = psutil.Process(pid)
        members = [top, *top.children(recursive=True)]
    except psutil.Error:
        return 0
    total = 0
    for process in members:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total


def _is_of(process: psutil.Process, home: Path) -> bool:
    if process.pid == os.getpid():
        return False
    environment = _environment(process)
    if environment.get(MARKER) == str(home):
        return True
    root = environment.get(TASK_ROOT)
    return bool(root) and Path(str(root)).is_relative_to(paths.state_dir(home))


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return dict(process.environ())
    except (psutil.Error, OSError):
        return {}  # gone, a zombie, or another user's


def _signal(process: psutil.Process, *, kill: bool) -> None:
    try:
        if kill:
            process.kill()
        else:
            process.terminate()
    except psutil.NoSuchProcess:
        pass


def _listeners(port: int) -> list[psutil.Process]:
    try:
        pids = {
            c.pid
            for c in psutil.net_connections(kind="tcp")
            if c.status == psutil.CONN_LISTEN and c.laddr.port == port and c.pid
        }
    except psutil.AccessDenied:  # macOS lets only root ask for all
        pids = {process.pid for process in psutil.process_iter() if _listens(process, port)}
    return [psutil.Process(pid) for pid in sorted(pids) if psutil.pid_exists(pid)]


def _listens(process: psutil.Process, port: int) -> bool:
    try:
        connections = process.net_connections(kind="tcp")
    except psutil.Error:
        return False
    return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections)
