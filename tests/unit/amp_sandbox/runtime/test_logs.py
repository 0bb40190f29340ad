from pathlib import Path
from typing import Any

import pytest

from amp_sandbox import aws, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime import log_files, logs
from amp_sandbox.runtime.facts import Line
from amp_sandbox.runtime.logs import read
from amp_sandbox.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    paths.logs_dir(tmp_path).mkdir()
    return Settings(home=tmp_path)


def write(settings: Settings, name: str, text: str) -> Path:
    path = paths.logs_dir(settings.home) / f"{name}.log"
    path.write_text(text)
    return path


def test_the_last_lines_of_every_service_come_with_its_name(settings: Settings) -> None:
    write(settings, "localstack", "one\ntwo\nthree\n")
    write(settings, "standins", "a\n")
    assert list(read(settings, None, 2)) == [
        Line("localstack", "two"),
        Line("localstack", "three"),
        Line("standins", "a"),
    ]


def test_one_service_can_be_chosen(settings: Settings) -> None:
    write(settings, "localstack", "one\n")
    write(settings, "supervisord", "two\n")
    assert list(read(settings, "supervisord", 5)) == [Line("supervisord", "two")]


def test_an_unknown_name_is_an_error_that_tells_the_known_ones(settings: Settings) -> None:
    with pytest.raises(
        SandboxError, match=r"catalog_api, localstack, standins, warehouse, .*supervisord, lambda/<function>"
    ):
        read(settings, "localstak", 5)


def test_following_goes_on_with_what_is_added(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(settings, "localstack", "old\n")
    later = iter(["new\nhal", "f\n"])

    def sleep(seconds: float) -> None:
        with path.open("a") as file:
            file.write(next(later))

    monkeypatch.setattr(log_files.time, "sleep", sleep)
    lines = read(settings, "localstack", 1, follow=True)
    assert [next(lines).text for _ in range(3)] == ["old", "new", "half"]


def test_following_goes_on_in_the_new_file_when_the_log_is_rotated(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text("old\n")
    tail = log_files.Tail(path)
    path.replace(tmp_path / "x.log.1")
    path.write_text("first of the new file, longer than the old one\n")
    assert tail.new_lines() == ["first of the new file, longer than the old one"]
    assert tail.new_lines() == []


def test_following_starts_at_the_beginning_of_a_file_that_comes_later(tmp_path: Path) -> None:
    tail = log_files.Tail(tmp_path / "x.log")
    assert tail.new_lines() == []
    (tmp_path / "x.log").write_text("first\n")
    assert tail.new_lines() == ["first"]


class FakeLogs:
    """CloudWatch Logs with one group, answering in pages as boto3's paginators do."""

    def __init__(self, group: str, events: list[dict[str, Any]]) -> None:
        self.group, self.events = group, events

    def get_paginator(self, operation: str) -> "FakePaginator":
        return FakePaginator(self, operation)


class FakePaginator:
    def __init__(self, fake: FakeLogs, operation: str) -> None:
        self._fake, self._operation = fake, operation

    def paginate(self, **parameters: Any) -> list[dict[str, Any]]:
        if self._operation == "describe_log_groups":
            return [{"logGroups": []}, {"logGroups": [{"logGroupName": self._fake.group}]}]
        assert parameters["logGroupName"] == self._fake.group
        found = [event for event in self._fake.events if event["timestamp"] >= parameters["startTime"]]
        return [{"events": found[:1]}, {"events": found[1:]}]


def event(number: int, message: str) -> dict[str, Any]:
    return {"eventId": str(number), "timestamp": number * 1000, "message": message}


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> FakeLogs:
    fake = FakeLogs(
        "/aws/lambda/catalog-ingest-local",
        [event(2, "END"), event(1, "START"), event(3, "REPORT\n"), event(4, "Traceback\n  line\n")],
    )
    monkeypatch.setattr(aws, "client", lambda settings, service: {"logs": fake}[service])
    return fake


@pytest.mark.parametrize("name", ["catalog-ingest", "catalog-ingest-local"])
def test_a_functions_log_is_found_with_and_without_the_stage(
    settings: Settings, cloudwatch: FakeLogs, name: str
) -> None:
    found = list(read(settings, f"lambda/{name}", 3))
    assert {line.source for line in found} == {"lambda/catalog-ingest-local"}
    assert [line.text for line in found] == ["END", "REPORT", "Traceback", "  line"]


def test_an_unknown_function_is_an_error_that_tells_the_known_ones(settings: Settings, cloudwatch: FakeLogs) -> None:
    with pytest.raises(SandboxError, match="lambda/catalog-ingest-local"):
        list(read(settings, "lambda/other", 3))


def test_following_a_function_shows_each_event_once_also_a_late_one(
    settings: Settings, cloudwatch: FakeLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = iter([event(9, "nine"), event(8, "eight, late"), event(10, "ten")])
    monkeypatch.setattr(logs.time, "sleep", lambda seconds: cloudwatch.events.append(next(later)))
    lines = read(settings, "lambda/catalog-ingest", 0, follow=True)
    assert [next(lines).text for _ in range(3)] == ["nine", "eight, late", "ten"]
