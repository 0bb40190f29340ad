import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from amp_sandbox import aws
from amp_sandbox.settings import Settings
from amp_sandbox.trace import logs
from amp_sandbox.trace.logs import LogLine


class FakeLogs:
    """CloudWatch Logs with pages of events; None is a group that does not exist."""

    class exceptions:  # noqa: N801 - as boto3 names it
        class ResourceNotFoundException(ClientError):  # noqa: N818
            pass

    def __init__(self, pages: list[list[tuple[int, str]]] | None) -> None:
        self._pages = pages
        self.asked: dict[str, Any] = {}

    def get_paginator(self, _: str) -> "FakeLogs":
        return self

    def paginate(self, **request: Any) -> Iterator[Any]:
        self.asked = request
        if self._pages is None:
            raise self.exceptions.ResourceNotFoundException({}, "FilterLogEvents")
        for page in self._pages:
            yield {"events": [{"timestamp": at, "message": message} for at, message in page]}


def lines(monkeypatch: pytest.MonkeyPatch, fake: FakeLogs, *names: str) -> list[LogLine]:
    monkeypatch.setattr(aws, "client", lambda *_: fake)
    return logs.lines_about(Settings(), "catalog-ingest-local", names, 5_000)


def test_structured_lines_that_name_the_record_are_found_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def line(**fields: str) -> str:
        return json.dumps({"timestamp": "t", "level": "INFO", "requestId": "r", **fields}) + "\n"

    fake = FakeLogs(
        [
            [(30, line(message="ingested", change_id="c-1", shard_id="s")), (40, line(message="x", change_id="c-2"))],
            [(10, line(message="not ingested", message_id="m-1")), (20, "[INFO] c-1"), (21, '"c-1"'), (22, "START")],
        ]
    )
    assert lines(monkeypatch, fake, "c-1", "m-1") == [
        LogLine(10, {"message": "not ingested", "message_id": "m-1"}),
        LogLine(30, {"message": "ingested", "shard_id": "s"}),
    ]
    assert fake.asked == {"logGroupName": "/aws/lambda/catalog-ingest-local", "startTime": 4_000}


def test_a_function_that_never_ran_has_no_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lines(monkeypatch, FakeLogs(None), "c-1") == []


def test_lines_that_only_contain_the_name_are_not_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    message = json.dumps({"message": "ingested", "change_id": "c-12", "message_id": "m-1", "show_id": "show_1"})
    for name in ("c-1", "show_1", "show_", "ingested"):
        assert lines(monkeypatch, FakeLogs([[(10, message)]]), name) == []
