"""Following runs of a DAG to their end: each task is a step, and a failure says which task, why, and where to look.

https://airflow.apache.org/docs/apache-airflow/3.2.1/core-concepts/tasks.html#task-instances
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from amp_sandbox.dags.rest import RestError, call
from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import OnProgress, Step
from amp_sandbox.settings import Settings

DEADLINE_SECONDS = 3 * 3600
POLL_SECONDS = 0.5
_PAGE = 100
_ENDED = ("success", "failed")
_STEPS: Mapping[str, Literal["done", "failed"]] = {
    "success": "done",
    "skipped": "done",
    "failed": "failed",
    "upstream_failed": "failed",
}
_NOT_YET = ("", "scheduled", "queued", "removed")


@dataclass(frozen=True)
class TaskRun:
    """How a task of a run ended. `seconds` are of all its tries and of what they waited for; None if it never began."""

    task: str
    state: str
    tries: int
    seconds: float | None


@dataclass(frozen=True)
class DagRun:
    """A run that has succeeded."""

    dag: str
    run_id: str
    logical_date: str | None
    seconds: float
    tasks: tuple[TaskRun, ...]
    url: str


def follow(settings: Settings, dag: str, run_id: str, on_progress: OnProgress, prefix: str = "") -> DagRun:
    """Tell of each task of a run until the run has ended; `prefix` goes before the tasks' names.

    Raises SandboxError when it fails, with what its failed tasks said last.
    """
    shown: dict[str, tuple[str, str]] = {}
    begun: dict[str, float] = {}
    took: dict[str, float] = {}
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        # The run first: what its tasks are when it has ended, they remain.
        run = call(settings, "GET", _path(dag, run_id))
        tasks = _tasks(settings, dag, run_id)
        for task in tasks:
            _measure(task, begun, took)
            _show(task, took.get(_name(task), 0.0), shown, on_progress, prefix)
        if run["state"] in _ENDED:
            break
        if time.monotonic() > deadline:
            raise SandboxError(
                f"The run {run_id} of {dag} has not ended.", f"It is {run['state']}.", _look(settings, dag)
            )
        time.sleep(POLL_SECONDS)
    if run["state"] == "failed":
        raise _failure(settings, dag, run_id, tasks)
    return DagRun(
        dag,
        run_id,
        run["logical_date"],
        _between(run["start_date"], run["end_date"]) or 0.0,
        tuple(TaskRun(_name(one), one["state"] or "none", one["try_number"], took.get(_name(one))) for one in tasks),
        run_url(settings, dag, run_id),
    )


def run_url(settings: Settings, dag: str, run_id: str) -> str:
    """The page of a run."""
    return f"{settings.airflow_url}/dags/{quote(dag)}/runs/{quote(run_id)}"


def _tasks(settings: Settings, dag: str, run_id: str) -> list[dict[str, Any]]:
    """The run's tasks in the order in which they began; those that have not yet, last."""
    found: list[dict[str, Any]] = []
    while True:
        query = {"limit": _PAGE, "offset": len(found)}
        page = call(settings, "GET", f"{_path(dag, run_id)}/taskInstances", query=query)
        found += page["task_instances"]
        if not page["task_instances"] or len(found) >= page["total_entries"]:
            return sorted(found, key=lambda one: (one["start_date"] is None, one["start_date"] or "", one["task_id"]))


def _measure(task: Mapping[str, Any], begun: dict[str, float], took: dict[str, float]) -> None:
    """How long a task took, from when it was first seen to run: Airflow's figure is of its last stretch of work alone.

    One that began and ended between two looks has only that figure.
    """
    name, now = _name(task), time.monotonic()
    if (task["state"] or "") in _NOT_YET:
        return
    began = begun.setdefault(name, now)
    if task["state"] in _STEPS and task["start_date"] and name not in took:
        took[name] = max(now - began, task["duration"] or 0.0)


def _show(
    task: Mapping[str, Any], seconds: float, shown: dict[str, tuple[str, str]], on_progress: OnProgress, prefix: str
) -> None:
    """Tell of a task when it is in another state than before."""
    name, state = prefix + _name(task), task["state"] or ""
    tries = f"try {task['try_number']}" if task["try_number"] > 1 else ""
    detail = ", ".join(part for part in ("" if state in ("success", "running") else _words(state), tries) if part)
    now = (state, detail)
    if state in _NOT_YET or shown.get(name) == now:
        return
    shown[name] = now
    on_progress(Step(name, _STEPS.get(state, "started"), seconds, detail))


def _words(state: str) -> str:
    words = {
        "deferred": "waits for it to end",
        "failed": "",
        "up_for_retry": "failed, tries again soon",
        "upstream_failed": "not tried, as what it needs failed",
    }
    return words.get(state, state.replace("_", " "))


def _failure(settings: Settings, dag: str, run_id: str, tasks: Sequence[Mapping[str, Any]]) -> SandboxError:
    failed = [task for task in tasks if task["state"] == "failed"]
    lines = [f"{_name(task)}: {_reason(settings, dag, run_id, task)}" for task in failed]
    names = ", ".join(_name(task) for task in failed)
    return SandboxError(
        f"The DAG {dag} failed{f' in {names}' if names else ''}.",
        "\n".join(lines) or "No task of it says why.",
        f"The whole run: {run_url(settings, dag, run_id)}\n{_look(settings, dag)}",
    )


def _reason(settings: Settings, dag: str, run_id: str, task: Mapping[str, Any]) -> str:
    """The error at the end of a task's log."""
    path = f"{_path(dag, run_id)}/taskInstances/{quote(task['task_id'])}/logs/{task['try_number']}"
    try:
        content = call(settings, "GET", path, query={"map_index": task["map_index"], "full_content": "true"})["content"]
    except RestError as error:
        return f"its log cannot be had ({error.detail})"
    for entry in reversed(content):
        if not isinstance(entry, dict):
            continue
        for problem in reversed(entry.get("error_detail") or []):
            return f"{problem.get('exc_type', '')}: {problem.get('exc_value', '')}"
    errors = [entry["event"] for entry in content if isinstance(entry, dict) and entry.get("level") == "error"]
    return str(errors[-1]) if errors else "its log names no error"


def _look(settings: Settings, dag: str) -> str:
    return f"What to do about it is in its description: {settings.airflow_url}/dags/{quote(dag)} (sandbox dag login)"


def _path(dag: str, run_id: str) -> str:
    return f"/dags/{quote(dag, safe='')}/dagRuns/{quote(run_id, safe='')}"


def _name(task: Mapping[str, Any]) -> str:
    return f"{task['task_id']}[{task['map_index']}]" if task["map_index"] >= 0 else str(task["task_id"])


def _between(start: str | None, end: str | None) -> float | None:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() if start and end else None
