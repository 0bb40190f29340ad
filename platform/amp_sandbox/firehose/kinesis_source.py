"""Reads a Kinesis stream shard by shard for one delivery stream.

Each shard is read in order, one GetRecords at a time and five a second at most (AWS's limit) unless it is behind; one
that has brought nothing for a while is asked twice a second, so that a sandbox that nobody uses costs little. (AWS asks
once a second.)
A shard that came of a reshard is read after its parents are read to their end, so a key's records stay in order.
Checkpoints move only with `settle`, after the S3 write. Throttling, expired iterators and outages are retried with
a growing pause from the last record read; nothing is ever skipped.

Reading starts at TRIM_HORIZON. AWS starts at LATEST, "at the time the delivery stream is created", and a record put
between the creation of the stream and the delivery stream's becoming active is not delivered there. A sandbox that
is brought up and fed in one go would lose such records by chance; here they are always delivered.

A stream deleted and made again under the same name is noticed by its creation time, at the latest `SURVEY_SECONDS`
later. It is then read from its beginning under new checkpoints; records of it that were read by an old iterator in
the meantime are delivered twice.

https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html
"""

import logging
import sqlite3
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

from amp_sandbox.firehose import store
from amp_sandbox.firehose.clients import Kinesis
from amp_sandbox.firehose.shards import Direct, Record, Shard
from amp_sandbox.firehose.workers import Backoff, Runner

log = logging.getLogger(__name__)

RECORDS_PER_READ = 10_000
BYTES_PER_READ = 10 * 1024 * 1024
POLL_SECONDS = 0.2
IDLE_POLL_SECONDS = 0.5
IDLE_AFTER_SECONDS = 10.0
SURVEY_SECONDS = 2.0


class Survey(NamedTuple):
    """A stream's incarnation and its shards, as Kinesis tells them."""

    created: str
    shards: list[dict[str, Any]]


class _Reader:
    """One shard's reading: its iterator, the call under way, and when the next is due."""

    def __init__(self, shard: Shard, parents: frozenset[str]) -> None:
        self.shard = shard
        self.parents = parents
        self.closed = False
        self.iterator: str | None = None
        self.call: Future[Any] | None = None
        self.due = 0.0
        self.brought = 0.0  # when it last had records
        self.backoff = Backoff()


class KinesisSource:
    """The records of a Kinesis stream."""

    keeps_records = True

    def __init__(
        self, db: sqlite3.Connection, stream_id: int, source_stream: str, kinesis: Kinesis, runner: Runner
    ) -> None:
        self._db, self._stream_id, self._name = db, stream_id, source_stream
        self._kinesis, self._runner = kinesis, runner
        self._readers: dict[str, _Reader] = {}
        self._ended: list[Shard] = []
        self._survey: Future[Survey] | None = None
        self._survey_due = 0.0
        self._survey_backoff = Backoff()
        self.incarnation = ""
        self.last_error: str | None = None

    def poll(self, now: float, room: int) -> list[Record]:
        """Collect what finished calls brought, and start those that are due while there is room."""
        self._keep_ended(now)
        self._look_around(now)
        records: list[Record] = []
        for reader in self._readers.values():
            if reader.call is not None and reader.call.done():
                records += self._collect(reader, now)
        reading = sum(reader.call is not None for reader in self._readers.values())
        for reader in self._readers.values():
            if (reading + 1) * BYTES_PER_READ > max(room, 0):
                break
            if self._may_read(reader, now):
                reader.call = self._runner.submit(self._read, reader.shard, reader.iterator)
                reading += 1
        return records

    def settle(self, db: sqlite3.Connection, positions: Mapping[Shard | Direct, Sequence[int]], at: float) -> None:
        """Move the checkpoints of the shards concerned; those of an earlier incarnation are past caring."""
        for shard, ordinals in positions.items():
            assert isinstance(shard, Shard)
            shard.settle(ordinals)
            if shard.source_created == self.incarnation:
                store.save_checkpoint(db, self._stream_id, shard.checkpoint(), at=at)

    def recover(self, db: sqlite3.Connection, planned: Sequence[store.Delivery], at: float) -> None:
        """Add records that are in S3 after all to the checkpoints, before anything is read."""
        for delivery in planned:
            kept = store.load_checkpoints(db, self._stream_id, delivery.source_created)
            for shard_id, ordinals in delivery.positions.items():
                start = store.Checkpoint(shard_id, delivery.source_created, None, 0)
                shard = Shard(kept.get(shard_id, start))
                shard.settle(ordinals)
                store.save_checkpoint(db, self._stream_id, shard.checkpoint(), at=at)

    def _may_read(self, reader: _Reader, now: float) -> bool:
        if reader.shard.ended or reader.call is not None or now < max(reader.due, reader.backoff.until):
            return False
        return all(parent not in self._readers or self._readers[parent].shard.ended for parent in reader.parents)

    def _read(self, shard: Shard, iterator: str | None) -> Any:
        """Called by the runner."""
        if iterator is None:
            position = (
                {"ShardIteratorType": "TRIM_HORIZON"}
                if shard.last_read is None
                else {
                    "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                    "StartingSequenceNumber": shard.last_read,
                }
            )
            iterator = self._kinesis.get_shard_iterator(StreamName=self._name, ShardId=shard.id, **position)[
                "ShardIterator"
            ]
        return self._kinesis.get_records(ShardIterator=iterator, Limit=RECORDS_PER_READ)

    def _collect(self, reader: _Reader, now: float) -> list[Record]:
        assert reader.call is not None
        error, call, reader.call = reader.call.exception(), reader.call, None
        if error is not None:
            self._note(f"shard {reader.shard.id} of {self._name}: {error}")
            reader.iterator = None  # an expired one cannot be told from others of no use
            reader.backoff.failed(now)
            return []
        reader.backoff.succeeded()
        answer = call.result()
        records = _records(reader.shard, answer["Records"])
        behind = answer.get("MillisBehindLatest") or 0
        reader.iterator = answer.get("NextShardIterator")
        if records:
            reader.brought = now
        idle = now - reader.brought > IDLE_AFTER_SECONDS
        reader.due = now if behind and answer["Records"] else now + (IDLE_POLL_SECONDS if idle else POLL_SECONDS)
        # moto hands out iterators of closed shards for ever; AWS stops at the shard's end.
        if reader.iterator is None or (reader.closed and not answer["Records"] and not behind):
            self._end(reader)
        return records

    def _end(self, reader: _Reader) -> None:
        reader.shard.ended = True
        self._ended.append(reader.shard)
        self._survey_due = 0.0  # its children are to be found

    def _keep_ended(self, now: float) -> None:
        """Keep that shards have ended: before anything is collected, which an error of the store would lose."""
        while self._ended:
            store.save_checkpoint(self._db, self._stream_id, self._ended[0].checkpoint(), at=now)
            del self._ended[0]

    def _look_around(self, now: float) -> None:
        """Keep the list of shards current, and notice when it is another stream's."""
        if self._survey is None:
            if now >= max(self._survey_due, self._survey_backoff.until):
                self._survey = self._runner.submit(self._ask)
            else:
                return
        if not self._survey.done():
            return
        survey, self._survey = self._survey, None
        error = survey.exception()
        if error is not None:
            self._note(f"stream {self._name}: {error}")
            self._survey_backoff.failed(now)
            return
        self._survey_backoff.succeeded()
        self._survey_due = now + SURVEY_SECONDS
        self._adopt(survey.result(), now)
        if all(reader.backoff.failures == 0 for reader in self._readers.values()):
            self.last_error = None

    def _ask(self) -> Survey:
        """Called by the runner."""
        summary = self._kinesis.describe_stream_summary(StreamName=self._name)["StreamDescriptionSummary"]
        shards: list[dict[str, Any]] = []
        request: dict[str, Any] = {"StreamName": self._name}
        while True:
            page = self._kinesis.list_shards(**request)
            shards += page["Shards"]
            if not page.get("NextToken"):
                return Survey(str(summary["StreamCreationTimestamp"]), shards)
            request = {"NextToken": page["NextToken"]}

    def _adopt(self, survey: Survey, now: float) -> None:
        if survey.created != self.incarnation:
            if self.incarnation:
                log.warning("stream %s was made again: reading it from its beginning", self._name)
            self.incarnation = survey.created
            self._readers = {}
            if store.drop_other_checkpoints(self._db, self._stream_id, survey.created):
                log.info("forgot the checkpoints of an earlier stream %s", self._name)
        known = store.load_checkpoints(self._db, self._stream_id, self.incarnation)
        listed: set[str] = {shard["ShardId"] for shard in survey.shards}
        for facts in survey.shards:
            shard_id = facts["ShardId"]
            if shard_id not in self._readers:
                start = store.Checkpoint(shard_id, self.incarnation, None, 0)
                parents = listed & {facts.get("ParentShardId"), facts.get("AdjacentParentShardId")}
                self._readers[shard_id] = _Reader(Shard(known.get(shard_id, start)), frozenset(parents))
            if "EndingSequenceNumber" in facts["SequenceNumberRange"]:
                self._readers[shard_id].closed = True

    def _note(self, error: str) -> None:
        (log.debug if error == self.last_error else log.warning)("%s", error)
        self.last_error = error


def _records(shard: Shard, got: list[dict[str, Any]]) -> list[Record]:
    fresh = shard.take([one["SequenceNumber"] for one in got])
    return [
        Record(
            shard,
            ordinal,
            got[index]["SequenceNumber"],
            got[index]["PartitionKey"],
            int(got[index]["ApproximateArrivalTimestamp"].timestamp() * 1000),
            got[index]["Data"],
        )
        for index, ordinal in fresh
    ]
