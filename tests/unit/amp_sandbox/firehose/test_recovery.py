"""After a crash or a failure: what was written, planned or held is found again, and no record is lost."""

import sqlite3
from base64 import b64decode
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.firehose_fakes import (
    AT_ONCE,
    PARTITIONED,
    PROMPT,
    Bench,
    Made,
    aws_error,
    by_first_letter,
    data_of,
    definition,
    ok,
    stream_id,
    unsettled,
)

from amp_sandbox.firehose import store


def test_kinesis_records_are_checkpointed_after_the_write_and_never_before(made: Made) -> None:
    bench = made(kinesis=True)
    bench.kinesis.put(b"a", b"b")
    pipeline = bench.pipeline()
    bench.run(pipeline, 59)
    assert store.all_checkpoints(bench.db, stream_id(bench)) == []
    bench.run(pipeline, 3)
    (kept,) = store.all_checkpoints(bench.db, stream_id(bench))
    assert (kept.sequence, kept.ordinal) == ("2", 2)
    (delivery,) = store.recent_deliveries(bench.db, stream_id(bench))
    assert delivery.shards == {"shardId-000000000000": ("1", "2", 2)}
    assert delivery.key in bench.s3.objects


def test_a_partition_delivered_before_another_is_not_repeated_after_a_crash(made: Made) -> None:
    bench = made(kinesis=True, transform=PROMPT, **PARTITIONED)
    bench.lambda_.handler = by_first_letter
    pipeline = bench.pipeline()
    bench.kinesis.put(b"a1")
    bench.run(pipeline, 30)
    bench.kinesis.put(b"b1", b"a2")
    bench.run(pipeline, 32)
    assert bench.s3.under("t=a/") == [b"a1a2"]
    bench.run(bench.pipeline(), 62)
    assert (bench.s3.under("t=a/"), bench.s3.under("t=b/")) == ([b"a1a2"], [b"b1"])


@pytest.mark.parametrize("kinesis", [True, False])
def test_an_object_written_but_not_confirmed_is_not_written_again(made: Made, kinesis: bool) -> None:
    bench = made(kinesis=kinesis, **AT_ONCE)
    (bench.kinesis.put if kinesis else bench.put)(b"a", b"b")
    pipeline = bench.pipeline()
    bench.run(pipeline)
    # The process dies between the write and its confirmation: undo what came after the plan.
    delivered = dict(bench.s3.objects)
    assert delivered
    (row,) = store.recent_deliveries(bench.db, stream_id(bench))
    forget_confirmation(bench, row, [1, 2] if not kinesis else [0, 1])
    bench.run(bench.pipeline(), 10)
    assert bench.s3.objects == delivered
    assert store.planned_deliveries(bench.db, stream_id(bench)) == []
    if not kinesis:
        assert unsettled(bench) == 0


def test_an_object_cut_short_by_a_crash_is_removed_and_its_records_delivered_again(made: Made) -> None:
    bench = made(**AT_ONCE)
    bench.put(b"a", b"b")
    bench.run(bench.pipeline())
    (row,) = store.recent_deliveries(bench.db, stream_id(bench))
    bench.s3.objects = {row.key: b"a"}
    forget_confirmation(bench, row, [1, 2])
    bench.run(bench.pipeline(), 1)
    assert row.key not in bench.s3.objects
    assert (bench.s3.under("data/"), unsettled(bench)) == ([b"xx"], 0)


def forget_confirmation(bench: Bench, row: store.Delivery, ordinals: list[int]) -> None:
    bench.db.execute("DELETE FROM deliveries")
    bench.db.execute("DELETE FROM checkpoints")
    shard = next(iter(row.shards))
    planned = store.Delivery(**{**row.__dict__, "positions": {shard: ordinals}})
    store.plan_delivery(bench.db, stream_id(bench), planned)
    if shard == store.DIRECT_SHARD:
        bench.db.executemany(
            "INSERT INTO direct_records (id, stream_id, arrived_ms, data) VALUES (?, ?, 0, x'78')",
            [(one, stream_id(bench)) for one in ordinals],
        )


def test_an_object_planned_but_not_written_is_delivered_again(made: Made) -> None:
    bench = made(**AT_ONCE)
    bench.put(b"a")
    bench.s3.failures.coming = [ConnectionError("killed")] * 1
    bench.run(bench.pipeline(), 0, ticks=1)
    assert len(store.planned_deliveries(bench.db, stream_id(bench))) == 1
    bench.run(bench.pipeline(), 1)
    assert bench.s3.under("data/") == [b"a"]
    assert (store.planned_deliveries(bench.db, stream_id(bench)), unsettled(bench)) == ([], 0)


def test_recovery_waits_for_s3_before_anything_is_read(made: Made) -> None:
    bench = made(**AT_ONCE)
    bench.put(b"a")
    bench.s3.failures.coming = [ConnectionError("killed")]
    bench.run(bench.pipeline(), 0, ticks=1)
    bench.s3.failures.coming = [ConnectionError("away")] * 3
    pipeline = bench.pipeline()
    bench.run(pipeline, 0, ticks=1)
    assert len(store.planned_deliveries(bench.db, stream_id(bench))) == 1
    bench.run(pipeline, 10)
    assert bench.s3.under("data/") == [b"a"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_with_crashes_and_failures_every_record_ends_in_one_place(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Delivered, dropped or failed, and once: the fakes' S3 writes are whole or not at all, as S3's are."""
    bench = Bench(tmp_path_factory.mktemp("crash") / "store.sqlite")
    bench.create(definition(kinesis=True, transform={"NumberOfRetries": "0", **PROMPT}, **PARTITIONED))

    def handler(event: dict[str, Any]) -> dict[str, Any]:
        return {"records": [FATES[data_of(one)[:1]](one) for one in event["records"]]}

    bench.lambda_.handler = handler
    bench.kinesis.limit = 3
    put = 0
    for _ in range(data.draw(st.integers(1, 5), label="lives")):
        pipeline = bench.pipeline()
        for _ in range(data.draw(st.integers(0, 6), label="steps")):
            for fate in data.draw(st.lists(st.sampled_from(sorted(FATES)), max_size=4), label="records"):
                bench.kinesis.put(fate + b"%d;" % put)
                put += 1
            errors = data.draw(st.integers(0, 2), label="S3 errors")
            bench.s3.failures.coming = [aws_error("SlowDown")] * errors
            bench.run(pipeline, data.draw(st.sampled_from([0, 1, 30, 61]), label="seconds"), ticks=1, step=1)
        bench.s3.failures.coming = []
    bench.run(bench.pipeline(), 130, step=1)
    landed = Counter(b"".join(bench.s3.under("t=")).split(b";")[:-1])
    failed = Counter(b64decode(line["rawData"]).rstrip(b";") for line in bench.s3.lines("errors/"))
    sent = [record["Data"].rstrip(b";") for record in bench.kinesis.shards["shardId-000000000000"].records]
    assert landed == Counter(one for one in sent if one[:1] in b"ab")
    assert failed == Counter(one for one in sent if one[:1] in b"fm")
    (kept,) = store.all_checkpoints(bench.db, stream_id(bench)) or [None]
    assert kept is None or kept.ordinal == put
    for fate in (b"a", b"b"):
        order = [int(one[1:]) for one in b"".join(body_in_order(bench, fate)).split(b";")[:-1]]
        assert order == sorted(order)


FATES: dict[bytes, Callable[[dict[str, Any]], dict[str, Any]]] = {
    b"a": lambda one: ok(one, t="a"),
    b"b": lambda one: ok(one, t="b"),
    b"d": lambda one: {"recordId": one["recordId"], "result": "Dropped"},
    b"f": lambda one: {"recordId": one["recordId"], "result": "ProcessingFailed"},
    b"m": lambda one: ok(one) | {"recordId": "another"},
}


def body_in_order(bench: Bench, fate: bytes) -> list[bytes]:
    prefix = f"t={fate.decode()}/"
    return [body for key, body in bench.s3.objects.items() if key.startswith(prefix)]


@pytest.mark.parametrize("drop", [False, True])
def test_an_error_of_the_store_loses_no_record(made: Made, monkeypatch: pytest.MonkeyPatch, drop: bool) -> None:
    """Not even until the next start: what was read is held until it is written."""
    bench = made(transform=PROMPT, **AT_ONCE)
    bench.lambda_.handler = lambda event: {
        "records": [
            {"recordId": one["recordId"], "result": "Dropped"} if data_of(one) == b"-" else ok(one)
            for one in event["records"]
        ]
    }
    bench.put(b"a", *([b"-"] if drop else []), b"b")
    pipeline, name = bench.pipeline(), "add_stats" if drop else "plan_delivery"
    real, failures = getattr(store, name), [sqlite3.OperationalError("database is locked")]

    def fail_once(*args: Any) -> Any:
        if failures:
            raise failures.pop()
        return real(*args)

    monkeypatch.setattr(store, name, fail_once)
    with pytest.raises(sqlite3.OperationalError):
        bench.run(pipeline)
    bench.run(pipeline, 5)
    assert (bench.s3.under("data/"), unsettled(bench)) == ([b"ab"], 0)
