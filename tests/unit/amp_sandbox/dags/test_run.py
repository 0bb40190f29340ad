from datetime import date
from typing import Any

import pytest
from support.fake_airflow import FakeApi, run_answer, task, tasks

from amp_sandbox.dags import run as module
from amp_sandbox.dags.run import backfill, dags, run
from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import Step
from amp_sandbox.settings import Settings

DETAILS = "GET /dags/daily/details"
DAILY = {
    "dag_id": "daily",
    "params": {"date": {"value": None}, "days": {"value": 2}},
    "is_paused": False,
    "timetable_summary": "0 2 * * *",
    "description": "Every day",
    "next_dagrun_logical_date": "2026-03-10T02:00:00Z",
    "next_dagrun_run_after": "2026-03-11T02:00:00Z",
}


@pytest.fixture
def daily(api: FakeApi) -> FakeApi:
    """A DAG whose runs succeed."""
    api.answers |= {
        DETAILS: DAILY,
        "GET /dags": {"dags": [DAILY]},
        "POST /dags/daily/dagRuns": {"dag_run_id": "r1"},
        "GET /dags/daily/dagRuns/r1": run_answer("success"),
        "GET /dags/daily/dagRuns/r1/taskInstances": tasks(task("crawl", "success")),
    }
    return api


def test_a_run_gets_its_params_and_is_followed(daily: FakeApi) -> None:
    assert run(Settings(), "daily", {"date": "2026-03-09"}).run_id == "r1"
    assert daily.bodies("POST /dags/daily/dagRuns") == [{"logical_date": None, "conf": {"date": "2026-03-09"}}]


def test_a_paused_dag_is_unpaused_as_it_would_wait_for_ever(daily: FakeApi) -> None:
    daily.answers[DETAILS] = DAILY | {"is_paused": True}
    daily.answers["PATCH /dags/daily"] = {}
    run(Settings(), "daily", {})
    assert daily.bodies("PATCH /dags/daily") == [{"is_paused": False}]


def test_a_param_that_it_does_not_take_is_an_error(daily: FakeApi) -> None:
    with pytest.raises(SandboxError, match="daily takes no param day") as failure:
        run(Settings(), "daily", {"day": 1})
    assert failure.value.why == "Its params: date, days"
    assert not daily.bodies("POST /dags/daily/dagRuns")


def test_a_dag_that_is_not_parsed_yet_is_waited_for(daily: FakeApi) -> None:
    not_yet = module.RestError(404, "Not Found", "/")
    daily.answers[DETAILS] = [not_yet, not_yet, DAILY]
    assert run(Settings(), "daily", {}).dag == "daily"


def test_a_dag_that_there_is_not_is_an_error_with_those_that_there_are(
    daily: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PARSED_SECONDS", 0)
    with pytest.raises(SandboxError, match="There is no DAG hourly") as failure:
        run(Settings(), "hourly", {})
    assert failure.value.why == "DAGs: daily"


def test_a_dag_that_cannot_be_imported_is_an_error_at_once(daily: FakeApi) -> None:
    broken = {"filename": "daily.py", "stack_trace": "Traceback:\n  line 1\nNameError: name 'dag' is not defined\n"}
    daily.answers["GET /importErrors"] = {"import_errors": [broken]}
    del daily.answers[DETAILS]
    with pytest.raises(SandboxError) as failure:
        run(Settings(), "daily", {})
    assert failure.value.why == "daily.py: NameError: name 'dag' is not defined"


def test_dags_are_listed_with_their_last_run(daily: FakeApi) -> None:
    daily.answers["GET /dags/daily/dagRuns"] = {"dag_runs": [{"run_after": "2026-03-10T02:00:00Z", "state": "failed"}]}
    [found] = dags(Settings())
    assert (found.name, found.schedule, found.last_run, found.last_state) == (
        "daily",
        "0 2 * * *",
        "2026-03-10T02:00:00Z",
        "failed",
    )


def backfilled(api: FakeApi, *days: str) -> None:
    """A backfill whose runs for these days succeed."""
    api.answers["POST /backfills/dry_run"] = {"backfills": [{"logical_date": f"{day}T02:00:00Z"} for day in days]}
    api.answers["POST /backfills"] = {"id": 7}
    api.answers["PATCH /dags/daily"] = {}
    runs = [{"logical_date": f"{day}T02:00:00Z", "dag_run_id": f"b-{day}"} for day in days]
    api.answers["GET /dags/daily/dagRuns"] = {"dag_runs": runs}
    for day in days:
        api.answers[f"GET /dags/daily/dagRuns/b-{day}"] = run_answer("success")
        api.answers[f"GET /dags/daily/dagRuns/b-{day}/taskInstances"] = tasks(task("crawl", "success"))


def test_a_backfill_asks_for_days_by_when_their_runs_are_made(daily: FakeApi) -> None:
    backfilled(daily, "2026-03-07", "2026-03-08")
    steps: list[Step] = []
    done = backfill(Settings(), "daily", date(2026, 3, 7), date(2026, 3, 8), {"days": 1}, steps.append)
    asked: dict[str, Any] = daily.bodies("POST /backfills")[0]
    assert asked["from_date"] == "2026-03-08T00:00:00+00:00"
    assert asked["to_date"] == "2026-03-09T23:59:59.999999+00:00"
    assert (asked["max_active_runs"], asked["reprocess_behavior"], asked["dag_run_conf"]) == (
        1,
        "completed",
        {"days": 1},
    )
    assert [one.run_id for one in done] == ["b-2026-03-07", "b-2026-03-08"]
    assert [step.name for step in steps] == ["2026-03-07 crawl", "2026-03-08 crawl"]


def test_the_scheduler_makes_no_runs_of_its_own_while_those_of_a_backfill_are_made(daily: FakeApi) -> None:
    backfilled(daily, "2026-03-07")
    backfill(Settings(), "daily", date(2026, 3, 7), date(2026, 3, 7), {})
    told = [(request, body) for request, body in daily.asked if request in ("PATCH /dags/daily", "POST /backfills")]
    assert [body for request, body in told if request.startswith("PATCH")] == [
        {"is_paused": True},
        {"is_paused": False},
    ]
    assert [request for request, _ in told] == ["PATCH /dags/daily", "POST /backfills", "PATCH /dags/daily"]


def test_a_range_without_a_finished_day_is_an_error_and_makes_nothing(daily: FakeApi) -> None:
    daily.answers["POST /backfills/dry_run"] = {"backfills": []}
    with pytest.raises(SandboxError, match="daily has no run to make from 2026-03-07 to 2026-03-08"):
        backfill(Settings(), "daily", date(2026, 3, 7), date(2026, 3, 8), {})
    assert not daily.bodies("POST /backfills")


def test_a_day_that_the_backfill_left_out_is_an_error(daily: FakeApi) -> None:
    backfilled(daily, "2026-03-07", "2026-03-08")
    daily.answers["GET /dags/daily/dagRuns"]["dag_runs"].pop()
    with pytest.raises(SandboxError, match="has no run for 2026-03-08"):
        backfill(Settings(), "daily", date(2026, 3, 7), date(2026, 3, 8), {})
