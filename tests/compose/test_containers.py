"""What containers are like from outside: who reaches them, what they may do, and what is left of them."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest
from support.containers import left
from support.sandboxes import run

from amp_sandbox import paths
from amp_sandbox.runtime import processes
from amp_sandbox.runtime.compose import engine, project
from amp_sandbox.settings import Settings


def inspected(settings: Settings) -> dict[str, dict[str, Any]]:
    """The engine's own words on each container."""
    ids = [container.id for container in project.containers(settings.home).values()]
    told: list[dict[str, Any]] = json.loads(engine.run("inspect", *ids))
    return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in told}


def inside(settings: Settings, service: str, command: str) -> str:
    """The output of a shell command in a container."""
    return engine.run("exec", project.containers(settings.home)[service].id, "sh", "-c", command)


def test_every_port_is_published_on_the_loopback_address(sandbox: Settings) -> None:
    published = [
        (port["HostIp"], int(port["HostPort"]))
        for one in inspected(sandbox).values()
        for ports in (one["NetworkSettings"]["Ports"] or {}).values()
        for port in ports or []
    ]
    assert {address for address, _ in published} == {"127.0.0.1"}
    ports = {port for _, port in published}
    assert {sandbox.localstack_port, sandbox.warehouse_port, sandbox.airflow_port} <= ports
    listeners = {
        (one.laddr.ip, one.laddr.port) for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN
    }
    assert {address for address, port in listeners if port in ports} == {"127.0.0.1"}


def test_no_container_has_a_right_that_it_does_not_need(sandbox: Settings) -> None:
    for name, one in inspected(sandbox).items():
        host = one["HostConfig"]
        assert (host["Privileged"], host["ReadonlyRootfs"], host["CapDrop"]) == (False, True, ["ALL"]), name
        assert one["Config"]["User"] == "10001:10001", name
        assert [mount["Type"] for mount in one["Mounts"]] == ["volume"], name
        assert host["Memory"] > 0, name


@pytest.mark.parametrize("service", ["localstack", "standins", "warehouse", "catalog_api", "network"])
def test_a_container_can_write_to_its_home_and_nowhere_else(sandbox: Settings, service: str) -> None:
    assert inside(sandbox, service, "id -u").strip() == "10001"
    assert inside(sandbox, service, "touch /opt/amp-sandbox/x 2>/dev/null || echo refused").strip() == "refused"
    assert inside(sandbox, service, f"touch {project.HOME}/x && rm {project.HOME}/x && echo done").strip() == "done"
    assert inside(sandbox, service, "ls /var/run/docker.sock 2>/dev/null || echo none").strip() == "none"


def test_the_home_in_the_containers_is_closed_to_others(sandbox: Settings) -> None:
    told = inside(sandbox, "network", f"stat -c %a {project.HOME} {project.HOME}/state/airflow/passwords.json")
    assert told.split() == ["700", "600"]


def test_plain_compose_finds_what_the_command_started(sandbox: Settings) -> None:
    told = engine.run("compose", "--project-name", project.name(sandbox.home), "ps", "--services")
    assert {"localstack", "standins", "warehouse", "catalog_api"} <= set(told.split())


def test_logs_come_from_the_engine(sandbox: Settings) -> None:
    told = run(sandbox, "logs", "-n", "2")
    assert {line.partition(" | ")[0] for line in told.stdout.splitlines()} >= {"localstack", "standins", "warehouse"}
    assert "network" in run(sandbox, "logs", "nowhere").stderr


def test_the_console_shows_the_containers_their_logs_and_what_was_published(sandbox: Settings) -> None:
    def page(path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{sandbox.console_port}{path}", timeout=30) as answer:
            return str(answer.read().decode())

    assert run(sandbox, "seed", "--changes", "3", "--events", "7").returncode == 0
    assert "started or stopped" not in page("/")
    assert "Uvicorn running" in page("/logs/catalog_api")
    assert "network" in page("/logs")
    assert ">7<" in page("/hops/app")


def test_another_runtime_is_refused_while_it_runs(sandbox: Settings) -> None:
    answer = run(sandbox.model_copy(update={"runtime": "process"}), "up")
    assert answer.returncode == 1
    assert "runs as containers" in answer.stderr
    assert run(sandbox.model_copy(update={"runtime": "auto"}), "runtime").stdout.startswith("compose: ")


def test_down_leaves_nothing_but_the_named_volume_and_the_logs(sandbox: Settings) -> None:
    """Last in this module, as it stops the sandbox."""
    down = run(sandbox, "down", "--json")
    assert down.returncode == 0, down.stderr
    assert set(json.loads(down.stdout)["services"]) == {"catalog_api", "console", "localstack", "standins", "warehouse"}
    assert processes.find(sandbox.home) == []
    assert left(sandbox.home) == {"containers": [], "networks": [], "volumes": [f"{project.name(sandbox.home)}_home"]}
    assert [path.name for path in Path(paths.logs_dir(sandbox.home)).iterdir() if path.name == "warehouse.log"]
    assert "standins | " in run(sandbox, "logs", "-n", "1").stdout
    again = run(sandbox, "down")
    assert (again.returncode, again.stdout) == (0, "The sandbox was not running.\n")
    assert run(sandbox, "down", "--clear").returncode == 0
    assert left(sandbox.home)["volumes"] == []
