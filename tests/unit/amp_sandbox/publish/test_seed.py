import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from botocore.exceptions import ClientError

from amp_sandbox import aws
from amp_sandbox.errors import SandboxError
from amp_sandbox.publish import ledger
from amp_sandbox.publish import seed as seeding
from amp_sandbox.publish.catalog import Imported
from amp_sandbox.publish.seed import Plan, Progress, Seeded, seed
from amp_sandbox.publish.streams import app_events, catalog_changes, record_id
from amp_sandbox.settings import Settings


class FakeAws:
    """SNS and Kinesis that take everything, and the catalogue service: what reached them, in the order of arrival."""

    class exceptions:  # noqa: N801 - as boto3 names it
        class ResourceNotFoundException(ClientError):  # noqa: N818
            pass

        class NotFoundException(ClientError):  # noqa: N818
            pass

    def __init__(self) -> None:
        self.log: list[tuple[str, Any]] = []
        self.missing = ""

    def describe_stream_summary(self, **_: Any) -> None:
        if self.missing == "stream":
            raise self.exceptions.ResourceNotFoundException({}, "DescribeStreamSummary")

    def get_topic_attributes(self, **_: Any) -> None:
        if self.missing == "topic":
            raise self.exceptions.NotFoundException({}, "GetTopicAttributes")

    def put_records(self, *, StreamName: str, Records: list[dict[str, Any]]) -> Any:  # noqa: N803
        self.log += [("event", record) for record in Records]
        return {"Records": [{"ShardId": "shardId-000000000000", "SequenceNumber": "1"} for _ in Records]}

    def publish_batch(self, *, TopicArn: str, PublishBatchRequestEntries: list[dict[str, Any]]) -> Any:  # noqa: N803
        self.log += [("change", json.loads(entry["Message"])) for entry in PublishBatchRequestEntries]
        return {"Successful": [{"Id": entry["Id"], "MessageId": "m"} for entry in PublishBatchRequestEntries]}

    def of(self, kind: str) -> list[Any]:
        return [what for which, what in self.log if which == kind]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    fake = FakeAws()

    class FakeCatalogApi:
        def __init__(self, url: str) -> None:
            pass

        def load(self, documents: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Imported]:
            fake.log += [("document", (kind, dict(data))) for kind, data in documents]
            yield Imported(stored=len(fake.of("document")))

        def put_show(self, show: Mapping[str, Any]) -> None:
            fake.log.append(("show", show["show_id"]))

    monkeypatch.setattr(aws, "client", lambda *_: fake)
    monkeypatch.setattr(seeding, "CatalogApi", FakeCatalogApi)
    return fake


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Seeded]:
    return lambda **plan: seed(Settings(home=tmp_path), Plan(**({"changes": 20, "events": 500} | plan)))


def ids(settings: Settings, stream: str) -> Counter[str]:
    files = ledger.files(settings, stream)
    query = f"SELECT record_id FROM {ledger.relation('$files')}"
    return Counter(row[0] for row in duckdb.connect().execute(query, {"files": files}).fetchall())


def test_the_ledger_has_what_was_published(tmp_path: Path, fake: FakeAws, run: Callable[..., Seeded]) -> None:
    seeded = run()
    settings = Settings(home=tmp_path)
    sent = [json.loads(record["Data"]) for record in fake.of("event")]
    assert (seeded.changes, seeded.events) == (20, 500)
    assert ids(settings, "app-events") == Counter(event["event_id"] for event in sent)
    assert ids(settings, "show-catalog") == Counter(change["change_id"] for change in fake.of("change"))
    assert all(record["PartitionKey"] == json.loads(record["Data"])["user_id"] for record in fake.of("event"))


def test_some_events_are_published_twice_on_purpose(fake: FakeAws, run: Callable[..., Seeded]) -> None:
    seeded = run(changes=0, events=3_000)
    published = Counter(json.loads(record["Data"])["event_id"] for record in fake.of("event"))
    assert seeded.repeated == sum(times - 1 for times in published.values()) > 0


def test_the_catalogue_is_loaded_first_and_a_show_is_stored_before_it_is_announced(
    fake: FakeAws, run: Callable[..., Seeded]
) -> None:
    seeded = run()
    kinds = [kind for kind, _ in fake.log]
    assert set(kinds[: seeded.catalogue.stored]) == {"document"}
    stored = {data["show_id"] for kind, data in fake.of("document") if kind == "show"}
    for kind, what in fake.log:
        if kind == "show":
            stored.add(what)
        elif kind == "change":
            assert what["show_id"] in stored


def test_half_of_the_changes_announce_shows_that_are_known_each_in_one_run(
    fake: FakeAws, run: Callable[..., Seeded]
) -> None:
    known = set()
    for number in range(3):
        fake.log.clear()
        run(changes=20, events=1)
        put = Counter(fake.of("show"))
        announced = [c for c in fake.of("change") if c["show_id"] not in put and c["change_type"] == "show_created"]
        assert len(announced) >= 10 - number
        assert not known & {change["show_id"] for change in announced}
        known |= {change["show_id"] for change in announced}


def test_another_run_publishes_other_records(tmp_path: Path, fake: FakeAws, run: Callable[..., Seeded]) -> None:
    run(changes=20, events=0)
    run(changes=20, events=0)
    run(changes=0, events=100)
    run(changes=0, events=100)
    settings = Settings(home=tmp_path)
    assert max(ids(settings, "show-catalog").values()) == 1
    assert len(ids(settings, "app-events")) > 180


def test_the_same_plan_on_another_sandbox_publishes_the_same(
    tmp_path: Path, fake: FakeAws, run: Callable[..., Seeded]
) -> None:
    run()
    first = (fake.of("change"), Counter(record["Data"] for record in fake.of("event")))
    fake.log.clear()
    seed(Settings(home=tmp_path / "other"), Plan(changes=20, events=500))
    assert (fake.of("change"), Counter(record["Data"] for record in fake.of("event"))) == first


def test_flawed_input_is_published_or_refused_and_named(
    tmp_path: Path, fake: FakeAws, run: Callable[..., Seeded]
) -> None:
    fake.publish_batch = lambda **request: {  # type: ignore[method-assign] - not all of it is JSON
        "Successful": [{"Id": e["Id"], "MessageId": "m"} for e in request["PublishBatchRequestEntries"]]
    }
    seeded = run(changes=0, events=0, bad=True)
    settings = Settings(home=tmp_path)
    assert {flaw.name for flaw in seeded.planted if not flaw.published} == {"over_sns_limit", "over_kinesis_limit"}
    assert {refused.record_id for refused in seeded.refused} == {f.record_id for f in seeded.planted if not f.published}
    for stream in (catalog_changes(settings), app_events(settings)):
        published = Counter(f.record_id for f in seeded.planted if f.published and f.stream == stream.name)
        assert ids(settings, stream.name) == published
    assert record_id(app_events(settings), b"") in {flaw.record_id for flaw in seeded.planted}


def test_an_interrupt_answers_what_was_published(
    tmp_path: Path, fake: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        seen.append(progress)
        if progress.phase == "publish" and progress.done >= 2_000:
            raise KeyboardInterrupt

    seeded = seed(Settings(home=tmp_path), Plan(changes=0, events=5_000), interrupt)
    assert seeded.interrupted
    assert 0 < seeded.events == len(fake.of("event")) < 5_000
    assert ids(Settings(home=tmp_path), "app-events").total() == seeded.events
    assert seen[0].phase == "catalogue"


def test_with_a_rate_events_happen_now_and_wait_their_turn(fake: FakeAws, run: Callable[..., Seeded]) -> None:
    seeded = run(changes=0, events=30, rate=100)
    assert seeded.seconds > 0.15
    times = {json.loads(record["Data"])["event_time"][:10] for record in fake.of("event")}
    assert len(times) <= 2
    assert len(fake.of("event")) == 30


@pytest.mark.parametrize("missing", ["stream", "topic"])
def test_an_empty_sandbox_is_told_before_anything_is_sent(
    fake: FakeAws, run: Callable[..., Seeded], missing: str
) -> None:
    fake.missing = missing
    with pytest.raises(SandboxError, match=f"The template is not deployed: the {missing}"):
        run()
    assert fake.log == []
