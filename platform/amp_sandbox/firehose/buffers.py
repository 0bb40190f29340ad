"""Records waiting to be written: one buffer for each route, closed by size or by age, whichever comes first.

AWS: "Buffer size and buffer interval" in https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html.
Nothing here knows of S3 or threads.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from amp_sandbox.firehose.shards import Outcome, Record, Route
from amp_sandbox.firehose.transform import encoded_size


class Waiting:
    """Records read and not processed yet, in order, and since when they wait."""

    def __init__(self) -> None:
        self.records: deque[Record] = deque()
        self.size = 0
        self.encoded = 0
        """What the records would take in the transform's events."""
        self._arrivals: deque[tuple[float, int]] = deque()

    def add(self, records: Sequence[Record], now: float) -> None:
        """Append records just read."""
        if records:
            self.records.extend(records)
            self.size += sum([len(record.data) for record in records])
            self.encoded += sum([encoded_size(record) for record in records])
            self._arrivals.append((now, len(records)))

    def take(self, count: int) -> list[Record]:
        """Take out the oldest `count` records."""
        taken = [self.records.popleft() for _ in range(count)]
        self.size -= sum([len(record.data) for record in taken])
        self.encoded -= sum([encoded_size(record) for record in taken])
        while count:
            at, arrived = self._arrivals.popleft()
            if arrived > count:
                self._arrivals.appendleft((at, arrived - count))
            count -= min(arrived, count)
        return taken

    def age(self, now: float) -> float:
        """How long the oldest record has waited."""
        return now - self._arrivals[0][0] if self._arrivals else 0.0


@dataclass
class Buffer:
    """The records of one route since the last object of it, in order of arrival."""

    route: Route
    opened_at: float
    records: list[Record] = field(default_factory=list)
    size: int = 0


class Buffers:
    """All buffers of a delivery stream. Memory taken by records is `size`."""

    def __init__(self, limit_bytes: int, limit_seconds: float) -> None:
        self._limit_bytes, self._limit_seconds = limit_bytes, limit_seconds
        self._open: dict[Route, Buffer] = {}
        self._full: list[Buffer] = []
        self.size = 0
        self.count = 0

    def add(self, outcomes: Iterable[Outcome], now: float) -> None:
        """Put records into the buffers of their routes; a buffer never gets larger than the limit.

        (Except with one record that is larger by itself.)
        """
        for route, record in outcomes:
            buffer = self._open.get(route)
            if buffer is not None and buffer.size + len(record.data) > self._limit_bytes:
                self._full.append(self._open.pop(route))
                buffer = None
            if buffer is None:
                buffer = self._open[route] = Buffer(route, now)
            buffer.records.append(record)
            buffer.size += len(record.data)
            self.size += len(record.data)
            self.count += 1

    def take_due(self, now: float) -> list[Buffer]:
        """Take out the buffers that are full or old enough, the oldest first."""
        return self._take(
            lambda buffer: buffer.size >= self._limit_bytes or now - buffer.opened_at >= self._limit_seconds
        )

    def take_all(self) -> list[Buffer]:
        """Take out every buffer."""
        return self._take(lambda buffer: True)

    def take_largest(self) -> list[Buffer]:
        """Take out the largest buffer (to make room before it is due), if there is one."""
        largest = max((buffer.size for buffer in self._open.values()), default=None)
        return self._take(lambda buffer: buffer.size == largest)

    def _take(self, wanted: Callable[[Buffer], bool]) -> list[Buffer]:
        taken, self._full = self._full, []
        for route in [route for route, buffer in self._open.items() if wanted(buffer)]:
            taken.append(self._open.pop(route))
        self.size -= sum(buffer.size for buffer in taken)
        self.count -= sum(len(buffer.records) for buffer in taken)
        return taken
