"""The logs of a deployed function, read from CloudWatch Logs.

Which lines are wanted is decided here: LocalStack knows few filter patterns, and answers everything for the others.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from support.waiting import eventually

LOGGED_SECONDS = 20.0


@dataclass(frozen=True)
class FunctionLogs:
    """The log group of one function, from a moment on: by default, when this is made."""

    client: Any
    function: str
    since_ms: int = field(default_factory=lambda: int(time.time() * 1000))

    @property
    def group(self) -> str:
        """Its name."""
        return f"/aws/lambda/{self.function}"

    def about(self, term: str) -> list[str]:
        """The log lines in which a term occurs; those of one execution environment in the order they were written."""
        pages = self.client.get_paginator("filter_log_events").paginate(
            logGroupName=self.group, startTime=self.since_ms
        )
        lines = (event["message"] for page in pages for event in page["events"])
        return [line for line in lines if term in line]

    def invocation(self, request_id: str) -> list[str]:
        """All lines of an invocation, once its REPORT is there."""

        def reported(lines: list[str]) -> bool:
            return any(line.startswith("REPORT") for line in lines)

        return self._once(request_id, self.about, reported)

    def structured(self, term: str, ready: Callable[[list[dict[str, Any]]], bool] = bool) -> list[dict[str, Any]]:
        """The JSON lines in which a term occurs, once they are as expected; by default, once there is one."""

        def read(term: str) -> list[dict[str, Any]]:
            return [json.loads(line) for line in self.about(term) if line.startswith("{")]

        return self._once(term, read, ready)

    def not_ingested(self, term: str, attempts: int = 1) -> list[dict[str, Any]]:
        """What catalog-ingest logs of a message that it fails on, by attempt, once there were as many as expected."""
        lines = self.structured(term, lambda seen: len(seen) >= attempts)
        assert {line["message"] for line in lines} == {"not ingested"}
        return sorted(lines, key=lambda line: line["receives"])

    def _once(self, term: str, read: Callable[[str], Any], ready: Callable[[Any], bool]) -> Any:
        what = f"lines of {self.function} about {term}"
        return eventually(lambda: read(term), ready, timeout=LOGGED_SECONDS, what=what)
