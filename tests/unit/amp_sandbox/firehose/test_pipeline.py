import gzip
import io
import json
import sqlite3
from base64 import b64decode
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.firehose_fakes import FUNCTION, ROLE, STREAM_ARN, Bench, aws_error, data_of, definition, ok, processor

from amp_sandbox.firehose import store
from amp_sandbox.firehose.sources import DIRECT_BATCH

Made = Callable[..., Bench]
PROMPT = {"BufferIntervalInSeconds": "0"}
AT_ONCE = {"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0}}
PARTITIONED = {
    "Prefix": "t=!{partitionKeyFromLambda:t}/",
    "DynamicPartitioningConfiguration": {"Enabled": True},
    "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
}
CONVERTED = {
    "DataFormatConversionConfiguration": {
        "SchemaConfiguration": {"RoleARN": ROLE, "DatabaseName": "amp_raw", "TableName": "events"},
        "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
        "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
    },
    "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 0},
}


@pytest.fixture
def made(tmp_path: Path) -> Made:
    def make(**options: Any) -> Bench:
        bench = Bench(tmp_path / "store.sqlite")
        bench.create(definition(**options))
        return bench

    return make


def by_first_letter(event: dict[str, Any]) -> dict[str, Any]:
    return {"records": [ok(one, t=data_of(one)[:1].decode()) for one in event["records"]]}


def stream_id(bench: Bench) -> int:
    stream = store.get_stream(bench.db, "events-to-lake")
    assert stream is not None
    return stream.id


def unsettled(bench: Bench) -> int:
    return store.count_records(bench.db, stream_id(bench)).records


def test_records_land_in_one_object_after_the_interval_and_are_settled(made: Made) -> None:
    bench = made()
    pipeline = bench.pipeline()
    bench.put(b"a", b"b")
    bench.run(pipeline, 59)
    assert bench.s3.objects == {}
    assert pipeline.facts()["buffered_records"] == 2
    bench.run(pipeline, 2)
    assert bench.s3.under("data/2026/11/22/10/events-to-lake-1-2026-11-22-10-01-") == [b"ab"]
    assert unsettled(bench) == 0
    assert pipeline.facts() == {
        "buffered_records": 0,
        "buffered_bytes": 0,
        "last_delivery": bench.now - 1,
        "last_error": None,
    }
    assert store.get_stats(bench.db, stream_id(bench)) == {"data_records": 2, "data_objects": 1, "data_bytes": 2}


def test_records_land_at_once_when_the_buffer_is_full(made: Made) -> None:
    bench = made()
    bench.put(*[b"x" * 500_000] * 3)
    bench.run(bench.pipeline())
    assert bench.s3.under("data/") == [b"x" * 1_000_000]
    assert unsettled(bench) == 1


def test_an_interval_of_zero_delivers_at_once(made: Made) -> None:
    bench = made(transform=PROMPT, **AT_ONCE)
    bench.put(b"a")
    bench.run(bench.pipeline(), ticks=3)
    assert bench.s3.under("data/") == [b"a"]


def test_the_prefix_has_the_arrival_of_the_oldest_record_in_the_configured_zone(made: Made) -> None:
    bench = made(Prefix="dt=!{timestamp:yyyy-MM-dd}/h=!{timestamp:HHmm}/", CustomTimeZone="Asia/Tokyo")
    pipeline = bench.pipeline()
    bench.put(b"a")
    bench.run(pipeline, 30)
    bench.put(b"b")
    bench.run(pipeline, 31)
    assert bench.s3.under("dt=2026-11-22/h=1900/") == [b"ab"]


def test_data_and_error_output_are_compressed_as_configured(made: Made) -> None:
    bench = made(transform=PROMPT, CompressionFormat="GZIP", **AT_ONCE)
    bench.lambda_.handler = lambda event: {
        "records": [
            ok(event["records"][0]),
            {"recordId": event["records"][1]["recordId"], "result": "ProcessingFailed"},
        ]
    }
    bench.put(b"good", b"bad")
    bench.run(bench.pipeline())
    assert all(key.endswith(".gz") for key in bench.s3.objects)
    assert [gzip.decompress(body) for body in bench.s3.under("data/")] == [b"good"]
    (line,) = [json.loads(gzip.decompress(body)) for body in bench.s3.under("errors/processing-failed/")]
    assert b64decode(line["rawData"]) == b"bad"


def test_the_transform_is_called_after_its_own_interval(made: Made) -> None:
    bench = made(transform={"BufferIntervalInSeconds": "10"})
    pipeline = bench.pipeline()
    bench.put(b"a")
    bench.run(pipeline, 5)
    bench.put(b"b")
    bench.run(pipeline, 4.5)
    assert bench.lambda_.events == []
    bench.run(pipeline, 1)
    assert [[data_of(one) for one in event["records"]] for event in bench.lambda_.events] == [[b"a", b"b"]]
    assert bench.lambda_.events[0]["deliveryStreamArn"] == STREAM_ARN


def test_two_batches_at_most_are_with_the_transform_and_their_order_is_kept(made: Made) -> None:
    bench = made(transform={"BufferSizeInMBs": "0.2", **PROMPT}, **AT_ONCE)
    bench.put(*[bytes([65 + n]) * 150_000 for n in range(4)])
    bench.runner.held = []
    pipeline = bench.pipeline()
    pipeline.tick()
    assert len(bench.runner.held) == 2
    first, second = bench.runner.held
    bench.runner.held = []
    second[0].set_result(second[1](*second[2]))
    pipeline.tick()
    assert bench.s3.objects == {}
    first[0].set_result(first[1](*first[2]))
    bench.runner.held = None
    bench.run(pipeline, 1)
    assert b"".join(bench.s3.under("data/"))[::150_000] == b"ABCD"


def test_a_transform_that_raises_is_retried_then_its_records_fail_with_the_attempts_made(made: Made) -> None:
    """AWS captured: attemptsMade 4 with the default of three retries."""
    bench = made(transform=PROMPT, **AT_ONCE)
    bench.lambda_.handler = lambda event: 1 / 0
    bench.put(b"a", b"b")
    bench.run(bench.pipeline(), 60)
    assert len(bench.lambda_.events) == 4
    assert len({event["invocationId"] for event in bench.lambda_.events}) == 4
    assert [(one["attemptsMade"], one["errorCode"]) for one in bench.s3.lines("errors/processing-failed/")] == [
        (4, "Lambda.FunctionError")
    ] * 2
    assert "division by zero" in bench.s3.lines("errors/")[0]["errorMessage"]
    assert unsettled(bench) == 0


def test_a_transform_that_recovers_delivers(made: Made) -> None:
    bench = made(transform={"NumberOfRetries": "1", **PROMPT}, **AT_ONCE)
    bench.lambda_.failures.coming = [aws_error("TooManyRequestsException")]
    bench.put(b"a")
    bench.run(bench.pipeline(), 10)
    assert bench.s3.under("data/") == [b"a"]
    assert bench.s3.under("errors/") == []


def test_a_lambda_service_that_is_away_costs_no_attempts(made: Made) -> None:
    bench = made(transform={"NumberOfRetries": "0", **PROMPT}, **AT_ONCE)
    bench.lambda_.failures.coming = [EndpointConnectionError(endpoint_url="http://lambda")] * 5
    bench.put(b"a")
    bench.run(bench.pipeline(), 120)
    assert bench.s3.under("data/") == [b"a"]


def test_dropped_records_are_settled_without_an_object(made: Made) -> None:
    bench = made(transform=PROMPT, **AT_ONCE)
    bench.lambda_.handler = lambda event: {
        "records": [{"recordId": one["recordId"], "result": "Dropped"} for one in event["records"]]
    }
    bench.put(b"a", b"b")
    bench.run(bench.pipeline())
    assert (bench.s3.objects, unsettled(bench)) == ({}, 0)
    assert store.get_stats(bench.db, stream_id(bench)) == {"dropped": 2}


def test_s3_is_tried_under_the_same_key_until_it_works(made: Made) -> None:
    bench = made(**AT_ONCE)
    bench.s3.failures.coming = [aws_error("SlowDown"), aws_error("NoSuchBucket"), ConnectionError("refused")] * 5
    bench.put(b"a")
    pipeline = bench.pipeline()
    bench.run(pipeline, 3)
    assert unsettled(bench) == 1
    assert pipeline.facts()["last_error"] is not None
    bench.run(pipeline, 300)
    assert bench.s3.under("data/") == [b"a"]
    assert len(bench.s3.puts) == 16
    assert len(set(bench.s3.puts)) == 1
    assert (unsettled(bench), pipeline.facts()["last_error"]) == (0, None)


def test_partitions_are_buffered_apart_each_by_its_own_interval(made: Made) -> None:
    bench = made(transform=PROMPT, **PARTITIONED)
    bench.lambda_.handler = by_first_letter
    pipeline = bench.pipeline()
    bench.put(b"a1")
    bench.run(pipeline, 30)
    bench.put(b"b1", b"a2")
    bench.run(pipeline, 31)
    assert (bench.s3.under("t=a/"), bench.s3.under("t=b/")) == ([b"a1a2"], [])
    bench.run(pipeline, 30)
    assert bench.s3.under("t=b/") == [b"b1"]


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


def test_reading_stops_when_too_much_is_held_and_goes_on_when_it_is_written(made: Made) -> None:
    bench = made(BufferingHints={"SizeInMBs": 128, "IntervalInSeconds": 900})
    bench.put(*[b"x" * 900_000] * 30)
    pipeline = bench.pipeline(max_held=4 * 1024 * 1024)
    held = []
    for _ in range(60):
        pipeline.tick()
        held.append(pipeline.facts()["buffered_bytes"])
        bench.now += 1
    assert max(held) < 6 * 1024 * 1024
    assert unsettled(bench) <= 5
    assert sum(len(body) for body in bench.s3.objects.values()) >= 25 * 900_000


def test_a_stream_being_deleted_delivers_what_it_accepted_and_reads_no_more(made: Made) -> None:
    bench = made(transform={"BufferIntervalInSeconds": "900"})
    pipeline = bench.pipeline()
    bench.put(b"a")
    bench.run(pipeline, 1)
    bench.put(b"b")
    pipeline.draining = True
    bench.run(pipeline, 1)
    assert b"".join(bench.s3.under("data/")) == b"ab"
    assert pipeline.drained


def test_a_kinesis_stream_is_not_read_on_while_draining(made: Made) -> None:
    bench = made(kinesis=True)
    bench.kinesis.put(b"a")
    pipeline = bench.pipeline()
    bench.run(pipeline, 1)
    bench.kinesis.put(b"b")
    pipeline.draining = True
    bench.run(pipeline, 1)
    assert (bench.s3.under("data/"), pipeline.drained) == ([b"a"], True)


def test_a_closing_pipeline_finishes_writes_and_begins_none(made: Made) -> None:
    bench = made(**AT_ONCE)
    bench.put(b"a")
    pipeline = bench.pipeline()
    bench.runner.held = []
    bench.run(pipeline, 0, ticks=1)
    while not any(call[1].__name__ == "_put_object" for call in bench.runner.held):
        waiting, bench.runner.held = bench.runner.held, []
        for future, work, args in waiting:
            future.set_result(work(*args))
        pipeline.tick()
    pipeline.closing = True
    bench.put(b"b")
    pipeline.tick()
    assert not pipeline.closed()
    for future, work, args in bench.runner.held:
        future.set_result(work(*args))
    bench.runner.held = None
    pipeline.tick()
    assert pipeline.closed()
    assert (bench.s3.under("data/"), unsettled(bench)) == ([b"a"], 1)


def test_delivery_errors_are_logged_where_configured(made: Made) -> None:
    options = {"Enabled": True, "LogGroupName": "/aws/firehose/x", "LogStreamName": "S3Delivery"}
    bench = made(transform=PROMPT, CloudWatchLoggingOptions=options, **AT_ONCE)
    bench.lambda_.handler = lambda event: {"records": []}
    bench.s3.failures.coming = [aws_error("NoSuchBucket")]
    bench.put(b"a")
    bench.run(bench.pipeline(), 5)
    assert {(one["logGroupName"], one["logStreamName"]) for one in bench.logs.sent} == {
        ("/aws/firehose/x", "S3Delivery")
    }
    lines = [json.loads(one["logEvents"][0]["message"]) for one in bench.logs.sent]
    assert [line["errorCode"] for line in lines] == ["Lambda.MissingRecordId", "S3.NoSuchBucket"]
    assert lines[0]["processor"] == FUNCTION
    assert lines[0]["deliveryStreamARN"] == STREAM_ARN


def test_an_error_log_that_is_away_holds_nothing_up(made: Made) -> None:
    options = {"Enabled": True, "LogGroupName": "/aws/firehose/x", "LogStreamName": "S3Delivery"}
    bench = made(transform=PROMPT, CloudWatchLoggingOptions=options, **AT_ONCE)
    bench.lambda_.handler = lambda event: {"records": []}
    bench.logs.failures.coming = [aws_error("ResourceNotFoundException")]
    bench.put(b"a")
    bench.run(bench.pipeline(), 5)
    assert len(bench.s3.lines("errors/processing-failed/")) == 1


@pytest.mark.parametrize(
    ("column", "failures", "code"),
    [
        ("int", ["EntityNotFoundException"], "DataFormatConversion.EntityNotFoundException"),
        ("uniontype<int>", [], "DataFormatConversion.InvalidSchema"),
    ],
)
def test_a_table_that_cannot_be_used_is_no_error_of_s3(made: Made, column: str, failures: list[str], code: str) -> None:
    options = {"Enabled": True, "LogGroupName": "/aws/firehose/x", "LogStreamName": "S3Delivery"}
    bench = made(CloudWatchLoggingOptions=options, **CONVERTED)
    bench.glue.columns = [{"Name": "n", "Type": column}]
    bench.glue.failures.coming = [aws_error(failure) for failure in failures]
    bench.put(b'{"n": 1}')
    bench.run(bench.pipeline(), 5)
    (line,) = [json.loads(one["logEvents"][0]["message"]) for one in bench.logs.sent]
    assert line["errorCode"] == code


def test_records_that_do_not_fit_the_table_become_error_output(made: Made) -> None:
    bench = made(**CONVERTED)
    bench.glue.columns = [{"Name": "n", "Type": "int"}]
    bench.glue.failures.coming = [aws_error("InternalServiceException")] * 2
    bench.put(b'{"n": 1}', b"{", b'{"n": 2}')
    bench.run(bench.pipeline(), 10)
    (body,) = bench.s3.under("data/")
    assert pq.read_table(io.BytesIO(body)).to_pylist() == [{"n": 1}, {"n": 2}]
    (line,) = bench.s3.lines("errors/format-conversion-failed/")
    assert (line["lastErrorCode"], b64decode(line["rawData"])) == ("DataFormatConversion.MalformedData", b"{")
    assert line["dataCatalogTable"]["tableName"] == "events"
    assert unsettled(bench) == 0


def test_a_delimiter_goes_between_records(made: Made) -> None:
    bench = made(
        ProcessingConfiguration={"Enabled": True, "Processors": [processor("AppendDelimiterToRecord")]}, **AT_ONCE
    )
    bench.put(b"a", b"b")
    bench.run(bench.pipeline())
    assert bench.s3.under("data/") == [b"a\nb\n"]


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


def test_a_stream_is_drained_only_when_nothing_is_left_in_the_store(made: Made) -> None:
    bench = made(**AT_ONCE)
    bench.put(*[b"x"] * (DIRECT_BATCH + 1))
    pipeline = bench.pipeline()
    pipeline.draining = True
    for _ in range(20):
        pipeline.tick()
        if pipeline.drained:
            break
    assert (pipeline.drained, unsettled(bench)) == (True, 0)


def test_a_record_nested_too_deeply_holds_nothing_up(made: Made) -> None:
    bench = made(**CONVERTED)
    bench.glue.columns = [{"Name": "n", "Type": "string"}]
    bench.put(b'{"n": 1}', b"[" * 100_000, b'{"n": ' + b"[" * 600 + b"]" * 600 + b"}", b'{"n": 2}')
    bench.run(bench.pipeline(), 5)
    assert unsettled(bench) == 0
    codes = [line["lastErrorCode"] for line in bench.s3.lines("errors/format-conversion-failed/")]
    assert codes[0] == "DataFormatConversion.MalformedData"


def test_a_delivery_is_retried_beyond_the_retry_options_of_dynamic_partitioning(made: Made) -> None:
    partitioned = PARTITIONED | {
        "DynamicPartitioningConfiguration": {"Enabled": True, "RetryOptions": {"DurationInSeconds": 30}}
    }
    bench = made(transform=PROMPT, **partitioned)
    bench.lambda_.handler = by_first_letter
    bench.s3.failures.coming = [aws_error("InternalError")] * 20
    bench.put(b"a")
    bench.run(bench.pipeline(), 300)
    assert len(bench.s3.puts) == 21
    assert (bench.s3.under("t=a/"), bench.s3.under("errors/"), unsettled(bench)) == ([b"a"], [], 0)
