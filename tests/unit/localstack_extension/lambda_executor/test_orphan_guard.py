import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
from support.waiting import eventually

EXTENSION = Path(__file__).parents[4] / "platform/localstack_extension"
PARENT = """
import pathlib, subprocess, sys
sys.path.insert(0, sys.argv[1])
from amp_localstack.lambda_executor.orphan_guard import OrphanGuard
guard = OrphanGuard(pathlib.Path(sys.argv[2]))
# A group of two, one that was ended in time, and one more.
command = ["sh", "-c", "sleep 600 & echo $!; exec sleep 600"]
groups = [subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) for _ in range(3)]
for group in groups:
    guard.add(group.pid)
guard.remove(groups[1].pid)
if sys.argv[3:]:
    guard._process.kill()
    guard._process.wait()
    late = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    guard.add(late.pid)
    groups.append(late)
for group in groups:
    print(group.pid, int(group.stdout.readline()), flush=True)
sys.stdin.read()
"""


def running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def start(folder: Path, *arguments: str) -> tuple["subprocess.Popen[str]", list[list[int]]]:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(EXTENSION), str(folder), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    groups = [[int(pid) for pid in parent.stdout.readline().split()] for _ in range(3 + len(arguments))]
    return parent, groups


def test_groups_end_with_a_parent_that_is_killed(tmp_path):
    folder = tmp_path / "functions"
    folder.mkdir()
    parent, (first, removed, second) = start(folder)
    try:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        eventually(lambda: [p for p in (*first, *second) if running(p)], lambda left: not left, timeout=5)
        assert all(running(pid) for pid in removed)
        eventually(folder.exists, lambda exists: not exists, timeout=5)
    finally:
        os.killpg(removed[0], signal.SIGKILL)


def test_a_guard_that_was_killed_is_replaced(tmp_path):
    parent, (first, removed, second, late) = start(tmp_path / "functions", "kill-guard")
    try:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        eventually(lambda: [p for p in (*first, *second, *late) if running(p)], lambda left: not left, timeout=5)
    finally:
        os.killpg(removed[0], signal.SIGKILL)
