import threading
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amp_sandbox.errors import SandboxError
from amp_sandbox.publish.ledger import LedgerFile
from amp_sandbox.publish.publisher import ATTEMPTS, Answer, Limits, Message, Publisher, Taken, TurnedAway

THROTTLED = TurnedAway("Throttled", "too fast", passing=True)
INVALID = TurnedAway("Invalid", "never", passing=False)


class FakeTarget:
    """Takes what `decide(message, nth time it is sent)` says; every message when there is none."""

    name = "the fake"

    def __init__(
        self, decide: Callable[[Message, int], Taken | TurnedAway] | None = None, limits: Limits | None = None
    ) -> None:
        self.limits = limits or Limits(messages=3, message_bytes=100, request_bytes=100)
        self.requests: list[list[Message]] = []
        self.unanswered: list[int] = []
        self.sent: Counter[str] = Counter()
        self._decide = decide or (lambda message, _: Taken(f"at-{message.record_id}"))
        self._lock = threading.Lock()

    def size(self, message: Message) -> int:
        return len(message.body)

    def send(self, batch: Sequence[Message]) -> Answer:
        with self._lock:
            self.requests.append(list(batch))
            self.sent.update(message.record_id for message in batch)
            unanswered = self.unanswered.pop() if self.unanswered else 0
            return Answer([self._decide(message, self.sent[message.record_id]) for message in batch], unanswered)


def message(name: str, size: int = 1) -> Message:
    return Message(name, b"x" * size)


def publisher(target: FakeTarget, folder: Path) -> Publisher:
    clock = count()
    return Publisher(target, LedgerFile(folder, "run"), sleep=lambda _: None, clock=lambda: next(clock))


def recorded(folder: Path) -> list[list[str]]:
    path = folder / "run.csv"
    return [line.split(",") for line in path.read_text().splitlines()] if path.exists() else []


def test_what_is_acknowledged_is_recorded_with_times_and_position(tmp_path: Path) -> None:
    with publisher(FakeTarget(), tmp_path) as published:
        published.put(message("a"))
    assert recorded(tmp_path) == [["a", "0", "1000", "at-a"]]
    assert published.published == 1


def test_batches_keep_the_limits(tmp_path: Path) -> None:
    target = FakeTarget()
    with publisher(target, tmp_path) as published:
        for name, size in (("a", 1), ("b", 1), ("c", 1), ("d", 60), ("e", 60), ("f", 40)):
            assert published.put(message(name, size))
    assert sorted("".join(m.record_id for m in batch) for batch in target.requests) == ["abc", "d", "ef"]


def test_only_what_was_turned_away_is_sent_again(tmp_path: Path) -> None:
    target = FakeTarget(lambda m, times: THROTTLED if m.record_id == "b" and times < 3 else Taken("p"))
    with publisher(target, tmp_path) as published:
        for name in "abc":
            published.put(message(name))
    assert target.sent == {"a": 1, "b": 3, "c": 1}
    assert sorted(line[0] for line in recorded(tmp_path)) == ["a", "b", "c"]
    assert (published.published, published.resent) == (3, 2)


def test_what_can_never_be_taken_is_refused_and_not_sent_again(tmp_path: Path) -> None:
    target = FakeTarget(lambda m, _: INVALID if m.record_id == "b" else Taken("p"))
    with publisher(target, tmp_path) as published:
        for name in "abc":
            published.put(message(name))
        assert not published.put(message("large", 101))
    assert target.sent == {"a": 1, "b": 1, "c": 1}
    assert sorted(line[0] for line in recorded(tmp_path)) == ["a", "c"]
    reasons = {refused.record_id: refused.reason for refused in published.refused}
    assert reasons == {"b": "Invalid: never", "large": "101 bytes are more than the 100 that the fake takes"}


def test_a_request_without_an_answer_is_recorded_as_a_copy_of_unknown_fate(tmp_path: Path) -> None:
    target = FakeTarget()
    target.unanswered = [1]
    with publisher(target, tmp_path) as published:
        published.put(message("a"))
    assert recorded(tmp_path) == [["a", "0", "", ""], ["a", "0", "1000", "at-a"]]


def test_a_service_that_never_takes_a_message_is_an_error_that_names_it(tmp_path: Path) -> None:
    target = FakeTarget(lambda m, _: THROTTLED if m.record_id == "b" else Taken("p"))
    published = publisher(target, tmp_path)

    def publish() -> None:
        with published:
            published.put(message("a"))
            published.put(message("b"))

    with pytest.raises(SandboxError, match=rf"the fake did not take 1 .* in {ATTEMPTS} attempts") as error:
        publish()
    assert "Throttled: too fast" in str(error.value)
    assert "b" in str(error.value)
    assert target.sent["b"] == ATTEMPTS
    assert [line[0] for line in recorded(tmp_path)] == ["a"]


def test_an_interrupt_sends_nothing_more_and_records_what_was_in_flight(tmp_path: Path) -> None:
    answering = threading.Event()
    asked = threading.Event()

    def wait(m: Message, _: int) -> Taken:
        asked.set()
        assert answering.wait(10)
        return Taken("p")

    target = FakeTarget(wait)
    published = publisher(target, tmp_path)

    def publish() -> None:
        with published:
            published.put(message("a"))
            published.send()
            published.put(message("b"))
            assert asked.wait(10)
            answering.set()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish()
    assert [line[0] for line in recorded(tmp_path)] == ["a"]
    assert target.sent == {"a": 1}


@settings(deadline=None, max_examples=50)
@given(
    sizes=st.lists(st.integers(0, 120), max_size=30),
    fates=st.lists(st.lists(st.sampled_from(["take", "throttle", "refuse"]), max_size=4), min_size=30, max_size=30),
)
def test_every_message_is_recorded_once_or_refused(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], fates: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("ledger")

    def decide(m: Message, times: int) -> Taken | TurnedAway:
        fate = fates[int(m.record_id)]
        step = fate[times - 1] if times <= len(fate) else "take"
        return {"take": Taken("p"), "throttle": THROTTLED, "refuse": INVALID}[step]

    target = FakeTarget(decide)
    with publisher(target, folder) as published:
        for name, size in enumerate(sizes):
            published.put(message(str(name), size))
    taken = Counter(line[0] for line in recorded(folder))
    refused = Counter(one.record_id for one in published.refused)
    assert taken + refused == Counter(str(name) for name in range(len(sizes)))
    assert published.published == taken.total()
    for batch in target.requests:
        assert 0 < len(batch) <= target.limits.messages
        assert sum(target.size(m) for m in batch) <= target.limits.request_bytes
