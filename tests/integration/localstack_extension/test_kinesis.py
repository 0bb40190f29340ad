"""Kinesis: moto's streams with records of our own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def kinesis(bare):
    return bare("kinesis")


@pytest.fixture
def make_stream(kinesis, unique):
    def make(shards=1):
        kinesis.create_stream(StreamName=unique, ShardCount=shards)
        return unique

    yield make
    kinesis.delete_stream(StreamName=unique)


def put(kinesis, stream, *names):
    return kinesis.put_records(
        StreamName=stream, Records=[{"Data": name.encode(), "PartitionKey": name} for name in names]
    )["Records"]


def read(kinesis, iterator, limit=10_000):
    """All records from an iterator on, and the last answer."""
    found = []
    while True:
        answer = kinesis.get_records(ShardIterator=iterator, Limit=limit)
        found += answer["Records"]
        iterator = answer.get("NextShardIterator")
        if iterator is None or not answer["Records"]:
            return found, answer


def iterator(kinesis, stream, shard=0, kind="TRIM_HORIZON", **options):
    shard_id = kinesis.list_shards(StreamName=stream)["Shards"][shard]["ShardId"]
    return kinesis.get_shard_iterator(StreamName=stream, ShardId=shard_id, ShardIteratorType=kind, **options)[
        "ShardIterator"
    ]


def data(records):
    return [record["Data"].decode() for record in records]


def test_records_are_read_in_order_with_what_was_put(kinesis, make_stream):
    stream = make_stream()
    before = datetime.now(UTC) - timedelta(seconds=1)
    results = put(kinesis, stream, *(f"r{n}" for n in range(25)))
    records, _ = read(kinesis, iterator(kinesis, stream), limit=10)
    assert data(records) == [f"r{n}" for n in range(25)]
    assert [record["SequenceNumber"] for record in records] == [result["SequenceNumber"] for result in results]
    assert records[0]["PartitionKey"] == "r0"
    assert before < records[0]["ApproximateArrivalTimestamp"] < datetime.now(UTC) + timedelta(seconds=1)


def test_iterators_start_where_they_say(kinesis, make_stream):
    stream = make_stream()
    latest = iterator(kinesis, stream, kind="LATEST")
    first, second = put(kinesis, stream, "a", "b")
    for kind, sequence, expected in (
        ("AT_SEQUENCE_NUMBER", first, ["a", "b"]),
        ("AFTER_SEQUENCE_NUMBER", first, ["b"]),
        ("AFTER_SEQUENCE_NUMBER", second, []),
    ):
        start = iterator(kinesis, stream, kind=kind, StartingSequenceNumber=sequence["SequenceNumber"])
        assert data(read(kinesis, start)[0]) == expected
    assert data(read(kinesis, latest)[0]) == ["a", "b"]
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    assert data(read(kinesis, iterator(kinesis, stream, kind="AT_TIMESTAMP", Timestamp=long_ago))[0]) == ["a", "b"]
    assert read(kinesis, iterator(kinesis, stream, kind="LATEST"))[0] == []


def test_concurrent_puts_lose_nothing(kinesis, make_stream):
    stream = make_stream()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: put(kinesis, stream, *(f"{n}-{m}" for m in range(100))), range(40)))
    records, _ = read(kinesis, iterator(kinesis, stream))
    assert Counter(data(records)) == Counter(f"{n}-{m}" for n in range(40) for m in range(100))


def test_a_closed_shard_keeps_its_records_and_ends(kinesis, make_stream):
    stream = make_stream()
    put(kinesis, stream, *(f"before-{n}" for n in range(10)))
    kinesis.update_shard_count(StreamName=stream, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    put(kinesis, stream, *(f"after-{n}" for n in range(10)))
    shards = kinesis.list_shards(StreamName=stream)["Shards"]
    seen, last = [], {}
    for number, shard in enumerate(shards):
        records, last[shard["ShardId"]] = read(kinesis, iterator(kinesis, stream, number))
        seen += data(records)
    assert Counter(seen) == Counter(f"{when}-{n}" for when in ("before", "after") for n in range(10))
    assert "NextShardIterator" not in last[shards[0]["ShardId"]]
    assert all("NextShardIterator" in last[shard["ShardId"]] for shard in shards[1:])


def test_one_record_can_be_put(kinesis, make_stream):
    stream = make_stream()
    result = kinesis.put_record(StreamName=stream, Data=b"\x00\xff", PartitionKey="k", ExplicitHashKey="0")
    [record], _ = read(kinesis, iterator(kinesis, stream))
    assert (record["Data"], record["SequenceNumber"]) == (b"\x00\xff", result["SequenceNumber"])


# https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([{"Data": b"x", "PartitionKey": "k"}] * 501, "ValidationException"),
        ([{"Data": b"x" * (1 << 20), "PartitionKey": "k"}], "ValidationException"),
        ([{"Data": b"x" * 1_000_000, "PartitionKey": "k"}] * 6, "InvalidArgumentException"),
        ([{"Data": b"x", "PartitionKey": "k", "ExplicitHashKey": str(2**128)}], "InvalidArgumentException"),
    ],
    ids=["too many", "record too large", "request too large", "hash key out of range"],
)
def test_limits_are_kept_and_nothing_is_put(kinesis, make_stream, records, code):
    stream = make_stream()
    with pytest.raises(ClientError) as refused:
        kinesis.put_records(StreamName=stream, Records=records)
    assert refused.value.response["Error"]["Code"] == code
    assert read(kinesis, iterator(kinesis, stream))[0] == []


def test_what_does_not_exist_is_named(kinesis, make_stream):
    with pytest.raises(kinesis.exceptions.ResourceNotFoundException, match="nothere"):
        put(kinesis, "nothere", "x")
    stream = make_stream()
    with pytest.raises(kinesis.exceptions.ResourceNotFoundException, match="shardId-9"):
        kinesis.get_shard_iterator(StreamName=stream, ShardId="shardId-9", ShardIteratorType="LATEST")
    with pytest.raises(kinesis.exceptions.InvalidArgumentException):
        kinesis.get_records(ShardIterator="no iterator")
