import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.airflow_server import USER, airflow_server
from support.ports import free_ports
from support.waiting import eventually

from amp_sandbox.errors import SandboxError
from amp_sandbox.mwaa import airflow as module
from amp_sandbox.mwaa.airflow import AirflowError, SupervisedAirflow
from amp_sandbox.mwaa.gateway import RestCall
from amp_sandbox.runtime.supervisord import ProcessInfo
from amp_sandbox.settings import Settings


class Machine:
    """What is below: Airflow's configuration and processes, as a test says."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.configuration: Any = {}
        self.starts = self.restarts = 0
        self.may_start = threading.Event()
        self.may_start.set()
        self.failure: Exception | None = None
        self.running = ExitStack()

    def write_configuration(self, _: Settings, options: Any) -> bool:
        if self.failure:
            raise self.failure
        changed = self.configuration != options
        self.configuration = options
        return bool(changed)

    def restart(self, _: Settings) -> None:
        self.restarts += 1

    def start(self, _: Settings) -> bool:
        self.starts += 1
        assert self.may_start.wait(10)
        if self.failure:
            raise self.failure
        self.running.enter_context(airflow_server(self.settings.airflow_port))
        return True


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    [port] = free_ports(1)
    made = Machine(Settings(home=tmp_path, airflow_port=port))
    for name in ("write_configuration", "restart", "start"):
        monkeypatch.setattr(module.airflow, name, getattr(made, name))
    monkeypatch.setattr(module.airflow, "login", lambda _: USER)
    with made.running:
        yield made


@pytest.fixture
def airflow(machine: Machine) -> SupervisedAirflow:
    return SupervisedAirflow(machine.settings)


GET = RestCall("GET", "/dags")


def test_it_is_restarted_when_its_configuration_is_another_one(machine: Machine, airflow: SupervisedAirflow) -> None:
    for options in ({"a.b": "1"}, {"a.b": "1"}, {"a.b": "2"}):
        airflow.configure(options)
    assert machine.restarts == 2


def test_a_restart_that_a_killed_stand_in_owes_is_made_good(machine: Machine, airflow: SupervisedAirflow) -> None:
    machine.configuration = {"a.b": "1"}
    airflow.configure({"a.b": "1"})
    assert machine.restarts == 1


def test_a_restart_that_failed_is_made_good(
    machine: Machine, airflow: SupervisedAirflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Settings) -> None:
        raise TimeoutError("timed out")

    with monkeypatch.context() as failing:
        failing.setattr(module.airflow, "restart", fail)
        with pytest.raises(AirflowError, match="timed out"):
            airflow.configure({"a.b": "1"})
    airflow.configure({"a.b": "1"})
    assert machine.restarts == 1


def test_a_configuration_that_is_refused_says_why(machine: Machine, airflow: SupervisedAirflow) -> None:
    machine.failure = SandboxError("The option core.executor cannot be set.")
    with pytest.raises(AirflowError, match=r"Airflow is not configured: The option core\.executor cannot be set"):
        airflow.configure({"core.executor": "X"})


def test_the_first_call_starts_it(machine: Machine, airflow: SupervisedAirflow) -> None:
    assert [airflow.call(GET).status for _ in range(3)] == [200, 200, 200]
    assert machine.starts == 1


def test_calls_that_wait_for_it_share_one_start(machine: Machine, airflow: SupervisedAirflow) -> None:
    machine.may_start.clear()
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(airflow.call, GET) for _ in range(3)]
        eventually(lambda: machine.starts, bool, timeout=10, what="the start")
        machine.may_start.set()
        assert [call.result().status for call in calls] == [200, 200, 200]
    assert machine.starts == 1


def test_a_start_that_fails_is_an_error_that_says_why_and_the_next_call_tries_again(
    machine: Machine, airflow: SupervisedAirflow
) -> None:
    machine.failure = SandboxError("airflow_scheduler did not start.")
    with pytest.raises(AirflowError, match=r"Airflow does not start: airflow_scheduler did not start\."):
        airflow.call(GET)
    machine.failure = None
    assert airflow.call(GET).status == 200


def test_a_start_that_takes_longer_than_a_client_waits_is_not_waited_for(
    machine: Machine, airflow: SupervisedAirflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_START_SECONDS", 0.01)
    machine.may_start.clear()
    with pytest.raises(AirflowError, match="still starting, and was asked nothing yet"):
        airflow.call(GET)
    machine.may_start.set()
    eventually(lambda: machine.starts, bool, timeout=10)
    assert eventually(lambda: _status(airflow), bool, timeout=10) == 200


def test_what_runs_of_it_is_stopped(
    machine: Machine, airflow: SupervisedAirflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = {
        "airflow_api": "RUNNING",
        "airflow_scheduler": "STARTING",
        "airflow_triggerer": "STOPPED",
        "glue": "RUNNING",
    }
    stopped: list[str] = []

    class FakeSupervisor:
        def __init__(self, _: Path) -> None:
            pass

        def info(self) -> dict[str, ProcessInfo]:
            return {name: ProcessInfo(name, state, 1, 1, "") for name, state in states.items()}

        def stop(self, name: str) -> None:
            stopped.append(name)

    monkeypatch.setattr(module, "Supervisor", FakeSupervisor)
    airflow.stop()
    assert stopped == ["airflow_api", "airflow_scheduler"]


def test_without_a_process_manager_nothing_is_stopped_and_that_is_an_error(airflow: SupervisedAirflow) -> None:
    with pytest.raises(AirflowError, match="Airflow is not stopped"):
        airflow.stop()


def _status(airflow: SupervisedAirflow) -> int | None:
    try:
        return airflow.call(GET).status
    except AirflowError:
        return None
