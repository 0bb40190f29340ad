import itertools
import threading

from hypothesis import given
from hypothesis import strategies as st

from amp_localstack.services.shard_log import MOST_BYTES_READ, ShardLog

DAY = 86400.0


def filled(count: int, size: int = 1) -> ShardLog:
    log = ShardLog(now=1.0)
    log.append([(f"k{n}", bytes([n % 256]) * size) for n in range(count)], now=10.0, retention_s=DAY)
    return log


def test_records_are_read_in_the_order_of_their_numbers():
    log = filled(3)
    read = log.read(log.first - 1, 10, now=11)
    assert [record.partition_key for record in read.records] == ["k0", "k1", "k2"]
    assert [record.sequence - log.first for record in read.records] == [0, 1, 2]
    assert read.position == log.last


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 7))
def test_reading_on_returns_every_record_once(puts, at_most):
    log = ShardLog()
    position, seen, given_out = log.first - 1, [], []
    for count in puts:
        given_out += log.append([("k", b"")] * count, now=1.0, retention_s=DAY)
        read = log.read(position, at_most, now=2)
        seen, position = seen + [record.sequence for record in read.records], read.position
    while (read := log.read(position, at_most, now=2)).records:
        seen, position = seen + [record.sequence for record in read.records], read.position
    assert seen == given_out


def test_one_read_is_at_most_ten_megabytes_and_at_least_a_record():
    log = filled(12, size=1 << 20)
    assert len(log.read(log.first - 1, 100, now=11).records) == 9  # the keys count too
    larger = ShardLog()
    larger.append([("k", b"x" * (MOST_BYTES_READ + 1))], now=1, retention_s=DAY)
    assert len(larger.read(larger.first - 1, 100, now=2).records) == 1


def test_the_lag_is_the_age_of_what_was_read_until_the_end_is_reached():
    log = filled(2)
    assert log.read(log.first - 1, 1, now=12.5).millis_behind == 2500
    assert log.read(log.first - 1, 2, now=12.5).millis_behind == 0


def test_a_moment_is_found():
    log = ShardLog()
    for moment in (10.0, 20.0, 30.0):
        log.append([("k", b"")], now=moment, retention_s=DAY)
    for moment, arrived in ((5, 10.0), (20.0, 20.0), (20.5, 30.0)):
        assert log.read(log.position_before(moment), 1, now=40).records[0].arrived == arrived
    assert log.read(log.position_before(31), 1, now=40).records == []


def test_records_are_dropped_when_their_retention_is_over():
    log = filled(3000)
    log.append([("new", b"")], now=10.0 + DAY + 1, retention_s=DAY)
    read = log.read(log.first - 1, 10_000, now=10.0 + DAY + 1)
    assert [record.partition_key for record in read.records] == ["new"]
    assert read.position == log.last


def test_a_shard_made_later_has_greater_numbers():
    log = filled(1000)
    later = ShardLog(now=1.1)
    assert later.first > log.last
    later.append([("k", b"")], now=2.0, retention_s=DAY)
    # Who kept a position in the former reads the latter from its beginning.
    assert len(later.read(log.last, 10, now=3).records) == 1


def test_concurrent_puts_lose_nothing():
    log = ShardLog()
    barrier = threading.Barrier(8)
    results: list[list[int]] = [[] for _ in range(8)]

    def put(thread: int) -> None:
        barrier.wait()
        for n in range(500):
            results[thread] += log.append([(f"{thread}-{n}", b"")], now=1, retention_s=DAY)

    threads = [threading.Thread(target=put, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = log.read(log.first - 1, 10_000, now=2).records
    assert len({record.partition_key for record in records}) == 4000
    assert sorted(itertools.chain(*results)) == [record.sequence for record in records]
