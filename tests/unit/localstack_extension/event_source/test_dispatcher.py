import threading
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.waiting import eventually

from amp_localstack.event_source import dispatcher
from amp_localstack.event_source.dispatcher import MAX_EVENT_BYTES, Batching, Dispatcher


class Messages:
    """A queue in memory: messages are dictionaries with an id and a size."""

    def __init__(self, *sizes: int) -> None:
        self.changed = threading.Condition()
        self.waiting: list[dict[str, Any]] = [{"id": number, "size": size} for number, size in enumerate(sizes)]
        self.on_wait: Any = None

    def put(self, message: dict[str, Any]) -> None:
        with self.changed:
            self.waiting.append(message)
            self.changed.notify()

    def wait(self, seconds: float) -> None:
        if self.on_wait:
            self.on_wait(seconds)
            return
        with self.changed:
            if not self.waiting:
                self.changed.wait(seconds)

    def receive(self, at_most: int) -> Sequence[dict[str, Any]]:
        assert 1 <= at_most <= 10
        with self.changed:
            taken, self.waiting = self.waiting[:at_most], self.waiting[at_most:]
        return taken


def make(queue: Messages, size: int = 10, window: float = 0, concurrency: int = 5, handle: Any = None) -> Dispatcher:
    return Dispatcher(queue, Batching(size, window, concurrency), handle or (lambda _: None), lambda m: m["size"])


def ids(batch: Sequence[Any]) -> list[int]:
    return [message["id"] for message in batch]


def test_what_is_there_is_a_batch_when_there_is_no_window():
    queue = Messages(1, 1, 1)
    assert ids(make(queue).collect(threading.Event())) == [0, 1, 2]


def test_a_batch_larger_than_one_receive_is_filled():
    queue = Messages(*[1] * 30)
    assert ids(make(queue, size=25).collect(threading.Event())) == list(range(25))


def test_a_window_gathers_what_comes_before_it_ends(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(dispatcher.time, "monotonic", lambda: now[0])
    queue = Messages(1)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds
        if len(waits) == 1:
            queue.waiting.append({"id": 1, "size": 1})

    queue.on_wait = wait
    assert ids(make(queue, window=1.5).collect(threading.Event())) == [0, 1]
    assert now[0] == 101.5  # from the first message, not from the last


def test_a_full_batch_does_not_wait_for_its_window():
    queue = Messages(1, 1)
    queue.on_wait = lambda _: pytest.fail("waited")
    assert ids(make(queue, size=2, window=300).collect(threading.Event())) == [0, 1]


def test_an_event_stays_within_six_megabytes():
    third = MAX_EVENT_BYTES // 3
    queue = Messages(third, third, third, third)
    queues_dispatcher = make(queue, window=0)
    stop = threading.Event()
    assert ids(queues_dispatcher.collect(stop)) == [0, 1, 2]
    assert ids(queues_dispatcher.collect(stop)) == [3]


def test_a_message_that_is_too_large_alone_is_still_handed_on():
    assert ids(make(Messages(MAX_EVENT_BYTES + 1)).collect(threading.Event())) == [0]


@given(st.lists(st.integers(1, MAX_EVENT_BYTES), max_size=40), st.integers(1, 100))
def test_every_message_is_in_one_batch_and_batches_keep_the_limits(sizes, size):
    queue = Messages(*sizes)
    queues_dispatcher = make(queue, size=size)
    stop = threading.Event()
    seen: list[int] = []
    while len(seen) < len(sizes):
        batch = queues_dispatcher.collect(stop)
        assert 1 <= len(batch) <= size
        assert len(batch) == 1 or sum(message["size"] for message in batch) <= MAX_EVENT_BYTES
        seen += ids(batch)
    assert seen == list(range(len(sizes)))


def test_an_idle_queue_gives_nothing_and_lets_stop_be_seen():
    queue = Messages()
    queue.on_wait = lambda _: stop.set()
    stop = threading.Event()
    assert make(queue).collect(stop) == []


@pytest.fixture
def running():
    """Runs a dispatcher until the test ends."""
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def run(queues_dispatcher: Dispatcher) -> threading.Event:
        thread = threading.Thread(target=queues_dispatcher.run, args=(stop,))
        thread.start()
        threads.append(thread)
        return stop

    yield run
    stop.set()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()


def test_a_message_on_an_idle_queue_is_handled(running):
    queue, handled = Messages(), []
    running(make(queue, handle=handled.append))
    queue.put({"id": 7, "size": 1})
    assert [ids(batch) for batch in eventually(lambda: list(handled), bool, timeout=5)] == [[7]]


def test_no_more_batches_are_handled_at_a_time_than_allowed(running):
    queue = Messages(*[1] * 6)
    release, lock = threading.Event(), threading.Lock()
    busy: list[int] = []
    most: list[int] = []

    def handle(batch: Sequence[Any]) -> None:
        with lock:
            busy.append(1)
            most.append(len(busy))
        release.wait(5)
        with lock:
            busy.pop()

    running(make(queue, size=1, concurrency=3, handle=handle))
    eventually(lambda: len(busy), lambda count: count == 3, timeout=5)
    assert len(queue.waiting) == 3  # what cannot be handled yet stays visible to others
    release.set()
    eventually(lambda: len(most), lambda count: count == 6, timeout=5)
    assert max(most) == 3


def test_a_batch_that_fails_does_not_stop_the_others(running):
    queue, handled = Messages(1, 1), []

    def handle(batch: Sequence[Any]) -> None:
        handled.append(ids(batch))
        raise RuntimeError("boom")

    running(make(queue, size=1, concurrency=1, handle=handle))
    assert eventually(lambda: sorted(handled), lambda seen: len(seen) == 2, timeout=5) == [[0], [1]]


def test_an_error_of_the_queue_is_the_callers():
    class Gone(Messages):
        def receive(self, at_most: int) -> Sequence[dict[str, Any]]:
            raise LookupError("no such queue")

    with pytest.raises(LookupError):
        make(Gone()).run(threading.Event())
