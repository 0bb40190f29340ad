"""Whatever order records settle in, a restart reads every unsettled one again and no settled one."""

from hypothesis import given
from hypothesis import strategies as st

from amp_sandbox.firehose.shards import Shard
from amp_sandbox.firehose.store import Checkpoint

START = Checkpoint("shardId-000000000000", "once", None, 0)


def read(shard: Shard, sequences: list[str]) -> dict[str, int]:
    return {sequences[index]: ordinal for index, ordinal in shard.take(sequences)}


def test_a_checkpoint_moves_only_when_all_before_it_is_settled() -> None:
    shard = Shard(START)
    shard.take(["a", "b"])
    shard.take(["c"])
    shard.settle([2, 0])
    assert shard.checkpoint() == Checkpoint(shard.id, "once", None, 0, settled=b"\1\0\1")
    shard.settle([1])
    assert shard.checkpoint() == Checkpoint(shard.id, "once", "c", 3)


def test_an_ended_shard_is_finished_when_its_records_are_settled() -> None:
    shard = Shard(START)
    shard.take(["a"])
    shard.ended = True
    assert not shard.checkpoint().finished
    shard.settle([0])
    assert shard.checkpoint().finished


def test_records_settled_before_they_are_read_are_passed_over() -> None:
    shard = Shard(START)
    shard.settle([1])
    assert read(shard, ["a", "b", "c"]) == {"a": 0, "c": 2}


@given(st.data())
def test_a_restart_at_any_moment_loses_and_repeats_nothing(data: st.DataObject) -> None:
    total = data.draw(st.integers(1, 40))
    stream = [f"s{n:02}" for n in range(total)]
    checkpoint, settled = START, set[str]()
    for _ in range(data.draw(st.integers(1, 4))):
        shard = Shard(checkpoint)
        at = 0 if shard.last_read is None else stream.index(shard.last_read) + 1
        pending: dict[str, int] = {}
        while at < total and data.draw(st.booleans()):
            count = data.draw(st.integers(1, 8))
            found = read(shard, stream[at : at + count])
            at += count
            assert not settled & found.keys(), "handed over again although settled"
            pending |= found
        for one in data.draw(st.lists(st.sampled_from(sorted(pending)), unique=True)) if pending else []:
            shard.settle([pending[one]])
            settled.add(one)
        checkpoint = shard.checkpoint()
    last = Shard(checkpoint)
    rest = stream[0 if last.last_read is None else stream.index(last.last_read) + 1 :]
    assert set(read(last, rest)) | settled == set(stream)
    assert not set(read(Shard(checkpoint), rest)) & settled
