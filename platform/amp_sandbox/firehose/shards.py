"""The record on its way through the engine, and how far each shard of a source is settled.

A record is *settled* when it is in S3 (as data or as error output) or was dropped by the transform. Records of a
shard settle out of order, as each partition has its own buffer; `Shard` keeps which ones are, so that a restart
reads on from the oldest unsettled record and passes over the settled ones after it.
"""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from amp_sandbox.firehose.store import DIRECT_SHARD, Checkpoint


class Shard:
    """How far one Kinesis shard is read and settled. Records are counted from the shard's start: ordinals."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.id = checkpoint.shard_id
        self.source_created = checkpoint.source_created
        self.last_read = checkpoint.sequence
        self.ended = checkpoint.finished
        self._sequence = checkpoint.sequence
        self._base = checkpoint.ordinal
        self._next = checkpoint.ordinal
        self._settled = bytearray(checkpoint.settled)
        # Where the checkpoint may move to: after each read, the ordinal reached and its sequence number.
        self._ends: deque[tuple[int, str]] = deque()

    def take(self, sequences: list[str]) -> list[tuple[int, int]]:
        """Count records just read, in order; answers (index, ordinal) of those that are not settled already."""
        if not sequences:
            return []
        first = self._next - self._base
        self._next += len(sequences)
        self.last_read = sequences[-1]
        self._ends.append((self._next, self.last_read))
        missing = self._next - self._base - len(self._settled)
        self._settled.extend(bytes(max(missing, 0)))
        fresh = [
            (index, self._base + first + index) for index in range(len(sequences)) if not self._settled[first + index]
        ]
        self._advance()
        return fresh

    def settle(self, ordinals: Iterable[int]) -> None:
        """Mark records as settled; also, after a restart, ones that are not read again yet."""
        for ordinal in ordinals:
            at = ordinal - self._base
            if at < 0:
                continue
            if at >= len(self._settled):
                self._settled.extend(bytes(at + 1 - len(self._settled)))
            self._settled[at] = 1
        self._advance()

    def checkpoint(self) -> Checkpoint:
        """What to keep, so that a restart loses nothing and repeats nothing that is settled."""
        last = self._settled.rfind(1) + 1
        return Checkpoint(
            shard_id=self.id,
            source_created=self.source_created,
            sequence=self._sequence,
            ordinal=self._base,
            settled=bytes(self._settled[:last]),
            finished=self.ended and self._base == self._next,
        )

    def _advance(self) -> None:
        unsettled = self._settled.find(0)
        reached = self._base + (len(self._settled) if unsettled < 0 else unsettled)
        base = self._base
        while self._ends and self._ends[0][0] <= reached:
            base, self._sequence = self._ends.popleft()
        del self._settled[: base - self._base]
        self._base = base


class Direct:
    """The shard that records of PutRecord are counted under; the store itself knows which are settled."""

    id = DIRECT_SHARD
    source_created = ""


class Record(NamedTuple):
    """A record and where it came from. `data` is the source's until the transform replaces it."""

    shard: Shard | Direct
    ordinal: int
    sequence: str
    partition_key: str
    arrived_ms: int
    data: bytes

    def with_data(self, data: bytes) -> "Record":
        """The same record with other data."""
        return Record(self.shard, self.ordinal, self.sequence, self.partition_key, self.arrived_ms, data)


class Route(NamedTuple):
    """Where a processed record goes: to the data or an error output type, and under which partition keys."""

    output: str
    lambda_keys: tuple[tuple[str, str], ...] = ()
    query_keys: tuple[tuple[str, str], ...] = ()


DATA = "data"
PROCESSING_FAILED = "processing-failed"
CONVERSION_FAILED = "format-conversion-failed"
DROPPED = Route("dropped")


class Outcome(NamedTuple):
    """What became of a record in processing: its route, and the record as it is to be written."""

    route: Route
    record: Record
