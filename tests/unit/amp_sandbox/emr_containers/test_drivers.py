"""Real processes, small ones."""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from support.waiting import eventually

from amp_sandbox.emr_containers.attempt import Attempt, Launch
from amp_sandbox.emr_containers.drivers import ProcessDrivers, Running
from amp_sandbox.runtime.spark import NICENESS


@pytest.fixture
def drivers() -> Iterator[ProcessDrivers]:
    drivers = ProcessDrivers()
    yield drivers
    drivers.end("run/1", kill=True)


def launch(folder: Path, script: str) -> Launch:
    attempt = Attempt(folder)
    attempt.work.mkdir()
    environment = {"AMP_SANDBOX_JOB_RUN": "run/1", "PATH": os.environ["PATH"]}
    return Launch(("/bin/sh", "-c", script), environment, attempt)


def gone(drivers: ProcessDrivers, driver: Running) -> None:
    eventually(lambda: drivers.is_running(driver), lambda running: not running, timeout=10)


def test_a_driver_writes_its_logs_in_its_own_session_behind_everything_else(
    tmp_path: Path, drivers: ProcessDrivers
) -> None:
    started = launch(tmp_path, "echo out; echo err >&2; pwd; exec sleep 60")
    started.attempt.stderr.write_text("[sandbox] a note\n")
    driver = drivers.start(started)
    eventually(started.attempt.stdout.read_text, lambda text: text.count("\n") == 2, timeout=10)
    assert started.attempt.stdout.read_text() == f"out\n{started.attempt.work}\n"
    assert started.attempt.stderr.read_text() == "[sandbox] a note\nerr\n"
    assert drivers.is_running(driver)
    assert os.getsid(driver.pid) == driver.pid
    assert psutil.Process(driver.pid).nice() == min(19, os.nice(0) + NICENESS)


def test_another_stand_in_knows_it_again_by_pid_and_start(tmp_path: Path, drivers: ProcessDrivers) -> None:
    driver = drivers.start(launch(tmp_path, "exec sleep 60"))
    restarted = ProcessDrivers()
    assert restarted.is_running(driver)
    assert not restarted.is_running(Running(driver.pid, driver.started - 100))
    # The system shows a process's environment a moment after it has been started.
    assert eventually(lambda: restarted.end("run/1", kill=False), bool, timeout=10)
    gone(drivers, driver)
    assert not restarted.is_running(driver)


def test_all_processes_of_an_attempt_are_ended_and_no_others(tmp_path: Path, drivers: ProcessDrivers) -> None:
    started = launch(tmp_path, "setsid sleep 60 & echo begun; trap '' TERM; sleep 60; sleep 60")
    driver = drivers.start(started)
    eventually(started.attempt.stdout.read_text, bool, timeout=10)
    assert not drivers.end("run/2", kill=True)
    assert eventually(lambda: drivers.end("run/1", kill=False), bool, timeout=10)
    eventually(lambda: drivers.end("run/1", kill=True), lambda found: not found, timeout=10)
    gone(drivers, driver)


def test_the_exit_code_is_what_was_kept(tmp_path: Path, drivers: ProcessDrivers) -> None:
    attempt = Attempt(tmp_path)
    assert drivers.exit_code(attempt) is None
    attempt.exit_code.write_text("3\n")
    assert drivers.exit_code(attempt) == 3
