"""With a real process in the console's place."""

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.waiting import eventually

from amp_sandbox import paths
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime import processes, supervised
from amp_sandbox.runtime.compose import console
from amp_sandbox.settings import Settings

TELLS = "import os, time; print(os.environ['SANDBOX_RUNTIME'], os.environ['DOCKER_HOST'], flush=True); time.sleep(60)"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    made = Settings(home=tmp_path, runtime="compose")
    homes.prepare(tmp_path, ())
    played = dataclasses.replace(console.service(made), python=Path(sys.executable), arguments=("-c", TELLS))
    monkeypatch.setattr(console, "service", lambda _settings: played)
    monkeypatch.setenv("DOCKER_HOST", "unix:///another.sock")
    yield made
    processes.end_all(tmp_path)


def test_it_is_started_once_with_the_settings_and_the_shells_engine(settings: Settings) -> None:
    assert console.start(settings)
    assert not console.start(settings)
    log = paths.logs_dir(settings.home) / "console.log"
    assert eventually(log.read_text, bool, timeout=10) == "compose unix:///another.sock\n"
    assert len(processes.find(settings.home)) == 1


def test_it_is_stopped_and_that_is_told(settings: Settings) -> None:
    assert not console.stop(settings)
    console.start(settings)
    assert console.stop(settings)
    assert console.find(settings) is None


def test_by_itself_it_is_no_sandbox_of_the_process_runtime(settings: Settings) -> None:
    console.start(settings)
    assert eventually(lambda: console.find(settings), bool, timeout=10)
    assert not supervised.is_running(settings.home)
