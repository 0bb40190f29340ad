"""Publishes messages in batches, several requests at a time, and enters what was acknowledged in the ledger.

A `Target` knows one service: its limits, and how to send one batch. The `Publisher` gathers batches, sends
again what the service turned away for a reason that passes (throttling, an internal error, no answer), and
refuses at once what can never be taken.

**Left out:** the order of messages. Batches are sent at the same time, and what is sent again comes later;
every record carries its own time.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Protocol

from amp_sandbox.errors import SandboxError
from amp_sandbox.publish.ledger import LedgerFile, Publication

log = logging.getLogger(__name__)

REQUESTS_IN_FLIGHT = 3
ATTEMPTS = 12
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0


class Message(NamedTuple):
    """One record to publish, as bytes. `key` is the partition key, where the service has one."""

    record_id: str
    body: bytes
    key: str = ""


class Taken(NamedTuple):
    """The service acknowledged a message. `position` says where it put it."""

    position: str


class TurnedAway(NamedTuple):
    """The service did not take a message; sent again, it may, when `passing`."""

    code: str
    reason: str
    passing: bool


@dataclass(frozen=True)
class Answer:
    """What became of a batch: one outcome for each message, in order.

    `unanswered` counts requests with the same content that got no answer; each may have been carried out.
    """

    outcomes: Sequence[Taken | TurnedAway]
    unanswered: int = 0


@dataclass(frozen=True)
class Limits:
    """What one request and one message may be, at most."""

    messages: int
    message_bytes: int
    request_bytes: int


@dataclass(frozen=True)
class Refused:
    """A message that the service can never take, and why."""

    record_id: str
    size: int
    reason: str


class Target(Protocol):
    """A service that takes batches of messages."""

    name: str
    limits: Limits

    def size(self, message: Message) -> int:
        """What a message counts towards the limits."""

    def send(self, batch: Sequence[Message]) -> Answer:
        """Send one request."""


class Publisher:
    """Takes messages one by one; used as a context manager, it is done when the block ends.

    Leaving the block normally sends what is gathered. Leaving it by an exception, Ctrl-C included, only lets
    the requests in flight finish. In both cases the ledger then has everything that was acknowledged.
    """

    def __init__(
        self,
        target: Target,
        ledger: LedgerFile,
        *,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._target, self._ledger = target, ledger
        self._sleep, self._clock = sleep, clock
        self._batch: list[Message] = []
        self._batch_bytes = 0
        self._requests: deque[Future[None]] = deque()
        self._pool = ThreadPoolExecutor(REQUESTS_IN_FLIGHT, thread_name_prefix=f"publish-{target.name}")
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self.published = 0
        self.resent = 0
        self.refused: list[Refused] = []

    def __enter__(self) -> "Publisher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            self._stopping.set()
            self._pool.shutdown(wait=True)
            self._ledger.close()

    def put(self, message: Message) -> bool:
        """Gather a message; a full batch is sent. Waits while enough requests are in flight.

        Answers False, and notes it in `refused`, when the message is larger than the service takes.
        """
        size = self._target.size(message)
        limits = self._target.limits
        if size > limits.message_bytes:
            reason = f"{size:,} bytes are more than the {limits.message_bytes:,} that {self._target.name} takes"
            with self._lock:
                self.refused.append(Refused(message.record_id, size, reason))
            return False
        if len(self._batch) >= limits.messages or self._batch_bytes + size > limits.request_bytes:
            self.send()
        self._batch.append(message)
        self._batch_bytes += size
        return True

    def send(self) -> None:
        """Send what is gathered, without waiting for the answer."""
        while self._requests and (self._requests[0].done() or len(self._requests) >= REQUESTS_IN_FLIGHT):
            self._requests.popleft().result()
        if self._batch:
            self._requests.append(self._pool.submit(self._publish, self._batch))
            self._batch, self._batch_bytes = [], 0

    def flush(self) -> None:
        """Send what is gathered and wait until everything is answered."""
        self.send()
        while self._requests:
            self._requests.popleft().result()

    def _publish(self, batch: list[Message]) -> None:
        for attempt in range(ATTEMPTS):
            if attempt and self._stopping.is_set():
                return
            batch, reason = self._attempt(batch)
            if not batch:
                return
            pause = min(_FIRST_PAUSE * 2**attempt, _LONGEST_PAUSE)
            self._sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - spreads the load, guards nothing
        raise SandboxError(
            f"{self._target.name} did not take {len(batch)} of the messages, in {ATTEMPTS} attempts.",
            f"The last answer: {reason}. The first of them is {batch[0].record_id}.",
            "What was published before is in the ledger. See: sandbox status",
        )

    def _attempt(self, batch: list[Message]) -> tuple[list[Message], str]:
        """Send a batch; answers the messages to send again, and why."""
        sent_ms = int(self._clock() * 1000)
        answer = self._target.send(batch)
        acked_ms = int(self._clock() * 1000)
        entries = [Publication(m.record_id, sent_ms, None, "") for m in batch for _ in range(answer.unanswered)]
        again: list[Message] = []
        refused: list[Refused] = []
        reason = ""
        for message, outcome in zip(batch, answer.outcomes, strict=True):
            if isinstance(outcome, Taken):
                entries.append(Publication(message.record_id, sent_ms, acked_ms, outcome.position))
            elif outcome.passing:
                again.append(message)
                reason = f"{outcome.code}: {outcome.reason}"
            else:
                told = f"{outcome.code}: {outcome.reason}"
                refused.append(Refused(message.record_id, self._target.size(message), told))
        if entries:
            self._ledger.write(entries)
        with self._lock:
            self.published += len(batch) - len(again) - len(refused)
            self.resent += len(again)
            self.refused += refused
        return again, reason
