"""Records put with PutRecord and PutRecordBatch land in S3: their bytes, when, under which names, in which format."""

import gzip
import io
import re
import time
import uuid
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import cramjam
import pytest
from support.delivery_streams import DeliveryStreams, Lake, processing
from support.waiting import eventually

Refusal = Callable[..., tuple[str, str]]
EVERY_BYTE = bytes(range(256))
# https://docs.aws.amazon.com/firehose/latest/dev/limits.html
LARGEST_RECORD = 1_000 * 1024
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def hinted(megabytes: int, seconds: int) -> dict[str, dict[str, int]]:
    return {"BufferingHints": {"SizeInMBs": megabytes, "IntervalInSeconds": seconds}}


@pytest.fixture(scope="module")
def plain(shared_streams: DeliveryStreams) -> str:
    """A delivery stream without any option, for tests that tell their records by a mark in them."""
    return shared_streams.create()


def test_a_record_lands_byte_for_byte(lake: Lake, streams: DeliveryStreams) -> None:
    name = streams.create()
    answer = streams.client.put_record(DeliveryStreamName=name, Record={"Data": EVERY_BYTE})
    assert answer["RecordId"]
    assert list(lake.landed(f"{name}/data/").values()) == [EVERY_BYTE]


def test_a_batch_lands_in_order_without_delimiters(lake: Lake, streams: DeliveryStreams) -> None:
    name = streams.create()
    records = [b"%d:" % number + EVERY_BYTE for number in range(500)]
    answer = streams.put(name, *records)
    assert len({one["RecordId"] for one in answer["RequestResponses"]}) == 500
    assert list(lake.landed(f"{name}/data/").values()) == [b"".join(records)]


def test_a_delimiter_is_appended_when_asked_for(lake: Lake, streams: DeliveryStreams) -> None:
    name = streams.create(**processing(AppendDelimiterToRecord={"Delimiter": "\\n"}))
    streams.put(name, b'{"n":1}', b'{"n":2}\n')
    assert list(lake.landed(f"{name}/data/").values()) == [b'{"n":1}\n{"n":2}\n\n']


def test_a_full_buffer_is_delivered_before_its_interval(lake: Lake, streams: DeliveryStreams) -> None:
    name = streams.create(**hinted(1, 900))
    half = b"x" * 500_000
    streams.put(name, half, half, b"more" * 50_000)
    assert list(lake.landed(f"{name}/data/").values()) == [half + half]
    streams.delete([name])
    rest = lake.landed(f"{name}/data/", lambda landed: len(landed) == 2)
    assert b"more" * 50_000 in rest.values()


def test_a_buffer_that_is_not_full_is_delivered_after_its_interval(lake: Lake, streams: DeliveryStreams) -> None:
    name = streams.create(**hinted(128, 1))
    before = time.monotonic()
    streams.put(name, b"first ")
    streams.put(name, b"second")
    assert list(lake.landed(f"{name}/data/").values()) == [b"first second"]
    assert time.monotonic() - before >= 1


@pytest.mark.parametrize(
    ("compression", "extension", "read"),
    [
        ("GZIP", ".gz", gzip.decompress),
        ("ZIP", ".zip", lambda body: _only_file(body)),
        ("Snappy", ".snappy", lambda body: bytes(cramjam.snappy.decompress(body))),
        ("HADOOP_SNAPPY", ".hsnappy", lambda body: _of_hadoop(body)),
    ],
)
def test_compressed_objects_are_read_back(
    lake: Lake, streams: DeliveryStreams, compression: str, extension: str, read: Callable[[bytes], bytes]
) -> None:
    name = streams.create(CompressionFormat=compression)
    streams.put(name, EVERY_BYTE, b"\n" * 10_000)
    ((key, body),) = lake.landed(f"{name}/data/").items()
    assert key.endswith(extension)
    assert len(body) < 10_000
    assert read(body) == EVERY_BYTE + b"\n" * 10_000


def test_objects_are_named_as_aws_names_them(lake: Lake, streams: DeliveryStreams) -> None:
    """The form: https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html#s3-object-name"""
    name = streams.create(FileExtension=".json")
    streams.put(name, b"{}")
    (key,) = lake.landed(f"{name}/data/")
    hour = r"\d{4}/\d\d/\d\d/\d\d"
    assert re.fullmatch(rf"{name}/data/{hour}/{name}-1-\d{{4}}(-\d\d){{5}}-{UUID}\.json", key)


def test_prefixes_hold_the_time_of_arrival_and_random_characters(lake: Lake, streams: DeliveryStreams) -> None:
    name = lake.new_name()
    streams.create(
        name,
        Prefix=f"{name}/data/!{{timestamp:'day='yyyy-MM-dd/HH}}/!{{firehose:random-string}}/",
        ErrorOutputPrefix=f"{name}/errors/!{{firehose:error-output-type}}/",
        CustomTimeZone="Pacific/Auckland",
    )
    before = datetime.now(UTC)
    streams.put(name, b"here")
    (key,) = lake.landed(f"{name}/data/")
    after = datetime.now(UTC)
    hours = {f"{moment.astimezone(ZoneInfo('Pacific/Auckland')):day=%Y-%m-%d/%H}" for moment in (before, after)}
    found = re.match(rf"{name}/data/(day=[\d-]+/\d\d)/([A-Za-z0-9]{{11}})/{name}-1-", key)
    assert found is not None, key
    assert found[1] in hours


def test_records_are_partitioned_by_a_query_of_their_content(lake: Lake, streams: DeliveryStreams) -> None:
    name = lake.new_name()
    streams.create(
        name,
        Prefix=f"{name}/data/type=!{{partitionKeyFromQuery:type}}/year=!{{partitionKeyFromQuery:year}}/",
        ErrorOutputPrefix=f"{name}/errors/!{{firehose:error-output-type}}/",
        DynamicPartitioningConfiguration={"Enabled": True},
        **hinted(64, 0),
        **processing(
            MetadataExtraction={
                "MetadataExtractionQuery": "{type: .type, year: .at[0:4]}",
                "JsonParsingEngine": "JQ-1.6",
            },
            AppendDelimiterToRecord={},
        ),
    )
    like, chat = b'{"type":"like","at":"2026-11-22"}', b'{"type":"chat","at":"2025-01-01"}'
    streams.put(name, like, chat, b"not JSON", b'{"at":"2026-11-22"}', like)
    assert list(lake.landed(f"{name}/data/type=like/year=2026/").values()) == [like + b"\n" + like + b"\n"]
    assert list(lake.landed(f"{name}/data/type=chat/year=2025/").values()) == [chat + b"\n"]
    lake.landed(f"{name}/errors/processing-failed/")
    failed = {line["rawData"]: line["errorCode"] for line in streams.errors(name)}
    code = "DynamicPartitioning.MetadataExtractionFailed"
    assert failed == {b"not JSON": code, b'{"at":"2026-11-22"}': code}


def test_the_largest_record_is_taken_and_a_larger_one_refused(plain: str, lake: Lake, refusal: Refusal) -> None:
    record = uuid.uuid4().hex.encode() + b"x" * (LARGEST_RECORD - 32)
    lake.client("firehose").put_record(DeliveryStreamName=plain, Record={"Data": record})
    lake.landed(f"{plain}/data/", lambda landed: record in landed.values())
    code, message = refusal("put_record", DeliveryStreamName=plain, Record={"Data": record + b"x"})
    assert code == "ValidationException"
    assert "record.data" in message
    assert "1024000" in message


@pytest.mark.parametrize(
    ("records", "code", "said"),
    [
        ([b"x"] * 501, "ValidationException", "less than or equal to 500"),
        ([b"x" * LARGEST_RECORD] * 4 + [b"x" * 100_000], "InvalidArgumentException", "4 MB"),
    ],
    ids=["501 records", "more than 4 MiB"],
)
def test_a_batch_beyond_the_limits_is_refused_whole(
    streams: DeliveryStreams, lake: Lake, refusal: Refusal, records: list[bytes], code: str, said: str
) -> None:
    name = streams.create()
    batch = [{"Data": data} for data in records]
    refused = refusal("put_record_batch", DeliveryStreamName=name, Records=batch)
    assert refused[0] == code
    assert said in refused[1]
    streams.put(name, b"after")
    assert list(lake.landed(f"{name}/data/").values()) == [b"after"]


def test_a_stream_that_does_not_exist_takes_nothing(lake: Lake, refusal: Refusal) -> None:
    name = lake.new_name()
    for operation, records in (
        ("put_record", {"Record": {"Data": b"x"}}),
        ("put_record_batch", {"Records": [{"Data": b"x"}]}),
    ):
        code, message = refusal(operation, DeliveryStreamName=name, **records)
        assert code == "ResourceNotFoundException"
        assert name in message


def test_records_wait_for_a_bucket_that_is_not_there_yet(lake: Lake, streams: DeliveryStreams) -> None:
    bucket = lake.new_name()
    name = streams.create(BucketARN=f"arn:aws:s3:::{bucket}")
    streams.put(name, b"patient")
    s3 = lake.client("s3")
    s3.create_bucket(Bucket=bucket)

    def keys() -> list[str]:
        return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]

    (key,) = eventually(keys, bool, timeout=20, what="the record")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"patient"
    s3.delete_object(Bucket=bucket, Key=key)
    s3.delete_bucket(Bucket=bucket)


def _only_file(body: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        (name,) = archive.namelist()
        return archive.read(name)


def _of_hadoop(body: bytes) -> bytes:
    """Blocks of Hadoop's codec: the length of the data, then the length of what it was compressed to, then that."""
    data = b""
    while body:
        length, compressed = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
        block = bytes(cramjam.snappy.decompress_raw(body[8 : 8 + compressed]))
        assert len(block) == length
        data, body = data + block, body[8 + compressed :]
    return data
