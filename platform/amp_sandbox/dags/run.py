"""What DAGs there are, and running one: now, or over a range of past days as a backfill.

Airflow and what it needs is started when it does not run.
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any
from urllib.parse import quote

from amp_sandbox.dags.following import DagRun, follow
from amp_sandbox.dags.rest import RestError, call
from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import OnProgress, ignore
from amp_sandbox.runtime import choice
from amp_sandbox.settings import Settings

PARSED_SECONDS = 30
"""How long a DAG that was just deployed, or Airflow that just began, may take to know it."""

POLL_SECONDS = 0.3
DATE = "date"


@dataclass(frozen=True)
class Dag:
    """A DAG and its last run."""

    name: str
    schedule: str | None
    paused: bool
    next_run: str | None
    last_run: str | None
    last_state: str | None
    description: str | None


def dags(settings: Settings, on_progress: OnProgress = ignore) -> list[Dag]:
    """Every DAG.

    Raises SandboxError when one that is deployed cannot be imported, with the error.
    """
    choice.of(settings).start_airflow(settings, on_progress)
    found = _when_parsed(settings)
    return [_dag(settings, one) for one in found]


def run(settings: Settings, name: str, params: Mapping[str, Any], on_progress: OnProgress = ignore) -> DagRun:
    """Trigger a run with these params and follow it to its end.

    Raises SandboxError when there is no such DAG, it takes no such param, or the run fails.
    """
    choice.of(settings).start_airflow(settings, on_progress)
    _require(settings, name, params)
    started = call(settings, "POST", f"/dags/{quote(name)}/dagRuns", body={"logical_date": None, "conf": dict(params)})
    return follow(settings, name, started["dag_run_id"], on_progress)


def backfill(
    settings: Settings,
    name: str,
    first: date,
    last: date,
    params: Mapping[str, Any],
    on_progress: OnProgress = ignore,
) -> list[DagRun]:
    """Have Airflow run a DAG for each of its dates from `first` to `last`, one after the other, and follow the runs.

    A date that has a run already is run again. Raises SandboxError when no date of the DAG is in that range, or a run
    fails.
    """
    choice.of(settings).start_airflow(settings, on_progress)
    dag = _require(settings, name, params)
    request = _backfill_request(name, dag, first, last, params)
    dates = [one["logical_date"] for one in call(settings, "POST", "/backfills/dry_run", body=request)["backfills"]]
    if not dates:
        raise SandboxError(
            f"{name} has no run to make from {first} to {last}.",
            "It runs when a day is over." if dag["timetable_summary"] else "It has no schedule.",
            f"Run it once with: sandbox dag run {name}",
        )
    # Its runs are made one by one. As soon as the first is there, the scheduler would make those due since by itself.
    _pause(settings, name, paused=True)
    try:
        made = call(settings, "POST", "/backfills", body=request)
    finally:
        _pause(settings, name, paused=False)
    return [
        follow(settings, name, run_id, on_progress, prefix=f"{logical_date[:10]} ")
        for logical_date, run_id in _runs_of(settings, name, made["id"], dates)
    ]


def _require(settings: Settings, name: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The details of a DAG that takes these params and is not paused."""
    deadline = time.monotonic() + PARSED_SECONDS
    while True:
        try:
            dag: dict[str, Any] = call(settings, "GET", f"/dags/{quote(name)}/details")
            break
        except RestError as error:
            if error.status != 404:
                raise
            _refuse_broken(settings)
            if time.monotonic() > deadline:
                names = ", ".join(one["dag_id"] for one in _listed(settings)) or "none"
                raise SandboxError(f"There is no DAG {name}.", f"DAGs: {names}", "See: sandbox dag list") from None
        time.sleep(POLL_SECONDS)
    unknown = sorted(set(params) - set(dag["params"] or {}))
    if unknown:
        takes = ", ".join(sorted(dag["params"] or {})) or "none"
        raise SandboxError(f"{name} takes no param {', '.join(unknown)}.", f"Its params: {takes}")
    if dag["is_paused"]:
        _pause(settings, name, paused=False)
    return dag


def _pause(settings: Settings, name: str, *, paused: bool) -> None:
    call(settings, "PATCH", f"/dags/{quote(name)}", body={"is_paused": paused})


def _when_parsed(settings: Settings) -> list[dict[str, Any]]:
    """The DAGs, waited for when there are none yet."""
    deadline = time.monotonic() + PARSED_SECONDS
    while not (found := _listed(settings)):
        _refuse_broken(settings)
        if time.monotonic() > deadline:
            break
        time.sleep(POLL_SECONDS)
    _refuse_broken(settings)
    return found


def _listed(settings: Settings) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call(settings, "GET", "/dags", query={"limit": 100, "order_by": "dag_id"})["dags"]
    return found


def _refuse_broken(settings: Settings) -> None:
    errors = call(settings, "GET", "/importErrors", query={"limit": 10})["import_errors"]
    if errors:
        told = "\n".join(f"{one['filename']}: {one['stack_trace'].strip().splitlines()[-1]}" for one in errors)
        raise SandboxError("Airflow cannot import a DAG.", told, "Mend it below airflow/dags, then: sandbox deploy")


def _dag(settings: Settings, told: Mapping[str, Any]) -> Dag:
    query = {"limit": 1, "order_by": "-run_after"}
    runs = call(settings, "GET", f"/dags/{quote(told['dag_id'])}/dagRuns", query=query)["dag_runs"]
    last = runs[0] if runs else {}
    return Dag(
        told["dag_id"],
        told["timetable_summary"],
        told["is_paused"],
        told["next_dagrun_run_after"],
        last.get("run_after"),
        last.get("state"),
        told["description"],
    )


def _backfill_request(
    name: str, dag: Mapping[str, Any], first: date, last: date, params: Mapping[str, Any]
) -> dict[str, Any]:
    """What asks for the runs of these days, by the time at which they are made: that is what Airflow goes by.

    A day's run is made when the day is over, so much later as the DAG's next run is after its logical date.
    """
    later = timedelta(0)
    with suppress(KeyError, TypeError):
        later = datetime.fromisoformat(dag["next_dagrun_run_after"]) - datetime.fromisoformat(
            dag["next_dagrun_logical_date"]
        )
    return {
        "dag_id": name,
        "from_date": (datetime.combine(first, time_of_day.min, UTC) + later).isoformat(),
        "to_date": (datetime.combine(last, time_of_day.max, UTC) + later).isoformat(),
        "max_active_runs": 1,
        "reprocess_behavior": "completed",
        "dag_run_conf": dict(params),
    }


def _runs_of(settings: Settings, name: str, backfill_id: int, dates: list[str]) -> list[tuple[str, str]]:
    """The runs of a backfill, by their logical dates."""
    path = f"/dags/{quote(name)}/dagRuns"
    query = {"limit": 100, "logical_date_gte": min(dates), "logical_date_lte": max(dates)}
    runs = call(settings, "GET", path, query=query)["dag_runs"]
    by_date = {one["logical_date"]: one["dag_run_id"] for one in runs}
    missing = [one for one in dates if one not in by_date]
    if missing:
        raise SandboxError(f"The backfill {backfill_id} of {name} has no run for {', '.join(missing)}.")
    return [(one, by_date[one]) for one in sorted(dates)]
