"""Runs of DAGs on a sandbox whose Airflow runs: looked up, cleared in part, and waited for."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from amp_sandbox.dags.rest import call
from amp_sandbox.settings import Settings
from support.waiting import eventually

ENDED = ("success", "failed")


class DagRuns:
    """The runs of one DAG."""

    def __init__(self, settings: Settings, dag: str) -> None:
        self.settings, self.dag = settings, dag
        self._path = f"/dags/{quote(dag)}"

    def all(self) -> list[dict[str, Any]]:
        """Every run, the newest first."""
        query = {"order_by": "-run_after", "limit": 100}
        found: list[dict[str, Any]] = call(self.settings, "GET", f"{self._path}/dagRuns", query=query)["dag_runs"]
        return found

    def start(self) -> str:
        """Start a run; answers its id."""
        body: dict[str, Any] = {"logical_date": None, "conf": {}}
        return str(call(self.settings, "POST", f"{self._path}/dagRuns", body=body)["dag_run_id"])

    def clear(self, run_id: str, tasks: Sequence[str], *, downstream: bool = False) -> None:
        """Have tasks of a run that has ended run again, with what follows them or without."""
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": list(tasks),
            "only_failed": False,
            "reset_dag_runs": True,
            "include_downstream": downstream,
        }
        cleared = call(self.settings, "POST", f"{self._path}/clearTaskInstances", body=body)["task_instances"]
        assert {one["task_id"] for one in cleared} >= set(tasks)

    def task(self, run_id: str, task: str) -> dict[str, Any]:
        """A task of a run."""
        path = f"{self._path}/dagRuns/{quote(run_id, safe='')}/taskInstances/{quote(task)}"
        found: dict[str, Any] = call(self.settings, "GET", path)
        return found

    def reaches(self, run_id: str, task: str, *states: str, timeout: float = 120) -> dict[str, Any]:
        """A task of a run, once it is in one of these states."""
        return eventually(
            lambda: self.task(run_id, task),
            lambda seen: seen["state"] in states,
            timeout=timeout,
            what=f"{task} to be {' or '.join(states)}",
        )

    def state(self, run_id: str) -> str:
        """The state of a run."""
        return str(call(self.settings, "GET", f"{self._path}/dagRuns/{quote(run_id, safe='')}")["state"])

    def ends(self, run_id: str, *, timeout: float = 300) -> str:
        """How a run ends."""
        return eventually(
            lambda: self.state(run_id), lambda seen: seen in ENDED, timeout=timeout, what=f"the end of {run_id}"
        )
