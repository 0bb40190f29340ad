import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from amp_sandbox.runtime.compose.engine_tail import EngineTail
from amp_sandbox.runtime.compose.project import Container

CONTAINER = Container("standins", "id-standins", "running", 1, 0.0, 0, 0, "amp-sandbox/spark:t1")


def test_each_line_is_told_once_and_none_from_before(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    asked: list[list[str]] = []
    later = [f"{datetime.now(UTC) + timedelta(seconds=n):%Y-%m-%dT%H:%M:%S}.00000000{n}Z" for n in range(1, 4)]

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, "".join(f"{line}\n" for line in told))

    monkeypatch.setattr(subprocess, "run", run)
    tail = EngineTail(CONTAINER)
    told += ["2026-01-01T00:00:00.000000000Z old", f"{later[0]} one"]
    assert tail.new_lines() == ["one"]
    told += [f"{later[2]} three: with spaces", f"{later[1]} two"]  # the streams come one after the other
    assert tail.new_lines() == ["two", "three: with spaces"]
    assert tail.new_lines() == []
    assert asked[-1][1:] == ["logs", "--timestamps", "--since", later[2], "id-standins"]


def test_an_engine_that_fails_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1, "No such\n"))
    assert EngineTail(CONTAINER).new_lines() == []
