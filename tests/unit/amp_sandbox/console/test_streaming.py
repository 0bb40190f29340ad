"""The numbers of the streaming path, from made-up answers of SQS, Kinesis, Firehose and CloudWatch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from amp_sandbox import aws
from amp_sandbox.audit import sources
from amp_sandbox.console.collect import Facts, Rates
from amp_sandbox.console.collect.functions import function_collectors
from amp_sandbox.console.collect.streaming import streaming_collectors
from amp_sandbox.settings import Settings

NOW = 1_772_460_000.0


class FakeAws:
    """Answers of the three services that the collectors ask."""

    def __init__(self) -> None:
        self.depths: dict[str, tuple[int, int, int]] = {}
        self.metrics: dict[tuple[str, str], list[float]] = {}

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> Any:  # noqa: N803
        depth = self.depths.get(QueueUrl.rpartition("/")[2], (0, 0, 0))
        return {"Attributes": {name: str(count) for name, count in zip(AttributeNames, depth, strict=True)}}

    def get_metric_data(self, MetricDataQueries: list[Any], **_span: Any) -> Any:  # noqa: N803
        results = []
        for query in MetricDataQueries:
            metric = query["MetricStat"]["Metric"]
            key = (metric["Dimensions"][0]["Value"], metric["MetricName"])
            results.append({"Id": query["Id"], "Values": self.metrics.get(key, [])})
        return {"MetricDataResults": results}


def delivery(**changed: Any) -> dict[str, Any]:
    """Firehose's own page on a stream through which 120 records went."""
    return {
        "checkpoints": {"shardId-0": {"sequence": "7", "records": 120}},
        "buffered": {"records": 0, "bytes": 0},
        "delivered": {"data_records": 118, "data_objects": 4, "data_bytes": 9_000, "processing-failed_records": 2},
        "last_delivery_at": NOW - 3,
        "last_error": None,
        "failure": None,
    } | changed


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    made = FakeAws()
    monkeypatch.setattr(aws, "client", lambda _settings, _service: made)
    monkeypatch.setattr("time.time", lambda: NOW)
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def collected(settings: Settings) -> Mapping[str, Facts]:
    rates = Rates()
    found: dict[str, Facts] = {}
    for collector in (*streaming_collectors(settings, rates), *function_collectors(settings, rates)):
        told = collector.collect()
        assert set(told) == set(collector.hops)
        found |= told
    return found


def numbers(facts: Facts) -> dict[str, str]:
    return {one.label: one.value for one in facts.numbers}


def pretend(monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any], behind_ms: int | None = None) -> None:
    monkeypatch.setattr(sources, "delivery_facts", lambda _settings, _stream: facts)
    records = [] if behind_ms is None else [sources.KinesisRecord("shardId-0", "8", int(NOW * 1000) - behind_ms, b"")]
    monkeypatch.setattr(sources, "stream_records", lambda *_, **__: iter(records))


def test_an_untouched_platform_has_nothing_yet(
    fake: FakeAws, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, delivery(checkpoints={}, delivered={}, last_delivery_at=None))
    found = collected(settings)
    idle = {name for name, facts in found.items() if facts.state == "idle"}
    assert idle == set(found) - {"queue"}
    assert (found["queue"].state, found["queue"].headline) == ("ready", "0")


def test_records_that_are_through_are_counted_and_failed_ones_stand_out(
    fake: FakeAws, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, delivery())
    found = collected(settings)
    assert (found["catalog_stream"].headline, found["catalog_stream"].state) == ("120", "ready")
    assert (found["events_delivery"].headline, found["events_delivery"].state) == ("118", "ready")
    assert numbers(found["events_delivery"]) == {"now": "–", "behind": "nothing", "failed": "2"}  # noqa: RUF001
    assert [one.label for one in found["events_delivery"].numbers if one.bad] == ["failed"]
    assert found["raw"].headline == "8"  # 4 objects of each stream
    assert found["raw"].state == "failing"
    assert numbers(found["raw"]) == {
        "show_catalog/": "118",
        "app_events/": "118",
        "errors/": "4",
        "size": "18.0 kB",
        "newest": "3 s ago",
    }


@pytest.mark.parametrize(("behind_ms", "state", "bad"), [(900, "moving", False), (60_000, "waiting", True)])
def test_how_far_firehose_is_behind_is_the_age_of_the_oldest_record_that_is_not_in_the_lake(
    fake: FakeAws, settings: Settings, monkeypatch: pytest.MonkeyPatch, behind_ms: int, state: str, bad: bool
) -> None:
    pretend(monkeypatch, delivery(buffered={"records": 5, "bytes": 10}), behind_ms)
    found = collected(settings)["catalog_delivery"]
    assert found.state == state
    assert {one.label: one.bad for one in found.numbers}["behind"] is bad


def test_an_error_of_firehose_is_told(fake: FakeAws, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, delivery(last_error="Lambda.InvokeAccessDenied"))
    found = collected(settings)["catalog_delivery"]
    assert (found.state, found.note) == ("failing", "Lambda.InvokeAccessDenied")


def test_a_queue_with_dead_letters_asks_to_be_looked_at(
    fake: FakeAws, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, delivery())
    fake.depths = {settings.queue_name: (3, 10, 1), settings.dead_letter_queue_name: (2, 0, 0)}
    found = collected(settings)["queue"]
    assert (found.state, found.headline) == ("failing", "4")  # waiting, and waiting for their delay
    assert numbers(found) == {"being handled": "10", "dead letters": "2"}


def test_functions_are_counted_by_cloudwatch(
    fake: FakeAws, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, delivery())
    fake.metrics = {
        ("catalog-ingest-local", "Invocations"): [7.0, 5.0],  # two periods of a day touch the last day
        ("show-flattener-local", "Invocations"): [3.0],
        ("show-flattener-local", "Errors"): [1.0],
    }
    found = collected(settings)
    assert (found["ingest"].headline, found["ingest"].state) == ("12", "ready")
    assert numbers(found["flattener"])["errors"] == "1"
    assert found["event_transform"].state == "idle"
