"""The runtime with the sandbox's real services, driven by the command as a user does."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from support.sandboxes import COMMAND, environment, own_settings, run
from support.waiting import eventually

from amp_sandbox.runtime import processes
from amp_sandbox.settings import Settings

ON_DEMAND = {
    *("spark_master", "spark_worker", "spark_history"),
    *("airflow_api", "airflow_scheduler", "airflow_dag_processor", "airflow_triggerer"),
    "notebooks",
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The real services, with nothing deployed."""
    settings = own_settings(tmp_path_factory.mktemp("real") / "home")
    up = run(settings, "up", "--no-deploy")
    try:
        assert up.returncode == 0, up.stderr
        yield settings
    finally:
        assert run(settings, "down").returncode == 0
    assert processes.find(settings.home) == []


def test_every_service_is_healthy_and_counted(sandbox: Settings) -> None:
    answer = run(sandbox, "status", "--json")
    assert answer.returncode == 0
    services = {service["name"]: service for service in json.loads(answer.stdout)["services"]}
    started = {"localstack", "standins", "catalog_api", "warehouse", "console"}
    assert services.keys() == started | ON_DEMAND
    assert all(service["healthy"] for service in services.values())
    assert {name for name, service in services.items() if service["state"] == "waiting"} == ON_DEMAND


def test_another_shell_finds_the_sandbox_by_its_home(sandbox: Settings) -> None:
    shell = {name: value for name, value in environment(sandbox).items() if not name.startswith("SANDBOX_")}
    command = [COMMAND, "env", "--json"]
    found = subprocess.run(
        command, env=shell | {"SANDBOX_HOME": str(sandbox.home)}, capture_output=True, text=True, check=True
    )
    assert json.loads(found.stdout)["AWS_ENDPOINT_URL"] == sandbox.localstack_url


def test_all_listeners_are_on_the_loopback_address(sandbox: Settings) -> None:
    addresses = {
        (processes.label(process), connection.laddr.ip)
        for process in processes.find(sandbox.home)
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert {ip for _, ip in addresses} == {"127.0.0.1"}, addresses


def test_everything_is_written_below_the_home(sandbox: Settings) -> None:
    for process in processes.find(sandbox.home):
        written = [file.path for file in process.open_files() if file.mode != "r"]
        assert [path for path in written if not Path(path).is_relative_to(sandbox.home)] == []


def test_the_state_of_a_killed_localstack_is_known_to_be_gone(sandbox: Settings) -> None:
    services = json.loads(run(sandbox, "status", "--json").stdout)["services"]
    before = next(service for service in services if service["name"] == "localstack")["pid"]
    os.kill(before, signal.SIGKILL)

    def restarted() -> bool:
        seen = json.loads(run(sandbox, "status", "--json").stdout)
        return all(service["healthy"] for service in seen["services"]) and seen["state_lost"]

    eventually(restarted, bool, timeout=30, what="LocalStack's restart")
    told = run(sandbox, "status")
    assert told.returncode == 1
    assert "its state is gone. Start afresh with: " in told.stdout
    again = run(sandbox, "up", "--no-deploy")
    assert again.returncode == 0, again.stderr
    assert run(sandbox, "status").returncode == 0
