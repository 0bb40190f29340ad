"""A delivery stream reads a Kinesis stream: all its shards, through a reshard, in the order of each key."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.delivery_streams import DeliveryStreams, Lake

HIGHEST = 2**128 - 1


@pytest.fixture
def source(client: Callable[[str], Any]) -> Iterator[str]:
    """A Kinesis stream with two shards."""
    name = f"source-{uuid.uuid4().hex[:8]}"
    client("kinesis").create_stream(StreamName=name, ShardCount=2)
    client("kinesis").get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    yield name
    client("kinesis").delete_stream(StreamName=name, EnforceConsumerDeletion=True)


def test_every_shard_is_read_through_a_reshard(
    client: Callable[[str], Any], lake: Lake, streams: DeliveryStreams, source: str
) -> None:
    kinesis = client("kinesis")
    keys = {"low": 0, "middle": HIGHEST // 4 + 1, "high": HIGHEST}
    sent: dict[str, list[int]] = {key: [] for key in keys}

    def put(count: int) -> None:
        first = len(sent["low"])
        records = [
            {"Data": f"{key} {number}\n".encode(), "PartitionKey": key, "ExplicitHashKey": str(place)}
            for number in range(first, first + count)
            for key, place in keys.items()
        ]
        assert kinesis.put_records(StreamName=source, Records=records)["FailedRecordCount"] == 0
        for key in keys:
            sent[key] += range(first, first + count)

    def landed() -> dict[str, list[int]]:
        found: dict[str, list[int]] = {key: [] for key in keys}
        for line in streams.data(name).decode().splitlines():
            key, number = line.split()
            found[key].append(int(number))
        return found

    put(100)
    arn = kinesis.describe_stream_summary(StreamName=source)["StreamDescriptionSummary"]["StreamARN"]
    name = streams.create(source=arn)
    put(50)
    shards = kinesis.list_shards(StreamName=source)["Shards"]
    first = next(shard["ShardId"] for shard in shards if shard["HashKeyRange"]["StartingHashKey"] == "0")
    kinesis.split_shard(StreamName=source, ShardToSplit=first, NewStartingHashKey=str(HIGHEST // 4))
    put(50)
    lines = 3 * len(sent["low"])
    lake.landed(f"{name}/data/", lambda objects: b"".join(objects.values()).count(b"\n") >= lines)
    assert {key: sorted(numbers) for key, numbers in landed().items()} == sent
    for body in lake.objects(f"{name}/data/").values():
        for key in keys:
            numbers = [int(line.split()[1]) for line in body.decode().splitlines() if line.startswith(key)]
            assert numbers == sorted(numbers)


def test_a_stream_that_reads_kinesis_takes_no_puts(
    client: Callable[[str], Any], streams: DeliveryStreams, source: str, refusal: Callable[..., tuple[str, str]]
) -> None:
    arn = client("kinesis").describe_stream_summary(StreamName=source)["StreamDescriptionSummary"]["StreamARN"]
    name = streams.create(source=arn)
    shown = streams.describe(name)["Source"]["KinesisStreamSourceDescription"]
    assert shown["KinesisStreamARN"] == arn
    # AWS's words, as users report them.
    told = "This operation is not permitted on KinesisStreamAsSource delivery stream type."
    assert refusal("put_record", DeliveryStreamName=name, Record={"Data": b"x"}) == ("InvalidArgumentException", told)
    assert refusal("put_record_batch", DeliveryStreamName=name, Records=[{"Data": b"x"}])[1] == told
