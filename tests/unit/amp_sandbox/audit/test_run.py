"""The audit against a pipeline that moves while it is looked at: every read is a chance for every record to move on."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amp_sandbox.audit import Audit, Unsettled, audit, sources, transformed
from amp_sandbox.audit.run import LOOKS, SNS_SECONDS, unsettled
from amp_sandbox.audit.sources import DeliveryState, KinesisRecord
from amp_sandbox.audit.tally import StreamAudit, Tally
from amp_sandbox.errors import SandboxError
from amp_sandbox.lake import connection
from amp_sandbox.publish import ledger
from amp_sandbox.publish.ledger import LedgerFile, Publication
from amp_sandbox.publish.streams import Stream, streams
from amp_sandbox.settings import Settings

NEXT = {"sns": ["queue"], "queue": ["kinesis", "dead"], "kinesis": ["lake", "error"]}


@dataclass
class Record:
    """A record, and the place where it is."""

    stream: Stream
    id: str
    place: str


@dataclass
class Pipeline:
    """A clock that moves with every read, and records that move with it as `random` says."""

    settings: Settings
    random: Random
    records: list[Record] = field(default_factory=list)
    now: float = 1_000.0
    publishing: bool = True
    moving: bool = True
    _unwritten: list[tuple[Stream, Publication]] = field(default_factory=list)

    def publish(self, stream: Stream, name: str) -> None:
        """Publish; as with any publisher, the line is written a moment after the acknowledgement."""
        self.records.append(Record(stream, name, "sns" if stream.queue else "kinesis"))
        self._unwritten.append((stream, Publication(name, int(self.now * 1000), int(self.now * 1000), "p:1")))

    def write_ledger(self) -> None:
        for stream, publication in self._unwritten:
            file = LedgerFile(ledger.folder(self.settings, stream.name), "run")
            file.write([publication])
            file.close()
        self._unwritten.clear()

    def tick(self) -> None:
        """Let time pass: lines are written, records move one place on, new ones are published."""
        self.now += 0.01
        self.write_ledger()
        if self.moving:
            for record in self.records:
                if record.place in NEXT and self.random.random() < 0.5:
                    record.place = self.random.choice(NEXT[record.place])
        if self.publishing and self.random.random() < 0.3:
            stream = self.random.choice(streams(self.settings))
            self.publish(stream, f"new-{len(self.records)}")

    def at(self, stream: Stream, place: str) -> list[str]:
        return [record.id for record in self.records if record.stream == stream and record.place == place]

    # What the audit reads.

    def queue_messages(self, _: Settings, queue: str) -> list[dict[str, Any]]:
        self.tick()
        [stream] = [s for s in streams(self.settings) if s.queue]
        place = "queue" if queue == stream.queue else "dead"
        return [{"Body": json.dumps({stream.id_field: name})} for name in self.at(stream, place)]

    def waiting_messages(self, settings: Settings, queue: str) -> int:
        return len(self.queue_messages(settings, queue))

    def delivery_state(self, _: Settings, stream: Stream) -> DeliveryState:
        self.tick()
        return DeliveryState({}, len(self.at(stream, "lake")))

    def stream_records(
        self, _: Settings, stream: Stream, after: Any, limit: int | None = None
    ) -> Iterator[KinesisRecord]:
        self.tick()
        for name in self.at(stream, "kinesis")[:limit]:
            yield KinesisRecord("shard-0", "1", 0, json.dumps({stream.id_field: name}).encode())

    def object_keys(self, _: Settings, prefix: str) -> list[str]:
        """An object for each record."""
        self.tick()
        [(stream, place)] = [
            (s, place)
            for s in streams(self.settings)
            for place, begin in (("lake", s.lake_prefix), ("error", s.error_prefix))
            if begin == prefix
        ]
        return [f"{prefix}{n}/{name}" for n, name in enumerate(self.at(stream, place))]

    def error_ids(self, _: Settings, stream: Stream, key: str) -> list[str]:
        return [key.rpartition("/")[2]]

    def keep_lines(self, tally: Tally, stream: str, _: str, uris: list[str]) -> None:
        for uri in uris:
            tally.keep(stream, "landed", uri, [uri.rpartition("/")[2]])

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.tick()


def attach(pipeline: Pipeline, patch: pytest.MonkeyPatch) -> None:
    for name in (
        "queue_messages",
        "waiting_messages",
        "delivery_state",
        "stream_records",
        "object_keys",
        "error_ids",
    ):
        patch.setattr(sources, name, getattr(pipeline, name))
    patch.setattr(Tally, "keep_lines", lambda tally, *given: pipeline.keep_lines(tally, *given))
    patch.setattr(connection, "private", lambda _: connection.local())
    patch.setattr(transformed, "audit_transformed", lambda _: ())


def run(
    pipeline: Pipeline, wait: float = 0, on_wait: Callable[[Unsettled], None] = lambda _: None, looks: int = LOOKS
) -> Audit:
    with pytest.MonkeyPatch.context() as patch:
        attach(pipeline, patch)
        patch.setattr("amp_sandbox.audit.run.LOOKS", looks)
        return audit(pipeline.settings, wait, on_wait, clock=lambda: pipeline.now, sleep=pipeline.sleep)


def still(folder: Path, *records: tuple[str, str, str]) -> Pipeline:
    """A pipeline in which nothing moves: (stream, id, place); what was published long ago is in its ledger."""
    by_name = {stream.name: stream for stream in streams(Settings(home=folder))}
    pipeline = Pipeline(Settings(home=folder), Random(0), publishing=False, moving=False)
    for stream, name, place in records:
        pipeline.publish(by_name[stream], name)
        pipeline.records[-1].place = place
    pipeline.write_ledger()
    pipeline.now += SNS_SECONDS + 1
    return pipeline


@settings(deadline=None, max_examples=20)
@given(random=st.randoms(use_true_random=False), count=st.integers(1, 25))
def test_whatever_moves_during_an_audit_nothing_is_called_lost_doubled_or_unrecorded(
    tmp_path_factory: pytest.TempPathFactory, random: Random, count: int
) -> None:
    pipeline = Pipeline(Settings(home=tmp_path_factory.mktemp("home")), random)
    for number in range(count):
        pipeline.publish(random.choice(streams(pipeline.settings)), f"old-{number}")
    pipeline.write_ledger()
    pipeline.now += 0.01
    for account in run(pipeline, looks=1).streams:  # the order of the look alone sees to it
        assert (account.lost, account.duplicates, account.unrecorded) == (0, 0, 0)
        assert account.published == account.landed + account.in_flight + account.dead_lettered + account.failed


def test_every_place_is_accounted_for(tmp_path: Path) -> None:
    pipeline = still(
        tmp_path,
        ("show-catalog", "a", "lake"),
        ("show-catalog", "b", "queue"),
        ("show-catalog", "c", "dead"),
        ("show-catalog", "d", "error"),
        ("show-catalog", "e", "kinesis"),
        ("show-catalog", "f", "gone"),
        ("app-events", "g", "lake"),
        ("app-events", "h", "error"),
        ("app-events", "i", "kinesis"),
        ("app-events", "j", "gone"),
        ("app-events", "j", "gone"),
    )
    found = run(pipeline)
    assert found.streams == (
        StreamAudit("show-catalog", 6, 1, 0, 2, 1, 1, 1, 0),
        StreamAudit("app-events", 5, 1, 0, 1, 0, 1, 2, 0),
    )
    assert found.lost == {"show-catalog": ["f"], "app-events": ["j"]}
    assert not found.clean


def test_what_the_pipeline_doubled_and_what_nobody_recorded_is_counted(tmp_path: Path) -> None:
    pipeline = still(tmp_path, ("app-events", "a", "lake"))
    events = streams(pipeline.settings)[1]
    pipeline.records += [Record(events, "a", "lake"), Record(events, "stray", "lake")]
    assert run(pipeline).streams[1] == StreamAudit("app-events", 1, 1, 1, 0, 0, 0, 0, 1)
    assert run(pipeline).clean


def test_a_change_that_was_just_announced_and_is_nowhere_is_in_flight(tmp_path: Path) -> None:
    pipeline = still(tmp_path, ("show-catalog", "a", "sns"))
    assert run(pipeline).streams[0].lost == 1
    young = still(tmp_path / "young", ("show-catalog", "a", "sns"))
    young.now -= SNS_SECONDS
    assert run(young).streams[0] == StreamAudit("show-catalog", 1, 0, 0, 1, 0, 0, 0, 0)


def test_waiting_ends_when_nothing_is_in_flight(tmp_path: Path) -> None:
    pipeline = Pipeline(Settings(home=tmp_path), Random(1), publishing=False)
    for number in range(30):
        pipeline.publish(streams(pipeline.settings)[number % 2], f"r-{number}")
    pipeline.write_ledger()
    waits: list[Unsettled] = []
    found = run(pipeline, 60, waits.append)
    assert [stream.in_flight for stream in found.streams] == [0, 0]
    assert waits[0].published == 30
    assert (waits[-1].queued, waits[-1].behind) == (0, ())
    assert pipeline.now < 1_060


def test_waiting_ends_at_its_deadline(tmp_path: Path) -> None:
    pipeline = still(tmp_path, ("app-events", "a", "kinesis"))
    waits: list[Unsettled] = []
    began = pipeline.now
    assert run(pipeline, 20, waits.append).streams[1].in_flight == 1
    assert 20 <= pipeline.now - began < 30
    assert waits[-1].behind == ("app-events",)


def test_a_quick_look_tells_what_is_unsettled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = still(tmp_path, ("show-catalog", "a", "queue"), ("app-events", "b", "lake"))
    attach(pipeline, monkeypatch)
    assert unsettled(pipeline.settings, streams(pipeline.settings)) == Unsettled(1, (), 1, 2)


def test_messages_that_stay_in_the_queue_anyhow_are_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = still(tmp_path, ("show-catalog", "a", "queue"), ("app-events", "b", "lake"))
    attach(pipeline, monkeypatch)
    began = pipeline.now
    found = audit(pipeline.settings, 60, besides=1, clock=lambda: pipeline.now, sleep=pipeline.sleep)
    assert [stream.in_flight for stream in found.streams] == [1, 0]
    assert pipeline.now - began < 5


def test_before_anything_was_published_there_is_nothing_to_audit(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="Nothing was published yet"):
        audit(Settings(home=tmp_path))
