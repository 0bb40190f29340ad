"""With real processes, started here and ended here."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil
import pytest
from support.waiting import eventually

from amp_sandbox.runtime import processes

SLEEP = "import time; print('ready', flush=True); time.sleep(60)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + SLEEP

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a Python process with exactly the given environment; answers when it runs."""
    started: list[subprocess.Popen[bytes]] = []

    def run(environment: Mapping[str, str], code: str = SLEEP) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def pids(home: Path) -> set[int]:
    return {process.pid for process in processes.find(home)}


def test_finds_processes_by_the_mark_in_their_environment(start: Start, tmp_path: Path) -> None:
    ours = start({processes.MARKER: str(tmp_path)})
    start({processes.MARKER: str(tmp_path / "another")})
    start({processes.MARKER: str(tmp_path) + "-2"})
    start({})
    assert pids(tmp_path) == {ours.pid}


def test_finds_functions_by_their_task_root_below_the_home(start: Start, tmp_path: Path) -> None:
    function = start({"LAMBDA_TASK_ROOT": str(tmp_path / "state" / "localstack" / "tmp" / "code")})
    start({"LAMBDA_TASK_ROOT": str(tmp_path / "elsewhere")})
    start({"LAMBDA_TASK_ROOT": "/var/task"})
    assert pids(tmp_path) == {function.pid}


def test_a_process_that_only_works_in_the_home_is_not_ours(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").mkdir()
    monkeypatch.chdir(tmp_path / "state")
    start({"HOME": str(tmp_path)})
    assert pids(tmp_path) == set()


def test_never_finds_itself(tmp_path: Path) -> None:
    code = (
        f"from pathlib import Path; from amp_sandbox.runtime.processes import find;print(find(Path({str(tmp_path)!r})))"
    )
    found = subprocess.run([sys.executable, "-c", code], env={processes.MARKER: str(tmp_path)}, capture_output=True)
    assert found.stdout == b"[]\n", found.stderr


def test_ends_what_is_left_and_nothing_else(start: Start, tmp_path: Path) -> None:
    ours = start({processes.MARKER: str(tmp_path), "SUPERVISOR_PROCESS_NAME": "standins"})
    function = start({"LAMBDA_TASK_ROOT": f"{tmp_path}/state/x", "AWS_LAMBDA_FUNCTION_NAME": "f"})
    other = start({processes.MARKER: str(tmp_path / "another")})
    assert sorted(processes.end_all(tmp_path)) == ["lambda/f", "standins"]
    assert ours.wait(5) == -signal.SIGTERM
    assert function.wait(5) == -signal.SIGTERM
    assert other.poll() is None


def test_kills_what_does_not_end_when_asked(start: Start, tmp_path: Path) -> None:
    deaf = start({processes.MARKER: str(tmp_path)}, DEAF)
    processes.end_all(tmp_path, patience=0.2)
    assert deaf.wait(5) == -signal.SIGKILL


def test_an_ended_process_that_nobody_collected_is_not_live(start: Start, tmp_path: Path) -> None:
    ended = start({processes.MARKER: str(tmp_path)})
    seen = psutil.Process(ended.pid)
    assert processes.is_live(seen)
    ended.kill()
    eventually(seen.status, lambda status: status == psutil.STATUS_ZOMBIE, timeout=5)
    assert not processes.is_live(seen)
    assert processes.find(tmp_path) == []


def test_waiting_gives_up_at_the_deadline_and_wakes_in_between(start: Start, tmp_path: Path) -> None:
    start({processes.MARKER: str(tmp_path)})
    woken: list[int] = []
    assert not processes.wait_gone(processes.find(tmp_path), 0.1, wake=lambda: woken.append(1))
    assert woken


def test_names_who_holds_a_port_and_the_sandbox_it_belongs_to(start: Start, tmp_path: Path) -> None:
    code = "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True);"
    process = subprocess.Popen(
        [sys.executable, "-c", code + "import time; time.sleep(60)"],
        env={processes.MARKER: str(tmp_path)},
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout
        holder = processes.holder_of_port(int(process.stdout.readline()))
        assert holder
        assert f"process {process.pid} (" in holder
        assert holder.endswith(f"of the sandbox in {tmp_path}")
    finally:
        process.kill()
        process.communicate()


def test_nobody_holds_a_free_port() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))  # bound but not listening: not a listener
        assert processes.holder_of_port(probe.getsockname()[1]) is None


def test_memory_counts_children_and_is_nothing_for_a_process_that_is_gone(start: Start) -> None:
    parent = start(
        {},
        "import subprocess, sys, time;"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print('ready', flush=True);"
        "time.sleep(60)",
    )
    children = psutil.Process(parent.pid).children()
    assert len(children) == 1
    own = psutil.Process(parent.pid).memory_info().rss
    try:
        eventually(lambda: processes.memory(parent.pid), lambda seen: seen > own * 1.3, timeout=5)
    finally:
        children[0].kill()
    parent.kill()
    parent.wait(5)
    assert processes.memory(parent.pid) == 0
