from typing import Any

import pytest

from amp_sandbox.firehose import store

MIB = 1024 * 1024


def stored(firehose: Any, name: str) -> list[bytes]:
    stream = store.get_stream(firehose.db, name)
    assert stream is not None
    return [
        record.data
        for record in store.read_records(firehose.db, stream.id, after=0, limit=10_000, limit_bytes=100 * MIB)
    ]


def test_put_record_keeps_the_bytes(firehose: Any) -> None:
    name, data = firehose.create(), bytes(range(256))
    answer = firehose.client.put_record(DeliveryStreamName=name, Record={"Data": data})
    assert answer["RecordId"].isdecimal()
    assert answer["Encrypted"] is False
    assert stored(firehose, name) == [data]


def test_put_record_batch_answers_an_id_for_each_record_in_order(firehose: Any) -> None:
    name = firehose.create()
    sent = [f"record {index}".encode() for index in range(500)]
    answer = firehose.client.put_record_batch(DeliveryStreamName=name, Records=[{"Data": data} for data in sent])
    assert (answer["FailedPutCount"], answer["Encrypted"]) == (0, False)
    ids = [response["RecordId"] for response in answer["RequestResponses"]]
    assert len(set(ids)) == 500
    assert ids == sorted(ids)
    assert stored(firehose, name) == sent


def test_an_empty_record_and_the_largest_are_kept(firehose: Any) -> None:
    name = firehose.create()
    firehose.client.put_record_batch(DeliveryStreamName=name, Records=[{"Data": b""}, {"Data": bytes(1_024_000)}])
    assert [len(data) for data in stored(firehose, name)] == [0, 1_024_000]


# https://docs.aws.amazon.com/firehose/latest/dev/limits.html
@pytest.mark.parametrize(
    ("records", "code", "told"),
    [
        ([b"x"] * 501, "ValidationException", "at 'records' failed to satisfy constraint: Member must have length"),
        ([], "ValidationException", "at 'records' failed to satisfy constraint: Member must have length"),
        ([b"x", bytes(1_024_001)], "ValidationException", "at 'records.2.member.data' failed to satisfy"),
        ([bytes(MIB // 2)] * 8 + [b"x"], "InvalidArgumentException", "Records size exceeds 4 MB limit"),
    ],
)
def test_a_batch_over_a_limit_is_refused_whole(firehose: Any, records: list[bytes], code: str, told: str) -> None:
    name = firehose.create()
    answer = firehose.refusal("put_record_batch", DeliveryStreamName=name, Records=[{"Data": data} for data in records])
    assert answer[0] == code
    assert told in answer[1]
    assert stored(firehose, name) == []


def test_a_batch_of_exactly_4_mib_is_kept(firehose: Any) -> None:
    name = firehose.create()
    firehose.client.put_record_batch(DeliveryStreamName=name, Records=[{"Data": bytes(MIB // 2)}] * 8)
    assert len(stored(firehose, name)) == 8


def test_a_record_over_the_limit_is_refused(firehose: Any) -> None:
    code, message = firehose.refusal(
        "put_record", DeliveryStreamName=firehose.create(), Record={"Data": bytes(1_024_001)}
    )
    assert code == "ValidationException"
    assert "at 'record.data' failed to satisfy constraint: Member must have length less than" in message


@pytest.mark.parametrize("operation", ["put_record", "put_record_batch"])
def test_puts_are_refused_where_kinesis_is_the_source(
    firehose: Any, from_kinesis: dict[str, Any], operation: str
) -> None:
    name = firehose.create(**from_kinesis)
    record = {"Record": {"Data": b"x"}} if operation == "put_record" else {"Records": [{"Data": b"x"}]}
    assert firehose.refusal(operation, DeliveryStreamName=name, **record) == (
        "InvalidArgumentException",
        "This operation is not permitted on KinesisStreamAsSource delivery stream type.",
    )


@pytest.mark.parametrize("status", ["CREATING_FAILED", "DELETING"])
def test_puts_are_refused_by_a_stream_that_is_not_active(firehose: Any, status: str) -> None:
    name = firehose.create()
    store.set_status(firehose.db, name, status, at=0)
    code, message = firehose.refusal("put_record", DeliveryStreamName=name, Record={"Data": b"x"})
    assert code == "ResourceNotFoundException"
    assert status in message
    assert stored(firehose, name) == []


def test_puts_are_refused_without_a_stream(firehose: Any) -> None:
    code, message = firehose.refusal("put_record", DeliveryStreamName="nobody", Record={"Data": b"x"})
    assert (code, message) == (
        "ResourceNotFoundException",
        "Firehose nobody under account 000000000000 not found.",
    )
