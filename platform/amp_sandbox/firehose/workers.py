"""Threads that do an engine's slow calls, so that its `tick` never waits.

**Left out:** waiting for work under way when the process ends: the threads are daemons, unlike those of
`concurrent.futures`, because a transform may take five minutes and nothing is lost when it is abandoned.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Runner(Protocol):
    """Something that runs a function, now or later, in this thread or another."""

    def submit(self, work: Callable[..., T], *args: Any) -> "Future[T]":
        """Run `work(*args)`; the future tells its outcome."""


class Workers:
    """A fixed number of daemon threads, started when first needed."""

    def __init__(self, name: str, threads: int) -> None:
        self._name = name
        self._limit = threads
        self._threads: list[threading.Thread] = []
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    def submit(self, work: Callable[..., T], *args: Any) -> "Future[T]":
        """Queue `work(*args)`; it runs as soon as a thread is free."""
        future: Future[T] = Future()
        self._jobs.put(lambda: run_into(future, work, *args))
        if len(self._threads) < self._limit:
            thread = threading.Thread(target=self._work, name=f"{self._name}-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return future

    def close(self) -> None:
        """Let the threads end after the work that is queued."""
        for _ in self._threads:
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


def run_into(future: "Future[T]", work: Callable[..., T], *args: Any) -> None:
    """Run a function and put what it returns or raises into a future."""
    try:
        future.set_result(work(*args))
    except BaseException as error:
        future.set_exception(error)


class Backoff:
    """How long to wait after failures in a row: twice as long each time, up to a limit."""

    def __init__(self, first: float = 0.2, limit: float = 10) -> None:
        self._first, self._limit = first, limit
        self.failures = 0
        self.until = 0.0

    def failed(self, now: float) -> None:
        """Count a failure; nothing should be tried before `until`."""
        self.until = now + min(self._first * 2 ** min(self.failures, 30), self._limit)
        self.failures += 1

    def succeeded(self) -> None:
        """Forget the failures."""
        self.failures, self.until = 0, 0.0
