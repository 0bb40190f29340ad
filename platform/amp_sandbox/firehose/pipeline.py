"""One delivery stream's engine: from its source through the transform and the buffers into S3.

`Pipeline.tick` is called again and again and never waits: it collects what finished calls brought, starts what is
due, and leaves. All state changes in the tick; the runner's threads only call functions of values and AWS. Reading,
transforming (two invocations at most), compressing and writing overlap, and records keep their order: the
outcomes of batches are taken in the order in which the batches were made.

**At least once.** A record is settled (its checkpoint moved, or its row of PutRecord removed) in the transaction that
confirms its S3 object, never before. The object's key, size and records are stored before it is written, so that after
``kill -9`` `_recover` can ask S3 whether it is there, whole, before anything is read again. What remains: a write that
the killed process had sent, and that S3 completes only after that question, is repeated under another key.

**Bounded memory.** Above `max_held` bytes nothing is read until something is written, and the largest buffer is
written before it is due; AWS too calls its buffering hints hints.

**Retries.** An invocation of the transform that fails is tried again as often as NumberOfRetries says, then its
records go to the error output. Everything else (S3, Glue, an endpoint that does not answer) is tried until it
works.

**Left out:** giving up a delivery to S3, after 24 hours (where AWS loses the data) or after the RetryOptions of
DynamicPartitioningConfiguration, which are accepted and of no effect: see CreateDeliveryStream.
"""

import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from botocore.exceptions import ClientError

from amp_sandbox.firehose import store, transform, writing
from amp_sandbox.firehose.buffers import Buffer, Buffers, Waiting
from amp_sandbox.firehose.clients import Clients
from amp_sandbox.firehose.delivery_log import DeliveryLog
from amp_sandbox.firehose.destination import MIB, StreamConfig
from amp_sandbox.firehose.error_output import Failure
from amp_sandbox.firehose.hive_types import MisfitError
from amp_sandbox.firehose.parquet import ParquetConverter
from amp_sandbox.firehose.processing import Processor, Routed
from amp_sandbox.firehose.shards import DROPPED, Outcome, Record
from amp_sandbox.firehose.sources import Source
from amp_sandbox.firehose.transform import TransformError
from amp_sandbox.firehose.workers import Backoff, Runner
from amp_sandbox.firehose.writing import Encoded, PlannedObject

log = logging.getLogger(__name__)

MAX_HELD_BYTES = 256 * MIB
RECORD_COST = 600
"""What a record takes in memory beside its data, roughly."""

_BATCHES_IN_FLIGHT = 2
_WRITES_IN_FLIGHT = 4
_PLAIN_BATCH_BYTES = 4 * MIB
_PRUNE_EVERY = 200


class _Batch:
    """Records being processed, and the attempts at it."""

    def __init__(self, records: list[Record]) -> None:
        self.records = records
        self.size = sum(len(record.data) for record in records)
        self.attempt = 0
        self.call: Future[Routed] | None = None
        self.backoff = Backoff(first=0.5, limit=30)


class _Write:
    """An object being encoded and written, and the attempts at it."""

    def __init__(self, planned: PlannedObject) -> None:
        self.planned = planned
        self.encoding: Future[Encoded] | None = None
        self.putting: Future[Any] | None = None
        self.encoded = False
        self.backoff = Backoff()


class Pipeline:
    """The engine of one delivery stream, for one version of its settings."""

    def __init__(
        self,
        stream: store.Stream,
        config: StreamConfig,
        *,
        db: sqlite3.Connection,
        source: Source,
        clients: Clients,
        runner: Runner,
        region: str,
        clock: Callable[[], float],
        max_held: int = MAX_HELD_BYTES,
    ) -> None:
        self._stream, self._destination = stream, config.destination
        self._db, self._source, self._clients, self._runner = db, source, clients, runner
        self._clock, self._max_held = clock, max_held
        self._processor = Processor(
            config.destination,
            stream.arn,
            config.source_arn,
            region,
            clients.lambda_,
            lambda: int(clock() * 1000),
        )
        conversion = config.destination.conversion
        self._convert = None if conversion is None else ParquetConverter(conversion, clients.glue, clock)
        self._delivery_log = DeliveryLog(stream, config.destination, clients.logs, runner)
        self._waiting = Waiting()
        self._batches: deque[_Batch] = deque()
        self._buffers = Buffers(config.destination.buffer_bytes, config.destination.buffer_seconds)
        self._writes: list[_Write] = []
        self._recovered = False
        self._recovery = Backoff()
        self._deliveries = 0
        self.draining = False
        """Set when the delivery stream is being deleted: everything is due at once, Kinesis is not read on."""
        self.drained = False
        """With `draining`: whether everything accepted is delivered."""
        self.closing = False
        """Set when this pipeline is to end: nothing is begun any more. What is not in S3 is read again later."""
        self.last_delivery: float | None = None
        self.last_error: str | None = None

    def tick(self) -> None:
        """Do what can be done now, without waiting for anything."""
        now, draining = self._clock(), self.draining
        if self.closing:
            self._run_writes(now)
            return
        if not self._recovered and not self._recover(now):
            return
        self._collect_batches(now)
        polled: Sequence[Record] = []
        if not (draining and self._source.keeps_records):
            polled = self._source.poll(now, self._max_held - self._held())
        self._waiting.add(polled, now)
        self._make_batches(now)
        self._run_batches(now)
        self._collect_batches(now)
        for buffer in self._due(now):
            self._open_write(buffer, now)
        self._run_writes(now)
        held = self._waiting.records or self._batches or self._buffers.count or self._writes
        self.drained = draining and not (polled or held)  # after `polled` there may be more at the source

    def closed(self) -> bool:
        """With `closing`: whether no object is on its way to S3."""
        return all(write.putting is None for write in self._writes)

    def facts(self) -> dict[str, Any]:
        """What is on its way, and the latest delivery and error."""
        return {
            "buffered_records": self._count(),
            "buffered_bytes": self._held() - self._count() * RECORD_COST,
            "last_delivery": self.last_delivery,
            "last_error": self.last_error or self._source.last_error,
        }

    # From the source to the buffers

    def _make_batches(self, now: float) -> None:
        """Cut batches from the waiting records, as full or as old as they should be."""
        function = self._destination.transform
        limit = _PLAIN_BATCH_BYTES if function is None else function.buffer_bytes
        patience = 0 if function is None else function.buffer_seconds
        no_room = self._held() >= self._max_held
        while self._waiting.records and len(self._batches) < _BATCHES_IN_FLIGHT:
            full = self._waiting.size >= limit or self._waiting.encoded >= transform.MAX_PAYLOAD
            if not (full or self.draining or no_room or self._waiting.age(now) >= patience):
                return
            self._batches.append(_Batch(self._waiting.take(transform.batch_length(self._waiting.records, limit))))

    def _run_batches(self, now: float) -> None:
        for batch in self._batches:
            if batch.call is None and now >= batch.backoff.until:
                batch.attempt += 1
                batch.call = self._runner.submit(self._processor.process, batch.records, batch.attempt)

    def _collect_batches(self, now: float) -> None:
        """Take the outcomes of finished batches, the oldest first, so that records stay in order."""
        while self._batches and (call := self._batches[0].call) is not None and call.done():
            batch = self._batches[0]
            error = call.exception()
            if error is None:
                routed = call.result()
            elif isinstance(error, TransformError) and batch.attempt > self._retries():
                routed = self._processor.fail(batch.records, error.failure, batch.attempt)
            else:
                if not isinstance(error, TransformError):
                    batch.attempt -= 1  # Lambda was not reached: that is no attempt
                batch.call = None
                batch.backoff.failed(now)
                self._note(f"transform: {error}")
                return
            self._accept(routed, now)
            self._batches.popleft()

    def _accept(self, routed: Routed, now: float) -> None:
        """Settle what was dropped, and buffer the rest. The store comes first: its error leaves all as it was."""
        dropped = [outcome.record for outcome in routed.outcomes if outcome.route is DROPPED]
        if dropped:
            with store.transaction(self._db):
                self._source.settle(self._db, writing.positions(dropped), now)
                store.add_stats(self._db, self._stream.id, {"dropped": len(dropped)})
        if routed.failure is not None:
            self._note(f"transform: {routed.failure.code}: {routed.failure.message}")
            self._delivery_log.add(routed.failure, now)
        self._buffers.add((outcome for outcome in routed.outcomes if outcome.route is not DROPPED), now)

    # From the buffers to S3

    def _due(self, now: float) -> list[Buffer]:
        if self.draining and not self._waiting.records and not self._batches:
            return self._buffers.take_all()
        due = self._buffers.take_due(now)
        if not due and not self._writes and self._held() >= self._max_held - MIB:
            return self._buffers.take_largest()
        return due

    def _open_write(self, buffer: Buffer, now: float) -> None:
        planned = writing.plan_object(buffer, self._destination, self._stream.name, self._stream.version, now)
        self._writes.append(_Write(planned))

    def _run_writes(self, now: float) -> None:
        """Move each of the oldest writes on as far as it goes."""
        for write in self._writes[:_WRITES_IN_FLIGHT]:
            if self.closing and write.putting is None:
                continue
            if self._encode(write, now) and self._put(write, now):
                self._writes.remove(write)

    def _encode(self, write: _Write, now: float) -> bool:
        """Whether the object is encoded and planned; starts or collects the encoding otherwise."""
        if write.encoded:
            return True
        if write.encoding is None:
            if now < write.backoff.until:
                return False
            write.encoding = self._runner.submit(writing.encode, write.planned, self._destination, self._convert)
        if not write.encoding.done():
            return False
        encoding, write.encoding = write.encoding, None
        error = encoding.exception()
        if error is not None:
            self._retry_later(write, "encoding", "DataFormatConversion", error, now)
            return False
        body, write.planned.records, failed = encoding.result()
        if body is not None:
            write.planned.body = body
            planned = writing.delivery(write.planned, self._destination, self._source.incarnation, now)
            write.planned.delivery_id = store.plan_delivery(self._db, self._stream.id, planned)
        # From here on nothing fails. When the store does, before, the buffer is encoded again.
        write.encoded = True
        write.planned.buffer = Buffer(write.planned.buffer.route, now, [], write.planned.buffer.size)
        self._reroute(failed, now)
        return True

    def _put(self, write: _Write, now: float) -> bool:
        """Whether the object is written and its records settled; starts or collects the write otherwise."""
        planned = write.planned
        if planned.delivery_id is None:
            return True  # no record of it could be converted
        if write.putting is None:
            if now < write.backoff.until:
                return False
            write.putting = self._runner.submit(self._put_object, planned.key, planned.body)
        if not write.putting.done():
            return False
        putting, write.putting = write.putting, None
        error = putting.exception()
        if error is not None:
            self._retry_later(write, f"s3://{self._destination.bucket}/{planned.key}", "S3", error, now)
            return False
        self._settle(planned, now)
        return True

    def _put_object(self, key: str, body: bytes) -> None:
        """Called by the runner."""
        self._clients.s3.put_object(Bucket=self._destination.bucket, Key=key, Body=body)

    def _settle(self, planned: PlannedObject, now: float) -> None:
        assert planned.delivery_id is not None
        with store.transaction(self._db):
            self._source.settle(self._db, writing.positions(planned.records), now)
            self._confirm(
                planned.delivery_id, planned.buffer.route.output, len(planned.records), len(planned.body), now
            )
        self.last_delivery = now
        self.last_error = None
        self._deliveries += 1
        if self._deliveries % _PRUNE_EVERY == 0:
            store.prune_deliveries(self._db, self._stream.id)

    def _confirm(self, delivery_id: int, kind: str, records: int, size: int, now: float) -> None:
        store.confirm_delivery(self._db, delivery_id, size=size, at=now)
        amounts = {f"{kind}_records": records, f"{kind}_objects": 1, f"{kind}_bytes": size}
        store.add_stats(self._db, self._stream.id, amounts)

    def _reroute(self, failed: Sequence[Outcome], now: float) -> None:
        """Records that could not be converted become error output."""
        if failed:
            self._note(f"{len(failed)} records could not be converted")
            failure = Failure("DataFormatConversion", "Records did not fit the table; see the error output.")
            self._delivery_log.add(failure, now)
            self._buffers.add(failed, now)

    def _retry_later(self, write: _Write, what: str, part: str, error: BaseException, now: float) -> None:
        if write.backoff.failures == 0:
            self._delivery_log.add(Failure(_code(part, error), str(error)), now)
        write.backoff.failed(now)
        self._note(f"{what}: {error}")

    # After a start

    def _recover(self, now: float) -> bool:
        """Ask S3 for the objects that an earlier process had planned, and settle those that are there."""
        if now < self._recovery.until:
            return False
        planned = store.planned_deliveries(self._db, self._stream.id)
        try:
            whole = {delivery.id for delivery in planned if self._is_in_s3(delivery)}
        except Exception as error:
            self._note(f"asking S3 for unconfirmed objects: {error}")
            self._recovery.failed(now)
            return False
        with store.transaction(self._db):
            self._source.recover(self._db, [delivery for delivery in planned if delivery.id in whole], now)
            for delivery in planned:
                if delivery.id in whole:
                    self._confirm(delivery.id, delivery.kind, delivery.records, delivery.bytes, now)
                else:
                    store.cancel_delivery(self._db, delivery.id)
        self._recovered = True
        return True

    def _is_in_s3(self, delivery: store.Delivery) -> bool:
        """Whether the object is there, whole. One cut short by the death of its writer is removed.

        AWS would refuse such a write; not every S3 emulator does.
        """
        try:
            head = self._clients.s3.head_object(Bucket=delivery.bucket, Key=delivery.key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NoSuchBucket", "NotFound"):
                return False
            raise
        if head["ContentLength"] == delivery.bytes:
            return True
        log.warning("%s: removing %s, which was cut short", self._stream.name, delivery.key)
        self._clients.s3.delete_object(Bucket=delivery.bucket, Key=delivery.key)
        return False

    # How much is held

    def _count(self) -> int:
        return (
            len(self._waiting.records)
            + sum(len(batch.records) for batch in self._batches)
            + self._buffers.count
            + sum(len(write.planned.records or write.planned.buffer.records) for write in self._writes)
        )

    def _held(self) -> int:
        return (
            self._waiting.size
            + sum(batch.size for batch in self._batches)
            + self._buffers.size
            + sum(write.planned.buffer.size for write in self._writes)
            + self._count() * RECORD_COST
        )

    def _retries(self) -> int:
        return 0 if self._destination.transform is None else self._destination.transform.retries

    def _note(self, error: str) -> None:
        (log.debug if error == self.last_error else log.warning)("%s: %s", self._stream.name, error)
        self.last_error = error


def _code(part: str, error: BaseException) -> str:
    """The code of an error, as AWS forms it: the part that failed, and how."""
    if isinstance(error, MisfitError):
        return error.code
    if isinstance(error, ClientError):
        return f"{part}.{error.response['Error']['Code']}"
    return f"{part}.{type(error).__name__}"
