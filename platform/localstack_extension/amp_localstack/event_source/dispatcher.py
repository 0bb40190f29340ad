"""Take messages from a queue in batches, and have several batches handled at a time.

One thread receives; it sleeps until a message arrives or a batching window ends, so that an idle queue costs nothing
and a lone message is handled at once. Each batch is handled in a thread of its own, up to `concurrency` at a time:
nothing is received that could not be handled right away, as a received message's visibility timeout is running.

AWS's rules for a batch: it is sent when it has `size` records, when `window_s` has passed since its first message, or
when the next message would make its event larger than 6 MB.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from amp_localstack.event_source.sqs_events import Message

log = logging.getLogger(__name__)

MAX_EVENT_BYTES = 6 * 1024 * 1024
LONGEST_WAIT_S = 1.0  # between two looks at `stop`
RECEIVE_AT_MOST = 10


class Queue(Protocol):
    """What the dispatcher needs of a queue."""

    def wait(self, seconds: float) -> None:
        """Return when there may be a message, or after `seconds`."""

    def receive(self, at_most: int) -> Sequence[Message]:
        """Take up to ten messages, without waiting."""


@dataclass(frozen=True)
class Batching:
    """An event source mapping's settings."""

    size: int
    window_s: float
    concurrency: int


class Dispatcher:
    """Runs until `stop` is set; what was received by then is still handled."""

    def __init__(
        self,
        queue: Queue,
        batching: Batching,
        handle: Callable[[Sequence[Message]], None],
        size_of: Callable[[Message], int],
    ) -> None:
        self._queue, self._batching, self._handle, self._size_of = queue, batching, handle, size_of
        self._slots = threading.BoundedSemaphore(batching.concurrency)
        self._held: list[Message] = []  # received, but too large for the batch it came with

    def run(self, stop: threading.Event) -> None:
        """Receive and hand on, until stopped. Errors of the queue are the caller's."""
        while not stop.is_set():
            if not self._slots.acquire(timeout=LONGEST_WAIT_S):
                continue
            try:
                batch = self.collect(stop)
            except BaseException:
                self._slots.release()
                raise
            if batch:
                threading.Thread(target=self._in_slot, args=(batch,), name="sqs-batch", daemon=True).start()
            else:
                self._slots.release()

    def collect(self, stop: threading.Event) -> list[Message]:
        """The next batch, or nothing when the queue stayed empty for a while."""
        batch: list[Message] = []
        size, ends = 0, None
        while True:
            arrived = self._held or self._queue.receive(min(RECEIVE_AT_MOST, self._batching.size - len(batch)))
            self._held = []
            if arrived and ends is None:
                ends = time.monotonic() + self._batching.window_s
            for position, message in enumerate(arrived):
                size += self._size_of(message)
                if batch and size > MAX_EVENT_BYTES:
                    self._held = list(arrived[position:])
                    return batch
                batch.append(message)
            if len(batch) >= self._batching.size:
                return batch
            if arrived:
                continue  # there may be more
            left = LONGEST_WAIT_S if ends is None else ends - time.monotonic()
            if left <= 0 or stop.is_set():
                return batch
            self._queue.wait(min(left, LONGEST_WAIT_S))
            if ends is None and stop.is_set():
                return batch

    def _in_slot(self, batch: Sequence[Message]) -> None:
        try:
            self._handle(batch)
        except Exception:
            log.exception("a batch of %d messages failed; they become visible again", len(batch))
        finally:
            self._slots.release()
