"""The records of one Kinesis shard: appended by many threads, read by position, dropped when their retention is over.

Sequence numbers grow by one within a shard and start at its time of creation, so that those of a stream made anew are
greater than those of its predecessor: a consumer that kept a position reads the new stream from its beginning
instead of waiting for numbers that never come.

**Left out:** a shard's limits of 1 MB or 1,000 records a second in, and 2 MB out: a laptop has others.

https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html
"""

import threading
import time
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

MOST_BYTES_READ = 10 * 1024 * 1024  # https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
_TRIM_IN_STEPS_OF = 1024  # dropping the head of a list moves its tail: not for each record


class Record(NamedTuple):
    """One record; `arrived` in seconds since the epoch."""

    sequence: int
    partition_key: str
    data: bytes
    arrived: float


@dataclass(frozen=True)
class Read:
    """What a read found, and where the next one starts."""

    records: Sequence[Record]
    position: int  # the sequence number after which to read on
    millis_behind: int


class ShardLog:
    """Safe to use from any thread."""

    def __init__(self, now: float | None = None) -> None:
        self._lock = threading.Lock()
        self._next = int((time.time() if now is None else now) * 1_000_000) * 1_000_000
        self._first = self._next
        self._records: list[Record] = []

    @property
    def first(self) -> int:
        """The sequence number the shard starts with."""
        return self._first

    @property
    def last(self) -> int:
        """The sequence number of the newest record, or one less than the first."""
        return self._next - 1

    def append(self, entries: Iterable[tuple[str, bytes]], *, now: float, retention_s: float) -> list[int]:
        """Add partition keys and data; answers their sequence numbers."""
        with self._lock:
            self._trim(now - retention_s)
            given = []
            for partition_key, data in entries:
                self._records.append(Record(self._next, partition_key, data, now))
                given.append(self._next)
                self._next += 1
            return given

    def read(self, position: int, at_most: int, *, now: float) -> Read:
        """The records after a position: `at_most`, and up to 10 MB but at least one."""
        with self._lock:
            start = self._index_after(position)
            found = self._records[start : start + at_most]
            size = 0
            for count, record in enumerate(found):
                size += len(record.data) + len(record.partition_key)
                if size > MOST_BYTES_READ and count:
                    found = found[:count]
                    break
            behind = bool(found) and found[-1].sequence != self.last
        position = found[-1].sequence if found else max(position, self._first - 1)
        return Read(found, position, int((now - found[-1].arrived) * 1000) if behind else 0)

    def position_before(self, moment: float) -> int:
        """The position from which the records that arrived at a moment or later are read."""
        with self._lock:
            index = bisect_left(self._records, moment, key=lambda record: record.arrived)
            return self._records[index].sequence - 1 if index < len(self._records) else self.last

    def _index_after(self, position: int) -> int:
        oldest = self._records[0].sequence if self._records else self._next
        return max(0, position + 1 - oldest)

    def _trim(self, oldest: float) -> None:
        records = self._records
        if len(records) > _TRIM_IN_STEPS_OF and records[_TRIM_IN_STEPS_OF].arrived < oldest:
            del records[: bisect_left(records, oldest, key=lambda record: record.arrived)]
