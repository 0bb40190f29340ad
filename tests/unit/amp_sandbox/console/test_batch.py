"""The numbers of the batch path, from made-up answers of Glue, EMR, S3, Airflow and the warehouse."""

from datetime import UTC, datetime
from typing import Any

import pytest

from amp_sandbox import aws
from amp_sandbox.console.collect import Facts, airflow, batch, warehouse
from amp_sandbox.settings import Settings

DAY = datetime(2026, 3, 2, tzinfo=UTC)


class Pages:
    """A paginator with one page; counts how often it is asked."""

    def __init__(self, page: dict[str, Any]) -> None:
        self.page, self.asked = page, 0

    def paginate(self, **_request: Any) -> list[dict[str, Any]]:
        self.asked += 1
        return [self.page]


class FakeAws:
    def __init__(self) -> None:
        self.runs: list[dict[str, Any]] = []
        self.crawlers: list[dict[str, Any]] = []
        self.objects = Pages({"Contents": [{"Key": "events/a.parquet", "Size": 10}, {"Key": "b", "Size": 5}]})

    def list_virtual_clusters(self) -> Any:
        return {"virtualClusters": [{"id": "c", "state": "RUNNING"}, {"id": "old", "state": "TERMINATED"}]}

    def get_paginator(self, operation: str) -> Pages:
        answers = {
            "list_job_runs": lambda: Pages({"jobRuns": self.runs}),
            "get_crawlers": lambda: Pages({"Crawlers": self.crawlers}),
            "get_tables": lambda: Pages({"TableList": [{"Name": "a"}, {"Name": "b"}]}),
            "list_objects_v2": lambda: self.objects,
        }
        return answers[operation]()

    class exceptions:  # noqa: N801 - as boto3 names it
        class EntityNotFoundException(Exception):  # noqa: N818
            pass


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    made = FakeAws()
    monkeypatch.setattr(aws, "client", lambda _settings, _service: made)
    return made


def by_hop() -> dict[str, Any]:
    return {hop: collector for collector in batch.batch_collectors(Settings()) for hop in collector.hops}


def run(state: str, name: str = "events", **more: Any) -> dict[str, Any]:
    return {"id": "r", "name": name, "state": state, "createdAt": DAY, **more}


def test_the_bucket_is_listed_again_only_when_another_run_has_ended(fake: FakeAws) -> None:
    jobs = by_hop()["spark"]
    first = jobs.collect()
    jobs.collect()
    assert fake.objects.asked == 1
    fake.runs = [run("RUNNING")]
    assert jobs.collect()["spark"].state == "moving"
    assert fake.objects.asked == 1
    fake.runs = [run("COMPLETED", finishedAt=DAY)]
    found = jobs.collect()
    assert fake.objects.asked == 2
    assert (first["spark"].state, found["spark"].state, found["spark"].headline) == ("idle", "ready", "1")
    assert (found["transformed"].headline, found["transformed"].numbers[0].value) == ("2", "15 B")


def test_runs_under_way_are_named_and_a_failure_stands_out_until_another_run_succeeds(fake: FakeAws) -> None:
    jobs = by_hop()["spark"]
    fake.runs = [run("RUNNING", "sessions"), run("FAILED", finishedAt=DAY)]
    assert (jobs.collect()["spark"].state, jobs.collect()["spark"].note) == ("failing", "Now: sessions.")
    fake.runs = [run("FAILED", "sessions", finishedAt=DAY)]
    assert jobs.collect()["spark"].note == "The last run failed: sessions."
    fake.runs = [run("COMPLETED", finishedAt=DAY), run("FAILED", finishedAt=DAY)]
    found = jobs.collect()["spark"]
    assert (found.state, [(n.label, n.value) for n in found.numbers if n.bad]) == ("ready", [("failed", "1")])


@pytest.mark.parametrize(
    ("crawlers", "state", "note"),
    [
        ([{"Name": "a", "State": "READY"}], "idle", ""),
        ([{"Name": "a", "State": "RUNNING"}], "moving", ""),
        ([{"Name": "a", "State": "READY", "LastCrawl": {"Status": "SUCCEEDED", "StartTime": DAY}}], "ready", ""),
        (
            [{"Name": "a", "State": "READY", "LastCrawl": {"Status": "FAILED", "StartTime": DAY}}],
            "failing",
            "The last crawl of a failed.",
        ),
    ],
)
def test_crawlers(fake: FakeAws, crawlers: list[dict[str, Any]], state: str, note: str) -> None:
    fake.crawlers = crawlers
    found = by_hop()["crawlers"].collect()["crawlers"]
    assert (found.state, found.note) == (state, note)


def test_tables_of_both_databases_are_counted(fake: FakeAws) -> None:
    found = by_hop()["catalog"].collect()["catalog"]
    assert (found.headline, [one.value for one in found.numbers]) == ("4", ["2", "2"])


def test_looking_does_not_call_an_airflow_that_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def call(*_given: Any, **_named: Any) -> Any:
        raise AssertionError("called, which would start it")

    monkeypatch.setattr(airflow, "is_up", lambda _settings: False)
    monkeypatch.setattr(airflow, "call", call)
    (collector,) = airflow.airflow_collectors(Settings())
    assert collector.collect()["airflow"].state == "off"


def test_runs_of_an_airflow_that_runs_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [{"state": state} for state in ("running", "success", "failed", "success")]
    monkeypatch.setattr(airflow, "is_up", lambda _settings: True)
    monkeypatch.setattr(airflow, "call", lambda *_given, **_named: {"dag_runs": runs})
    (collector,) = airflow.airflow_collectors(Settings())
    found = collector.collect()["airflow"]
    assert (found.state, found.headline) == ("moving", "2")
    assert {one.label: one.value for one in found.numbers} == {"under way": "1", "failed": "1"}


class Answer:
    def __init__(self, *rows: tuple[Any, ...]) -> None:
        self.rows = iter(rows)


def test_marts_are_counted_as_the_analyst(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def query(_settings: Settings, user: str, sql: str) -> list[Answer]:
        asked.append((user, sql))
        if "svv_tables" in sql:
            return [Answer(("daily_flash",), ('odd"name',))]
        return [Answer((datetime(2026, 3, 1).date(),))] if "max(dt)" in sql else [Answer((1, 7), (0, 30))]  # noqa: DTZ001

    monkeypatch.setattr(warehouse, "query", query)
    (collector,) = warehouse.warehouse_collectors(Settings())
    found: Facts = collector.collect()["warehouse"]
    assert (found.state, found.headline) == ("ready", "37")
    assert [one.value for one in found.numbers] == ["2", "2026-03-01"]
    assert {user for user, _ in asked} == {"analyst"}
    assert 'marts."odd""name"' in asked[1][1]


def test_a_warehouse_without_marts_has_nothing_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse, "query", lambda *_given: [Answer()])
    (collector,) = warehouse.warehouse_collectors(Settings())
    assert collector.collect()["warehouse"].state == "idle"
