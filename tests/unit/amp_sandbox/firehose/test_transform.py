"""The event's shape is the one in https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html, the error
codes those of its page on monitoring with CloudWatch Logs."""

import json
import uuid
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st
from support.firehose_fakes import FUNCTION, SOURCE, STREAM_ARN, FakeLambda, aws_error

from amp_sandbox.firehose import transform
from amp_sandbox.firehose.error_output import Failure
from amp_sandbox.firehose.shards import Direct, Record, Shard
from amp_sandbox.firehose.store import Checkpoint
from amp_sandbox.firehose.transform import Transformed, TransformError

SHARD = Shard(Checkpoint("shardId-000000000003", "once", None, 0))
INVOCATION = uuid.UUID("12345678-1234-5678-1234-567812345678")


def kinesis_record(sequence: int, data: bytes = b"data", key: str = "user_1") -> Record:
    return Record(SHARD, sequence, str(sequence), key, 1795341600123, data)


def event(records: list[Record], source: str | None = SOURCE) -> dict[str, Any]:
    payload = transform.event(
        records, stream_arn=STREAM_ARN, source_arn=source, region="us-east-1", invocation_id=INVOCATION
    )
    parsed: dict[str, Any] = json.loads(payload)
    return parsed


def answer(*records: dict[str, Any]) -> bytes:
    return json.dumps({"records": list(records)}).encode()


def said(record: Record, result: str = "Ok", data: bytes | None = b"new", **more: Any) -> dict[str, Any]:
    fields = {"recordId": transform.record_id(record), "result": result, **more}
    return fields if data is None else fields | {"data": b64encode(data).decode()}


def test_the_event_of_kinesis_records_is_awss() -> None:
    assert event([kinesis_record(7)]) == {
        "invocationId": str(INVOCATION),
        "deliveryStreamArn": STREAM_ARN,
        "sourceKinesisStreamArn": SOURCE,
        "region": "us-east-1",
        "records": [
            {
                "recordId": "7000003",
                "approximateArrivalTimestamp": 1795341600123,
                "data": "ZGF0YQ==",
                "kinesisRecordMetadata": {
                    "sequenceNumber": "7",
                    "subsequenceNumber": 0,
                    "partitionKey": "user_1",
                    "shardId": "shardId-000000000003",
                    "approximateArrivalTimestamp": 1795341600123,
                },
            }
        ],
    }


def test_the_event_of_direct_records_has_nothing_of_kinesis() -> None:
    found = event([Record(Direct(), 1, "49", "", 5, b"data")], source=None)
    assert "sourceKinesisStreamArn" not in found
    assert found["records"] == [{"recordId": "49", "approximateArrivalTimestamp": 5, "data": "ZGF0YQ=="}]


def test_the_same_sequence_number_in_two_shards_makes_two_ids() -> None:
    other = Shard(Checkpoint("shardId-000000000004", "once", None, 0))
    assert transform.record_id(kinesis_record(1)) != transform.record_id(kinesis_record(1)._replace(shard=other))


def test_results_are_matched_by_record_id_in_any_order() -> None:
    records = [kinesis_record(n) for n in range(3)]
    result = answer(
        said(records[2], "Dropped", None),
        said(records[0], metadata={"partitionKeys": {"type": "poll"}}),
        said(records[1], "ProcessingFailed"),
    )
    assert transform.match(records, result) == [
        Transformed(b"new", {"type": "poll"}),
        transform.PROCESSING_FAILED,
        None,
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda one: one | {"recordId": "other"}, "Lambda.MissingRecordId"),
        (lambda one: one | {"result": "ok"}, "Lambda.JsonProcessingException"),
        (lambda one: {k: v for k, v in one.items() if k != "result"}, "Lambda.JsonProcessingException"),
        (lambda one: one | {"data": "no base64!"}, "Lambda.FunctionError"),
        (lambda one: one | {"data": None}, "Lambda.FunctionError"),
        (lambda one: {k: v for k, v in one.items() if k != "data"}, "Lambda.FunctionError"),
    ],
    ids=["unknown id", "wrong result", "no result", "not base64", "null data", "no data"],
)
def test_one_bad_record_does_not_harm_its_neighbour(change: Callable[..., dict[str, Any]], code: str) -> None:
    records = [kinesis_record(1), kinesis_record(2)]
    bad, good = transform.match(records, answer(change(said(records[0])), said(records[1])))
    assert isinstance(bad, Failure)
    assert bad.code == code
    assert good == Transformed(b"new", {})


def test_a_record_returned_twice_fails() -> None:
    records = [kinesis_record(1), kinesis_record(2)]
    verdicts = transform.match(records, answer(said(records[0]), said(records[0]), said(records[1])))
    assert verdicts == [transform.DUPLICATED, Transformed(b"new", {})]


@pytest.mark.parametrize(
    "result",
    [b"", b"null", b"[]", b'{"records": 1}', b'{"records": ["x"]}', b'{"records": [{}]}', b"[" * 100_000],
    ids=["empty", "null", "list", "number", "text", "no id", "deep"],
)
def test_an_answer_of_another_shape_fails_the_batch(result: bytes) -> None:
    verdicts = transform.match([kinesis_record(1), kinesis_record(2)], result)
    assert [verdict.code for verdict in verdicts if isinstance(verdict, Failure)] == [
        "Lambda.JsonProcessingException"
    ] * 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"recordId": st.sampled_from([f"{n}000003" for n in range(6)]) | json_values},
            optional={
                "result": st.sampled_from(["Ok", "Dropped", "ProcessingFailed"]) | json_values,
                "data": st.just("ZGF0YQ==") | json_values,
                "metadata": json_values,
            },
        )
        | json_values,
        max_size=8,
    )
)
def test_every_record_has_exactly_one_verdict_whatever_is_returned(returned: list[Any]) -> None:
    verdicts = transform.match([kinesis_record(n) for n in range(5)], json.dumps({"records": returned}).encode())
    assert len(verdicts) == 5
    assert all(verdict is None or isinstance(verdict, Transformed | Failure) for verdict in verdicts)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (aws_error("TooManyRequestsException"), "Lambda.InvokeLimitExceeded"),
        (aws_error("ResourceNotFoundException"), "Lambda.ResourceNotFound"),
        (aws_error("AccessDeniedException"), "Lambda.InvokeAccessDenied"),
        (aws_error("ServiceException"), "Lambda.ServiceException"),
        (ReadTimeoutError(endpoint_url="http://lambda"), "Lambda.FunctionTimedOut"),
    ],
)
def test_an_invocation_that_fails_has_awss_code(error: Exception, code: str) -> None:
    client = FakeLambda()
    client.failures.coming = [error]
    with pytest.raises(TransformError) as caught:
        transform.invoke(client, FUNCTION, b"{}")
    assert caught.value.failure.code == code


def test_a_function_that_raises_or_times_out_is_told_apart() -> None:
    client = FakeLambda()

    def raises(_: dict[str, Any]) -> None:
        raise RuntimeError("no such show")

    def times_out(_: dict[str, Any]) -> None:
        raise RuntimeError("2026-11-22T10:00:00Z 1234 Task timed out after 3.00 seconds")

    client.handler = raises
    with pytest.raises(TransformError, match=r"Lambda.FunctionError: .* RuntimeError: no such show"):
        transform.invoke(client, FUNCTION, b"{}")
    client.handler = times_out
    with pytest.raises(TransformError, match=r"Lambda.FunctionTimedOut"):
        transform.invoke(client, FUNCTION, b"{}")


def test_a_response_over_six_megabytes_is_an_error() -> None:
    client = FakeLambda()
    client.handler = lambda _: b"x" * (transform.MAX_PAYLOAD + 1)
    with pytest.raises(TransformError, match="exceeded maximum allowed payload size"):
        transform.invoke(client, FUNCTION, b"{}")


def test_a_batch_is_cut_at_the_buffer_size() -> None:
    records = [kinesis_record(n, b"x" * 400) for n in range(5)]
    assert transform.batch_length(records, 1000) == 2
    assert transform.batch_length(records, 800) == 2
    assert transform.batch_length(records, 300) == 1
    assert transform.batch_length(records[:1], 1000) == 1
    assert transform.batch_length([], 1000) == 0


def test_a_batch_of_tiny_records_is_cut_before_the_invocation_limit() -> None:
    records = [kinesis_record(n, b"{}", key="ü" * 256) for n in range(5000)]
    count = transform.batch_length(records, 3 * 1024 * 1024)
    assert 0 < count < 5000
    payload = transform.event(
        records[:count], stream_arn=STREAM_ARN, source_arn=SOURCE, region="us-east-1", invocation_id=INVOCATION
    )
    assert len(payload) <= transform.MAX_PAYLOAD


@given(st.lists(st.tuples(st.integers(0, 50_000), st.text(max_size=256)), max_size=30), st.integers(1, 300_000))
def test_batches_take_every_record_once_in_order_within_the_limits(
    shapes: list[tuple[int, str]], buffer_bytes: int
) -> None:
    records = [kinesis_record(n, b"x" * size, key) for n, (size, key) in enumerate(shapes)]
    rest, batches = records, []
    while rest:
        count = transform.batch_length(rest, buffer_bytes)
        assert count >= 1
        batches.append(rest[:count])
        rest = rest[count:]
    assert [one for batch in batches for one in batch] == records
    for batch in batches:
        assert len(batch) == 1 or sum(len(one.data) for one in batch) <= buffer_bytes
        assert sum(transform.encoded_size(one) for one in batch) + 1024 >= len(json.dumps(event(batch)["records"]))


def test_data_survives_the_way_to_the_function_and_back() -> None:
    record = kinesis_record(1, bytes(range(256)))
    assert b64decode(event([record])["records"][0]["data"]) == record.data
    verdict = transform.match([record], answer(said(record, data=record.data)))
    assert verdict == [Transformed(record.data, {})]
