"""Two whole sandboxes on one machine: apart from each other, only on the loopback address, and gone when stopped."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from support.sandboxes import RUNTIME, own_settings, run, running

from amp_sandbox import paths
from amp_sandbox.runtime import processes
from amp_sandbox.runtime.health import is_free
from amp_sandbox.settings import COMPOSE, PORTS, Settings

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(RUNTIME == COMPOSE, reason="about processes; tests/compose has the containers' part"),
]
FUNCTIONS = {"lambda/catalog-ingest-local", "lambda/show-flattener-local", "lambda/event-transform-local"}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Settings]]:
    """Two sandboxes with data of their own, so that the functions of both run."""
    folder = tmp_path_factory.mktemp("pair")
    with running(own_settings(folder / "one")) as one, running(own_settings(folder / "two")) as two:
        for settings, events in ((one, "60"), (two, "90")):
            seeded = run(settings, "seed", "--changes", "5", "--events", events)
            assert seeded.returncode == 0, seeded.stderr
            assert run(settings, "audit", "--wait", "30").returncode == 0
        yield one, two


def published(settings: Settings) -> dict[str, tuple[int, int, int]]:
    """Of each stream: what was published, what landed, and what nobody recorded."""
    answer = run(settings, "audit", "--json")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    accounts: list[dict[str, Any]] = json.loads(answer.stdout)
    return {one["stream"]: (one["published"], one["landed"], one["unrecorded"]) for one in accounts}


def listeners(settings: Settings) -> set[tuple[str, str]]:
    """Who of a sandbox listens, and on which address."""
    return {
        (processes.label(process), connection.laddr.ip)
        for process in processes.find(settings.home)
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }


def test_each_has_its_own_data(pair: tuple[Settings, Settings]) -> None:
    one, two = pair
    assert published(one) == {"show-catalog": (5, 5, 0), "app-events": (60, 60, 0)}
    assert published(two) == {"show-catalog": (5, 5, 0), "app-events": (90, 90, 0)}


def test_every_listener_is_on_the_loopback_address(pair: tuple[Settings, Settings]) -> None:
    for settings in pair:
        assert {processes.label(process) for process in processes.find(settings.home)} >= FUNCTIONS
        found = listeners(settings)
        assert {name for name, _ in found} >= {"localstack", "standins", "catalog_api"}
        assert {address for _, address in found} == {"127.0.0.1"}, found


def test_a_sandbox_that_is_down_never_reaches_another_one_on_its_ports(
    pair: tuple[Settings, Settings], tmp_path: Path
) -> None:
    one, _ = pair
    stopped = Settings.model_validate(one.model_dump() | {"home": tmp_path / "stopped"})
    for command in (
        ["seed", "--changes", "1", "--events", "1"],
        ["deploy"],
        ["audit"],
        ["trace", "anything"],
        ["sql", "select 1"],
        ["logs", "lambda/catalog-ingest"],
    ):
        answer = run(stopped, *command)
        assert answer.returncode == 1, f"{command}\n{answer.stdout}{answer.stderr}"
        assert answer.stderr.startswith("Error: The sandbox does not run."), f"{command}\n{answer.stderr}"
    assert not stopped.home.exists()
    assert published(one) == {"show-catalog": (5, 5, 0), "app-events": (60, 60, 0)}


def test_a_killed_supervisord_is_cleared_away_and_the_other_sandbox_goes_on(
    pair: tuple[Settings, Settings],
) -> None:
    one, two = pair
    os.kill(int((paths.run_dir(two.home) / "supervisord.pid").read_text()), signal.SIGKILL)
    down = run(two, "down", "--json")
    assert down.returncode == 0, down.stderr
    assert set(json.loads(down.stdout)["leftovers"]) >= {"localstack", "standins", "catalog_api"}
    assert processes.find(two.home) == []
    assert [port for name in PORTS if not is_free(port := getattr(two, name))] == []
    assert run(one, "status").returncode == 0
    assert published(one)["app-events"] == (60, 60, 0)


def test_down_leaves_no_process_and_no_listener(pair: tuple[Settings, Settings]) -> None:
    one, _ = pair
    assert run(one, "down").returncode == 0
    assert processes.find(one.home) == []
    assert [port for name in PORTS if not is_free(port := getattr(one, name))] == []
