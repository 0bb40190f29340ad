"""Airflow's REST API, played from answers that a test gives it."""

from collections.abc import Mapping
from typing import Any

from amp_sandbox.dags.rest import RestError


class FakeApi:
    """Answers each request from `answers`, by method and path; a list is answered one by one, its last for good."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {"GET /importErrors": {"import_errors": []}}
        self.asked: list[tuple[str, Any]] = []

    def __call__(
        self, _: object, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> Any:
        request = f"{method} {path}"
        self.asked.append((request, body if body is not None else query))
        if request not in self.answers:
            raise RestError(404, "Not Found", path)
        answer = self.answers[request]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def bodies(self, request: str) -> list[Any]:
        """What came with each of these requests."""
        return [given for asked, given in self.asked if asked == request]


def task(name: str, state: str | None, **values: Any) -> dict[str, Any]:
    """A task instance, as the API tells of it."""
    plain = {"try_number": 1, "map_index": -1, "duration": 1.5, "start_date": "2026-03-09T02:00:05Z"}
    return {"task_id": name, "state": state} | plain | values


def tasks(*found: dict[str, Any]) -> dict[str, Any]:
    """A page of task instances."""
    return {"task_instances": list(found), "total_entries": len(found)}


def run_answer(state: str) -> dict[str, Any]:
    """A DAG run, as the API tells of it."""
    return {
        "state": state,
        "logical_date": "2026-03-09T00:00:00Z",
        "start_date": "2026-03-10T02:00:00Z",
        "end_date": "2026-03-10T02:01:40Z",
    }
