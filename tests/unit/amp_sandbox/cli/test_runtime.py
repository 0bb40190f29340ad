import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from amp_sandbox.cli import cli
from amp_sandbox.cli.runtime import PROFILES
from amp_sandbox.progress import OnProgress
from amp_sandbox.runtime import down, reset, status, up
from amp_sandbox.runtime.facts import ServiceStatus, Started, Status, Stopped
from amp_sandbox.settings import Settings, variable

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path))
    return lambda *arguments, **options: CliRunner().invoke(cli, arguments, catch_exceptions=False, **options)


def service(name: str, **values: object) -> ServiceStatus:
    defaults: dict[str, object] = {
        "state": "running",
        "healthy": True,
        "pid": 10,
        "port": 4566,
        "url": "http://127.0.0.1:4566",
        "uptime_seconds": 3700,
        "memory_bytes": 123_400_000,
        "restarts": 0,
    }
    return ServiceStatus(name=name, **(defaults | values))  # type: ignore[arg-type]


def seen(**values: object) -> Status:
    defaults: dict[str, object] = {
        "home": "/home",
        "running": True,
        "healthy": True,
        "deployed": True,
        "state_lost": False,
        "leftover_processes": (),
        "services": (service("localstack"),),
    }
    return Status(**(defaults | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "code", "text"),
    [
        (seen(), 0, "The template is deployed."),
        (seen(deployed=False), 0, "Nothing is deployed yet: sandbox deploy"),
        (seen(healthy=False, state_lost=True), 1, "its state is gone. Start afresh with: sandbox up"),
        (seen(healthy=False, running=False), 1, "The sandbox is not running. Start it with: sandbox up"),
        (
            seen(healthy=False, running=False, leftover_processes=("standins (7)",)),
            1,
            "standins (7). Try: sandbox down",
        ),
        (
            seen(healthy=False, services=(service("x", state="fatal", healthy=False, last_log_lines=("boom",)),)),
            1,
            "x: boom",
        ),
        (seen(healthy=False, services=(service("x", healthy=False),)), 1, "not answering"),
        (seen(services=(service("x", state="starting"),)), 0, "healthy"),
        (seen(services=(service("x", state="waiting", pid=None),)), 0, "on demand"),
        (seen(services=(service("x", state="coming up"),)), 0, "coming up"),
    ],
)
def test_status_says_how_it_is_and_exits_accordingly(
    run: Run, monkeypatch: pytest.MonkeyPatch, found: Status, code: int, text: str
) -> None:
    monkeypatch.setattr(status, "status", lambda settings: found)
    result = run("status")
    assert text in result.output
    assert result.exit_code == code
    result = run("status", "--json")
    assert result.exit_code == code
    assert json.loads(result.output)["services"][0]["name"] == found.services[0].name


def test_status_shows_a_row_for_each_service(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "status", lambda settings: seen())
    row = next(line for line in run("status").output.splitlines() if "localstack" in line)
    assert row.split() == ["localstack", "healthy", "10", "http://127.0.0.1:4566", "1", "h", "01", "min", "123", "MB"]


@pytest.mark.parametrize(
    ("stopped", "text"),
    [
        (Stopped(("localstack",), ("lambda/f",)), "Stopped localstack, lambda/f.\n"),
        (Stopped(), "The sandbox was not running.\n"),
    ],
)
def test_down_says_what_it_stopped(run: Run, monkeypatch: pytest.MonkeyPatch, stopped: Stopped, text: str) -> None:
    monkeypatch.setattr(down, "down", lambda settings, on_progress, clear: stopped)
    assert run("down").output == text
    assert json.loads(run("down", "--json").output) == {
        "services": list(stopped.services),
        "leftovers": list(stopped.leftovers),
    }


def test_up_passes_its_options_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []

    def fake(settings: Settings, on_progress: OnProgress, **options: Any) -> Started:
        calls.append(options)
        return Started(fresh=len(calls) == 1)

    monkeypatch.setattr(up, "up", fake)
    told = "The sandbox is up.\nConsole: http://127.0.0.1:8090\nAWS endpoint: http://127.0.0.1:4566\n"
    assert told in run("up").output
    assert "The sandbox was up already." in run("up", "--no-deploy", "--keep", "--profile", "batch").output
    assert calls == [
        {"deploy": True, "keep": False, "profile": "core"},
        {"deploy": False, "keep": True, "profile": "batch"},
    ]


def test_the_profiles_are_those_that_there_are() -> None:
    assert PROFILES == up.PROFILES


def test_reset_asks_first(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Settings] = []
    monkeypatch.setattr(reset, "reset", lambda settings, on_progress: calls.append(settings))
    assert run("reset", input="n\n").exit_code == 1
    assert calls == []
    assert run("reset", input="y\n").exit_code == 0
    assert run("reset", "--yes").exit_code == 0
    assert len(calls) == 2


def test_env_makes_a_shell_that_only_knows_the_sandbox(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_LOCALSTACK_PORT", "14566")
    exports = run("env").output
    user = {"AWS_PROFILE": "mine", "AWS_SESSION_TOKEN": "real", "AWS_ACCESS_KEY_ID": "AKIAREAL"}
    shell = subprocess.run(
        ["sh", "-c", 'eval "$1"; env', "sh", exports],
        env={"PATH": os.environ["PATH"], **user},
        capture_output=True,
        text=True,
        check=True,
    )
    variables = dict(line.split("=", 1) for line in shell.stdout.splitlines())
    assert {name: value for name, value in variables.items() if name.startswith("AWS_")} == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:14566",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }
    assert json.loads(run("env", "--json").output)["AWS_ENDPOINT_URL"] == "http://127.0.0.1:14566"


def test_logs_prints_each_line_with_its_source(run: Run, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "standins.log").write_text("one\ntwo\n")
    assert run("logs", "-n", "1").output == "standins | two\n"
