import json
from base64 import b64decode
from typing import Any

import pytest
from support.firehose_fakes import FUNCTION, SOURCE, STREAM_ARN, FakeLambda, data_of, definition, ok, processor

from amp_sandbox.firehose import config
from amp_sandbox.firehose.error_output import Failure
from amp_sandbox.firehose.processing import METADATA_FAILED, Processor, Routed
from amp_sandbox.firehose.shards import DATA, DROPPED, Direct, Record, Route

SHARD = Direct()


def records(*data: bytes) -> list[Record]:
    return [Record(SHARD, n, f"id{n}", "", 1000 + n, one) for n, one in enumerate(data)]


def processing(client: FakeLambda, **settings: Any) -> Processor:
    destination = config.parse_create(definition(**settings)).destination
    return Processor(destination, STREAM_ARN, SOURCE, "us-east-1", client, lambda: 9000)


def partitioned(prefix: str, query: str | None = None, **settings: Any) -> dict[str, Any]:
    processors = (
        []
        if query is None
        else [processor("MetadataExtraction", MetadataExtractionQuery=query, JsonParsingEngine="JQ-1.6")]
    )
    return {
        "Prefix": prefix,
        "DynamicPartitioningConfiguration": {"Enabled": True},
        "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
        "ProcessingConfiguration": {"Enabled": True, "Processors": processors},
        **settings,
    }


def lines(routed: Routed) -> list[Any]:
    return [json.loads(one.record.data) for one in routed.outcomes if one.route == Route("processing-failed")]


def test_without_processors_records_go_through_as_they_are() -> None:
    routed = processing(FakeLambda()).process(records(b"a", b"b"), 1)
    assert [(one.route, one.record.data) for one in routed.outcomes] == [(Route(DATA), b"a"), (Route(DATA), b"b")]


def test_a_delimiter_is_appended_only_when_configured() -> None:
    settings = {"ProcessingConfiguration": {"Enabled": True, "Processors": [processor("AppendDelimiterToRecord")]}}
    routed = processing(FakeLambda(), **settings).process(records(b"a"), 1)
    assert [one.record.data for one in routed.outcomes] == [b"a\n"]


def test_a_failed_record_becomes_awss_line_with_its_raw_data() -> None:
    client = FakeLambda()
    client.handler = lambda event: {
        "records": [
            ok(event["records"][0], b"A"),
            {"recordId": "id1", "result": "ProcessingFailed", "data": "eA=="},
            {"recordId": "id2", "result": "Dropped"},
        ]
    }
    routed = processing(client, transform={}).process(records(b"a", b"b", b"c"), 2)
    assert [one.route for one in routed.outcomes] == [Route(DATA), Route("processing-failed"), DROPPED]
    assert lines(routed) == [
        {
            "attemptsMade": 2,
            "arrivalTimestamp": 1001,
            "errorCode": "Lambda.ProcessingFailedStatus",
            "errorMessage": "ProcessingFailed status set for record",
            "attemptEndingTimestamp": 9000,
            "rawData": "Yg==",
            "lambdaArn": FUNCTION,
        }
    ]
    assert routed.failure == Failure("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record")


def test_a_failed_batch_fails_every_record() -> None:
    failure = Failure("Lambda.FunctionError", "it broke")
    routed = processing(FakeLambda(), transform={}).fail(records(b"a", b"b"), failure, 4)
    assert [(line["errorCode"], line["attemptsMade"], line["rawData"]) for line in lines(routed)] == [
        ("Lambda.FunctionError", 4, "YQ=="),
        ("Lambda.FunctionError", 4, "Yg=="),
    ]


def test_partition_keys_of_the_transform_choose_the_route() -> None:
    client = FakeLambda()
    client.handler = lambda event: {"records": [ok(one, type=data_of(one).decode()) for one in event["records"]]}
    routed = processing(client, transform={}, **partitioned("!{partitionKeyFromLambda:type}/")).process(
        records(b"poll", b"chat"), 1
    )
    assert [one.route.lambda_keys for one in routed.outcomes] == [(("type", "poll"),), (("type", "chat"),)]


def test_a_query_reads_the_transformed_record() -> None:
    client = FakeLambda()
    client.handler = lambda event: {"records": [ok(one, b'{"n": 7, "s": "x", "b": true}') for one in event["records"]]}
    settings = partitioned(
        "!{partitionKeyFromQuery:n}/!{partitionKeyFromQuery:s}/!{partitionKeyFromQuery:b}/", "{n: .n, s: .s, b: .b}"
    )
    routed = processing(client, transform={}, **settings).process(records(b"raw"), 1)
    assert routed.outcomes[0].route == Route(DATA, (), (("b", "true"), ("n", "7"), ("s", "x")))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"not json", "query failed"),
        (b"\xff", "query failed"),
        (b"[1]", "query failed"),
        (b'{"a": null}', "must not be null or empty: a"),
        (b'{"a": ""}', "must not be null or empty: a"),
        (b'{"a": {"x": 1}}', "must be strings, numbers or booleans: a"),
        (b'{"a": "x\\n"}', "fit for an S3 key: a"),
        (b'{"a": "\\ud800"}', "a"),
        (b'{"a": "' + b"x" * 300 + b'"}', "fit for an S3 key: a"),
    ],
)
def test_a_record_without_its_key_goes_to_the_error_output_alone(data: bytes, said: str) -> None:
    settings = partitioned("!{partitionKeyFromQuery:a}/", "{a: .a}")
    routed = processing(FakeLambda(), **settings).process(records(data, b'{"a": "good"}'), 1)
    assert routed.outcomes[1].route == Route(DATA, (), (("a", "good"),))
    if routed.outcomes[0].route.output == DATA:  # jq mends what is not text
        assert routed.outcomes[0].route.query_keys[0][1].isprintable()
        return
    (line,) = lines(routed)
    assert line["errorCode"] == METADATA_FAILED
    assert said in line["errorMessage"]
    assert b64decode(line["rawData"]) == data
    assert "lambdaArn" not in line


@pytest.mark.parametrize("metadata", [None, {}, {"partitionKeys": None}, {"partitionKeys": ["a"]}, "x", ["x"]])
def test_a_transform_that_sets_no_keys_fails_its_record(metadata: Any) -> None:
    client = FakeLambda()
    client.handler = lambda event: {"records": [ok(one) | {"metadata": metadata} for one in event["records"]]}
    routed = processing(client, transform={}, **partitioned("!{partitionKeyFromLambda:a}/")).process(records(b"x"), 1)
    assert [line["errorCode"] for line in lines(routed)] == [METADATA_FAILED]
