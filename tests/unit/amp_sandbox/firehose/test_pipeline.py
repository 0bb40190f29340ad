import gzip
import io
import json
from base64 import b64decode

import pyarrow.parquet as pq
import pytest
from botocore.exceptions import EndpointConnectionError
from support.firehose_fakes import (
    AT_ONCE,
    FUNCTION,
    PARTITIONED,
    PROMPT,
    ROLE,
    STREAM_ARN,
    Made,
    aws_error,
    by_first_letter,
    data_of,
    ok,
    processor,
    stream_id,
    unsettled,
)

from amp_sandbox.firehose import store
from amp_sandbox.firehose.sources import DIRECT_BATCH

CONVERTED = {
    "DataFormatConversionConfiguration": {
        "SchemaConfiguration": {"RoleARN": ROLE, "DatabaseName": "amp_raw", "TableName": "events"},
        "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
        "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
    },
    "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 0},
}


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
