import time
from itertools import pairwise

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import ANY, Stubber
from hypothesis import given
from hypothesis import strategies as st

MEBIBYTE = 1024 * 1024


@pytest.fixture
def put(ingest, kinesis):
    def call(*keys, seconds=30):
        records = [ingest.stream.StreamRecord(key, key.encode()) for key in keys]
        outcomes = ingest.stream.put_records(kinesis, "show-catalog", records, time.monotonic() + seconds)
        return [getattr(outcome, "reason", None) for outcome in outcomes]

    return call


def refusal(code, status=400):
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutRecords")


def test_the_request_is_one_that_kinesis_knows(ingest):
    """Checked against botocore's model of PutRecords."""
    client = boto3.client(
        "kinesis", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x", config=ingest.stream.CONFIG
    )
    stubber = Stubber(client)
    answer = {"Records": [{"ShardId": "shardId-000000000001", "SequenceNumber": "49"}]}
    stubber.add_response("put_records", answer, {"StreamName": "s", "Records": [{"Data": ANY, "PartitionKey": "k"}]})
    with stubber:
        record = ingest.stream.StreamRecord("k", b"data")
        outcomes = ingest.stream.put_records(client, "s", [record], time.monotonic() + 30)
    assert outcomes == [ingest.stream.Placement("shardId-000000000001", "49")]
    assert client.meta.config.retries["total_max_attempts"] == 1


def test_only_what_kinesis_did_not_take_is_sent_again(put, kinesis):
    kinesis.fails_for = {"b": 1, "d": 2}
    assert put("a", "b", "c", "d") == [None] * 4
    assert kinesis.requests == [["a", "b", "c", "d"], ["b", "d"], ["d"]]


def test_what_kinesis_never_takes_is_reported_alone(put, kinesis, ingest):
    kinesis.fails_for = {"b": 10**6}
    assert put("a", "b", "c") == [None, "stream_unavailable", None]
    assert kinesis.requests == [["a", "b", "c"]] + [["b"]] * (ingest.stream.ATTEMPTS - 1)


@pytest.mark.parametrize(
    "error",
    [
        refusal("ProvisionedThroughputExceededException"),
        refusal("LimitExceededException"),
        refusal("KMSThrottlingException"),
        refusal("InternalFailure", 500),
        refusal("ServiceUnavailable", 503),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
        ReadTimeoutError(endpoint_url="http://127.0.0.1:1"),
    ],
    ids=str,
)
def test_a_passing_failure_of_the_whole_request_is_tried_again(put, kinesis, error):
    kinesis.raises = [error, error]
    assert put("a", "b") == [None, None]
    assert kinesis.requests == [["a", "b"]] * 3


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "InvalidArgumentException"])
def test_a_refusal_is_final(put, kinesis, code):
    kinesis.raises = [refusal(code)]
    assert put("a", "b") == ["stream_refused", "stream_refused"]
    assert kinesis.requests == [["a", "b"]]


def test_no_request_is_begun_that_could_outlast_the_time(put, kinesis, ingest):
    assert put("a", seconds=ingest.stream.CONNECT_SECONDS + ingest.stream.READ_SECONDS - 0.1) == ["out_of_time"]
    assert kinesis.requests == []


def test_a_chunk_that_fails_does_not_keep_the_next_from_being_sent(put, kinesis, ingest, monkeypatch):
    monkeypatch.setattr(ingest.stream, "RECORDS_PER_REQUEST", 2)
    kinesis.raises = [refusal("InvalidArgumentException")]
    assert put("a", "b", "c") == ["stream_refused", "stream_refused", None]


def test_the_limit_of_a_record_counts_its_key_too(ingest):
    check, record = ingest.stream.check_size, ingest.stream.StreamRecord
    check(record("é" * 3, b"x" * (MEBIBYTE - 6)))
    with pytest.raises(ingest.rejected.Rejected, match="record_too_large"):
        check(record("é" * 3, b"x" * (MEBIBYTE - 5)))


@given(sizes=st.lists(st.integers(1, MEBIBYTE - 1), max_size=30) | st.lists(st.just(1), max_size=1200))
def test_chunks_keep_the_order_and_the_limits_of_a_request(ingest, sizes):
    blob = b"x" * MEBIBYTE
    records = [ingest.stream.StreamRecord("k", memoryview(blob)[:size]) for size in sizes]
    chunks = list(ingest.stream.chunks(records))
    assert [record for chunk in chunks for record in chunk] == records
    for chunk in chunks:
        assert 1 <= len(chunk) <= 500
        assert sum(record.size for record in chunk) <= 5 * MEBIBYTE
    for chunk, following in pairwise(chunks):
        full = len(chunk) == 500 or sum(r.size for r in chunk) + following[0].size > 5 * MEBIBYTE
        assert full, "a chunk is closed only when the next record would not fit"
