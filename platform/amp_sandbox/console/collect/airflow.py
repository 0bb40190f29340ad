"""The numbers of Airflow's runs, asked through MWAA, and only when Airflow runs: looking does not start it.

**Left out:** runs older than the newest hundred.
"""

from collections import Counter
from typing import Any

from amp_sandbox.console.collect.facts import Collector, Facts, Number, State
from amp_sandbox.console.formats import number
from amp_sandbox.dags.rest import call
from amp_sandbox.runtime import airflow, choice
from amp_sandbox.runtime.health import is_healthy
from amp_sandbox.settings import Settings

RUNS_SHOWN = 100
_UNDER_WAY = ("queued", "running")


def airflow_collectors(settings: Settings) -> tuple[Collector, ...]:
    """The collector of Airflow's runs."""
    return (Collector(("airflow",), 5, lambda: {"airflow": _facts(settings)}),)


def is_up(settings: Settings) -> bool:
    """Whether Airflow runs and answers; nobody is started to find out."""
    services = airflow.services(settings)
    seen = choice.of(settings).glance(settings)
    return seen is not None and {one.name for one in services} <= seen.running and is_healthy(services[0])


def dag_runs(settings: Settings, limit: int = RUNS_SHOWN) -> list[dict[str, Any]]:
    """The newest runs of all DAGs, newest first."""
    query = {"limit": limit, "order_by": "-run_after"}
    found: list[dict[str, Any]] = call(settings, "GET", "/dags/~/dagRuns", query=query)["dag_runs"]
    return found


def _facts(settings: Settings) -> Facts:
    if not is_up(settings):
        return Facts("off", "–", "started when it is needed")  # noqa: RUF001 - an en dash is what is meant
    runs = dag_runs(settings)
    states = Counter(run["state"] for run in runs)
    under_way = sum(states[state] for state in _UNDER_WAY)
    last_failed = next((run for run in runs if run["state"] not in _UNDER_WAY), {}).get("state") == "failed"
    state: State = "failing" if last_failed else "moving" if under_way else "ready"
    numbers = (
        Number("under way", number(under_way)),
        Number("failed", number(states["failed"]), bad=states["failed"] > 0),
    )
    return Facts(state, number(states["success"]), "runs succeeded", numbers)
