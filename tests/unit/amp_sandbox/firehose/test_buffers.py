from hypothesis import given
from hypothesis import strategies as st

from amp_sandbox.firehose.buffers import Buffer, Buffers, Waiting
from amp_sandbox.firehose.shards import DATA, Direct, Outcome, Record, Route

SHARD = Direct()
A, B = Route(DATA, (("k", "a"),)), Route(DATA, (("k", "b"),))


def record(ordinal: int, size: int) -> Record:
    return Record(SHARD, ordinal, str(ordinal), "", 0, b"x" * size)


def outcome(route: Route, ordinal: int, size: int) -> Outcome:
    return Outcome(route, record(ordinal, size))


def ordinals(buffers: list[Buffer]) -> list[list[int]]:
    return [[one.ordinal for one in buffer.records] for buffer in buffers]


def test_a_buffer_is_due_after_its_own_interval() -> None:
    buffers = Buffers(100, 60)
    buffers.add([outcome(A, 1, 10)], now=0)
    buffers.add([outcome(B, 2, 10)], now=30)
    assert buffers.take_due(59) == []
    assert ordinals(buffers.take_due(60)) == [[1]]
    assert ordinals(buffers.take_due(90)) == [[2]]


def test_a_full_buffer_is_due_at_once() -> None:
    buffers = Buffers(100, 60)
    buffers.add([outcome(A, 1, 100), outcome(B, 2, 99)], now=0)
    assert ordinals(buffers.take_due(0)) == [[1]]


def test_an_interval_of_zero_delivers_at_once() -> None:
    buffers = Buffers(100, 0)
    buffers.add([outcome(A, 1, 1)], now=5)
    assert ordinals(buffers.take_due(5)) == [[1]]


def test_a_record_that_does_not_fit_starts_the_next_object() -> None:
    buffers = Buffers(100, 60)
    buffers.add([outcome(A, 1, 60), outcome(A, 2, 60), outcome(A, 3, 10)], now=0)
    assert ordinals(buffers.take_due(0)) == [[1]]
    assert ordinals(buffers.take_all()) == [[2, 3]]


def test_the_largest_can_be_taken_early() -> None:
    buffers = Buffers(100, 60)
    buffers.add([outcome(A, 1, 60), outcome(B, 2, 70)], now=0)
    assert ordinals(buffers.take_largest()) == [[2]]
    assert (buffers.size, buffers.count) == (60, 1)


outcomes = st.lists(st.tuples(st.sampled_from([A, B]), st.integers(0, 120)), max_size=60)


@given(outcomes, st.lists(st.integers(0, 40), max_size=60))
def test_nothing_is_lost_reordered_or_larger_than_the_limit(adds: list[tuple[Route, int]], steps: list[int]) -> None:
    buffers = Buffers(100, 60)
    taken: list[Buffer] = []
    now = 0
    for ordinal, (route, size) in enumerate(adds):
        buffers.add([outcome(route, ordinal, size)], now)
        now += steps[ordinal] if ordinal < len(steps) else 0
        taken += buffers.take_due(now)
        assert all(now - one.opened_at < 60 for one in buffers._open.values())
    taken += buffers.take_all()
    assert (buffers.size, buffers.count) == (0, 0)
    for route in (A, B):
        mine = [one.ordinal for buffer in taken if buffer.route == route for one in buffer.records]
        assert mine == [ordinal for ordinal, (other, _) in enumerate(adds) if other == route]
    for buffer in taken:
        assert buffer.size == sum(len(one.data) for one in buffer.records)
        assert buffer.size <= 100 or len(buffer.records) == 1


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=5), max_size=8), st.data())
def test_waiting_records_keep_order_and_the_oldest_its_age(chunks: list[list[int]], data: st.DataObject) -> None:
    waiting = Waiting()
    arrivals: list[int] = []
    for at, chunk in enumerate(chunks):
        waiting.add([record(len(arrivals) + n, size) for n, size in enumerate(chunk)], at)
        arrivals += [at] * len(chunk)
    taken: list[Record] = []
    while waiting.records:
        assert waiting.age(100) == 100 - arrivals[len(taken)]
        taken += waiting.take(data.draw(st.integers(1, len(waiting.records))))
    assert [one.ordinal for one in taken] == list(range(len(arrivals)))
    assert (waiting.size, waiting.encoded, waiting.age(100)) == (0, 0, 0)
