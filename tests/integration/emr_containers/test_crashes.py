"""Whatever is killed while a job runs, the run ends in a state that is true."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from support.waiting import eventually

from amp_sandbox.runtime import processes
from amp_sandbox.runtime.status import status
from amp_sandbox.settings import Settings

pytestmark = pytest.mark.timeout(600)  # JVMs on a busy machine


@pytest.fixture
def running(emr: Any, waiting: Callable[[str], Any]) -> tuple[str, Any]:
    """A run that waits, and its folder."""
    folder = waiting("run")
    run_id = emr.start("wait_for_file", str(folder.folder))
    eventually(folder.runs, bool, timeout=240, what="the run")
    return run_id, folder


def kill(settings: Settings, label: str) -> None:
    found = [process for process in processes.find(settings.home) if processes.label(process) == label]
    assert found, f"no process is {label}"
    for process in found:
        os.kill(process.pid, signal.SIGKILL)


def standins_back(settings: Settings) -> None:
    eventually(
        lambda: next(one for one in status(settings).services if one.name == "standins"),
        lambda seen: seen.healthy,
        timeout=90,
        what="the stand-ins' restart",
    )


def test_a_run_goes_on_while_the_stand_ins_are_killed(emr: Any, sandbox: Settings, running: tuple[str, Any]) -> None:
    run_id, folder = running
    kill(sandbox, "standins")
    standins_back(sandbox)
    assert emr.describe(run_id)["state"] == "RUNNING"
    folder.end()
    assert emr.ended(run_id)["state"] == "COMPLETED"
    assert "ended as it should" in emr.logs(run_id)["stdout.gz"]


def test_a_run_that_ends_while_the_stand_ins_are_killed_is_settled_by_its_exit_code(
    emr: Any, sandbox: Settings, running: tuple[str, Any]
) -> None:
    run_id, folder = running
    folder.end()
    kill(sandbox, "standins")
    standins_back(sandbox)
    assert emr.ended(run_id)["state"] == "COMPLETED"


def test_a_killed_driver_is_a_failed_run(emr: Any, sandbox: Settings, running: tuple[str, Any]) -> None:
    run_id, _ = running
    kill(sandbox, f"job run {run_id}/1")
    run = emr.ended(run_id)
    assert (run["state"], run["failureReason"]) == ("FAILED", "INTERNAL_ERROR")
    assert run["stateDetails"].startswith("The driver was killed")
    assert run["stateDetails"] in emr.logs(run_id)["stderr.gz"]


def test_a_killed_worker_costs_a_run_time_only(emr: Any, sandbox: Settings, waiting: Callable[[str], Any]) -> None:
    folder = waiting("run")
    run_id = emr.start("wait_in_tasks", str(folder.folder))
    eventually(folder.runs, bool, timeout=240, what="tasks on an executor")
    kill(sandbox, "spark_worker")
    folder.end()
    assert emr.ended(run_id)["state"] == "COMPLETED"
    assert "sum: 10" in emr.logs(run_id)["stdout.gz"]


def test_a_killed_master_fails_its_runs_and_serves_the_next(
    emr: Any, sandbox: Settings, running: tuple[str, Any], waiting: Callable[[str], Any]
) -> None:
    run_id, _ = running
    kill(sandbox, "spark_master")
    run = emr.ended(run_id)
    assert (run["state"], run["failureReason"]) == ("FAILED", "CLUSTER_UNAVAILABLE")
    assert run["stateDetails"] == "The Spark master ended while the job ran."
    folder = waiting("next")
    folder.end()
    assert emr.ended(emr.start("wait_for_file", str(folder.folder)))["state"] == "COMPLETED"
