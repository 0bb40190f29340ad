import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from click.testing import Result

from amp_sandbox.dags import run as dags
from amp_sandbox.dags.following import DagRun, TaskRun
from amp_sandbox.dags.run import Dag
from amp_sandbox.runtime import airflow, running
from amp_sandbox.settings import Settings

Run = Callable[..., Result]
DONE = DagRun(
    "daily", "r1", "2026-03-09T02:00:00Z", 61.6, (TaskRun("crawl", "success", 2, 3.0),), "http://127.0.0.1:8080/r1"
)


@pytest.fixture(autouse=True)
def up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox that runs."""
    monkeypatch.setattr(running, "running_settings", Settings)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What DAGs were run with."""
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(dags, "run", lambda _, *given: calls.append(given[:-1]) or DONE)
    monkeypatch.setattr(dags, "backfill", lambda _, *given: calls.append(given[:-1]) or [DONE])
    return calls


def test_a_run_takes_its_date_and_params(run: Run, asked: list[tuple[Any, ...]]) -> None:
    told = run("dag", "run", "daily", "--date", "2026-03-09", "--param", "days=8", "--param", "note=a=b")
    assert asked == [("daily", {"days": 8, "note": "a=b", "date": "2026-03-09"})]
    assert "daily succeeded in 62 s: 1 tasks, 1 of them tried again. http://127.0.0.1:8080/r1" in told.stdout
    assert json.loads(run("dag", "run", "daily", "--json").stdout)["tasks"][0]["task"] == "crawl"


def test_a_backfill_takes_a_range(run: Run, asked: list[tuple[Any, ...]]) -> None:
    told = run("dag", "backfill", "daily", "--from", "2026-03-07", "--to", "2026-03-09")
    assert asked == [("daily", date(2026, 3, 7), date(2026, 3, 9), {})]
    assert told.exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["backfill", "daily", "--from", "2026-03-09", "--to", "2026-03-07"],
        ["backfill", "daily", "--from", "2026-03-09"],
        ["run", "daily", "--param", "days"],
        ["run", "daily", "--param", "=8"],
        ["run", "daily", "--date", "yesterday"],
        ["run"],
    ],
    ids=" ".join,
)
def test_wrong_usage_runs_nothing(run: Run, asked: list[tuple[Any, ...]], arguments: list[str]) -> None:
    assert run("dag", *arguments).exit_code == 2
    assert asked == []


def test_dags_are_listed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        Dag("daily", "0 2 * * *", False, "2026-03-10T02:00:00Z", None, None, None),
        Dag("upkeep", None, True, None, "2026-03-09T02:00:00Z", "failed", "Looks"),
    ]
    monkeypatch.setattr(dags, "dags", lambda *_: found)
    shown = run("dag", "list").stdout
    assert all(part in shown for part in ("daily", "2026-03-10T02:00:00Z", "upkeep", "paused", "failed"))
    assert json.loads(run("dag", "list", "--json").stdout)[1]["paused"] is True


def test_login_tells_where_and_with_what(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow, "login", lambda _: ("admin", "a password"))
    shown = run("dag", "login").stdout
    assert all(part in shown for part in ("http://127.0.0.1:8080", "admin", "a password"))
    assert json.loads(run("dag", "login", "--json").stdout)["password"] == "a password"
