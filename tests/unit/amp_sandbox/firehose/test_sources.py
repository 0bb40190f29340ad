from pathlib import Path

import pytest
from support.firehose_fakes import Bench, definition

from amp_sandbox.firehose import store
from amp_sandbox.firehose.sources import DirectSource

ROOM = 1024 * 1024


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path / "store.sqlite")
    made.create(definition())
    return made


def test_records_are_handed_over_once_in_order_with_the_ids_their_sender_got(bench: Bench) -> None:
    source = DirectSource(bench.db, 1)
    ids = bench.put(b"a", b"b")
    records = source.poll(0, ROOM)
    assert [(one.data, one.sequence, one.arrived_ms) for one in records] == [
        (b"a", ids[0], 1795341600000),
        (b"b", ids[1], 1795341600000),
    ]
    assert source.poll(0, ROOM) == []
    bench.put(b"c")
    assert [one.data for one in source.poll(0, ROOM)] == [b"c"]


def test_only_settled_records_are_gone_after_a_restart(bench: Bench) -> None:
    source = DirectSource(bench.db, 1)
    bench.put(b"a", b"b", b"c")
    middle = source.poll(0, ROOM)[1]
    with store.transaction(bench.db):
        source.settle(bench.db, {middle.shard: [middle.ordinal]}, 0)
    assert [one.data for one in DirectSource(bench.db, 1).poll(0, ROOM)] == [b"a", b"c"]


def test_no_more_is_read_than_there_is_room_for(bench: Bench) -> None:
    source = DirectSource(bench.db, 1)
    bench.put(*[b"x" * 100] * 5)
    assert source.poll(0, 0) == []
    assert len(source.poll(0, 150)) == 2
