"""Delivery streams are made, shown, changed and removed through boto3 at LocalStack's endpoint."""

from collections.abc import Callable
from typing import Any

import pytest
from support.delivery_streams import DeliveryStreams, Lake, processing
from support.waiting import eventually

Refusal = Callable[..., tuple[str, str]]
NEVER = {"BufferingHints": {"SizeInMBs": 128, "IntervalInSeconds": 900}}
PARQUET = {
    "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 0},
    "DataFormatConversionConfiguration": {
        "SchemaConfiguration": {
            "DatabaseName": "lake",
            "TableName": "events",
            "RoleARN": "arn:aws:iam::000000000000:role/delivery",
        },
        "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
        "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
    },
}


def test_a_stream_is_created_described_and_deleted(lake: Lake, streams: DeliveryStreams, refusal: Refusal) -> None:
    name = lake.new_name()
    created = streams.client.create_delivery_stream(**streams.request(name))
    arn = f"arn:aws:firehose:us-east-1:000000000000:deliverystream/{name}"
    assert created["DeliveryStreamARN"] == arn
    described = streams.settled(name, "ACTIVE")
    assert described["DeliveryStreamARN"] == arn
    assert (described["DeliveryStreamType"], described["VersionId"]) == ("DirectPut", "1")
    (destination,) = described["Destinations"]
    assert destination["DestinationId"] == "destinationId-000000000001"
    shown = destination["ExtendedS3DestinationDescription"]
    given = streams.request(name)["ExtendedS3DestinationConfiguration"]
    assert given.items() <= shown.items()
    assert (shown["CompressionFormat"], shown["S3BackupMode"]) == ("UNCOMPRESSED", "Disabled")
    streams.delete([name])
    eventually(lake.names, lambda names: name not in names, timeout=10, what="the stream's end")
    code, message = refusal("describe_delivery_stream", DeliveryStreamName=name)
    assert code == "ResourceNotFoundException"
    assert name in message


def test_a_name_is_taken_once(streams: DeliveryStreams, refusal: Refusal) -> None:
    name = streams.create()
    code, message = refusal("create_delivery_stream", **streams.request(name))
    assert code == "ResourceInUseException"
    assert name in message


@pytest.mark.parametrize("missing", ["role", "source stream"])
def test_a_stream_without_what_it_needs_fails_and_says_why(lake: Lake, streams: DeliveryStreams, missing: str) -> None:
    name = lake.new_name()
    request = streams.request(name)
    if missing == "role":
        wanted = "arn:aws:iam::000000000000:role/nobody"
        request["ExtendedS3DestinationConfiguration"]["RoleARN"] = wanted
    else:
        wanted = "arn:aws:kinesis:us-east-1:000000000000:stream/nothing"
        request["DeliveryStreamType"] = "KinesisStreamAsSource"
        request["KinesisStreamSourceConfiguration"] = {"KinesisStreamARN": wanted, "RoleARN": lake.role_arn}
    streams.client.create_delivery_stream(**request)
    described = streams.settled(name, "CREATING_FAILED")
    assert wanted in described["FailureDescription"]["Details"]
    streams.delete([name])


def test_streams_are_listed_by_name_and_type_a_page_at_a_time(lake: Lake, streams: DeliveryStreams) -> None:
    names = sorted([streams.create(), streams.create(), streams.create()])
    list_streams = streams.client.list_delivery_streams
    assert set(names) <= set(list_streams(Limit=1000)["DeliveryStreamNames"])
    page = list_streams(Limit=1, ExclusiveStartDeliveryStreamName=names[0])
    assert page["DeliveryStreamNames"][0] <= names[1]
    assert page["HasMoreDeliveryStreams"]
    from_kinesis = list_streams(Limit=1000, DeliveryStreamType="KinesisStreamAsSource")["DeliveryStreamNames"]
    assert not set(names) & set(from_kinesis)
    # The two of the template, so that the filter is seen to let some through.
    assert {"app-events-to-lake", "show-catalog-to-lake"} <= set(from_kinesis)


def test_an_updated_destination_applies_to_what_comes_after(
    lake: Lake, streams: DeliveryStreams, refusal: Refusal
) -> None:
    name = streams.create()
    streams.put(name, b"before")
    lake.landed(f"{name}/data/")
    update: dict[str, Any] = {
        "DeliveryStreamName": name,
        "CurrentDeliveryStreamVersionId": "1",
        "DestinationId": "destinationId-000000000001",
        "ExtendedS3DestinationUpdate": {"Prefix": f"{name}/moved/"},
    }
    streams.client.update_destination(**update)

    def moved() -> dict[str, bytes]:
        # As on AWS, what is put in the first moments may still go where it went before.
        streams.put(name, b"after")
        return lake.objects(f"{name}/moved/")

    found = eventually(moved, bool, timeout=10, what="records at the new place")
    assert all(f"/{name}-2-" in key for key in found)
    assert set(b"".join(found.values()).split(b"after")) == {b""}
    assert b"before" in streams.data(name)
    described = streams.describe(name)
    assert described["VersionId"] == "2"
    assert described["LastUpdateTimestamp"] >= described["CreateTimestamp"]
    code, message = refusal("update_destination", **update)
    assert code == "ConcurrentModificationException"
    assert "1" in message


def test_a_deleted_stream_delivers_what_it_has_accepted(lake: Lake, streams: DeliveryStreams, refusal: Refusal) -> None:
    name = streams.create(**NEVER)
    streams.put(name, b"one ", b"two")
    streams.delete([name])
    landed = lake.landed(f"{name}/data/")
    assert list(landed.values()) == [b"one two"]
    code, _ = refusal("put_record", DeliveryStreamName=name, Record={"Data": b"late"})
    assert code == "ResourceNotFoundException"


def test_tags_are_set_replaced_listed_and_removed(lake: Lake, streams: DeliveryStreams) -> None:
    name = lake.new_name()
    streams.client.create_delivery_stream(**streams.request(name), Tags=[{"Key": "team", "Value": "data"}])
    streams.settled(name, "ACTIVE")
    named = {"DeliveryStreamName": name}
    more = [{"Key": "team", "Value": "lake"}, {"Key": "stage", "Value": "local"}]
    streams.client.tag_delivery_stream(**named, Tags=more)
    listed = streams.client.list_tags_for_delivery_stream(**named)
    assert listed["Tags"] == [{"Key": "stage", "Value": "local"}, {"Key": "team", "Value": "lake"}]
    streams.client.untag_delivery_stream(**named, TagKeys=["team"])
    assert streams.client.list_tags_for_delivery_stream(**named)["Tags"] == [{"Key": "stage", "Value": "local"}]
    streams.delete([name])


ROLE, BUCKET = "arn:aws:iam::000000000000:role/delivery", "arn:aws:s3:::lake"
S3_ONLY = {"RoleARN": ROLE, "BucketARN": BUCKET}
ENDPOINT = {"Url": "https://example.com"}
ORC = PARQUET["DataFormatConversionConfiguration"] | {"OutputFormatConfiguration": {"Serializer": {"OrcSerDe": {}}}}
KMS = {"KMSEncryptionConfig": {"AWSKMSKeyARN": "arn:aws:kms:us-east-1:000000000000:key/k"}}


@pytest.mark.parametrize(
    ("named", "options"),
    [
        ("S3DestinationConfiguration", {"S3DestinationConfiguration": S3_ONLY}),
        (
            "HttpEndpointDestinationConfiguration",
            {"HttpEndpointDestinationConfiguration": {"EndpointConfiguration": ENDPOINT, "S3Configuration": S3_ONLY}},
        ),
        (
            "DeliveryStreamEncryptionConfigurationInput",
            {"DeliveryStreamEncryptionConfigurationInput": {"KeyType": "AWS_OWNED_CMK"}},
        ),
        ("DirectPutSourceConfiguration", {"DirectPutSourceConfiguration": {"ThroughputHintInMBs": 1}}),
    ],
)
def test_an_unsupported_option_of_a_stream_is_refused_by_name(
    lake: Lake, streams: DeliveryStreams, refusal: Refusal, named: str, options: dict[str, Any]
) -> None:
    name = lake.new_name()
    code, message = refusal("create_delivery_stream", **streams.request(name) | options)
    assert code == "NotImplemented"
    assert named in message
    assert name not in lake.names()


@pytest.mark.parametrize(
    ("named", "destination"),
    [
        ("S3BackupMode", {"S3BackupMode": "Enabled", "S3BackupConfiguration": S3_ONLY}),
        ("KMSEncryptionConfig", {"EncryptionConfiguration": KMS}),
        ("OrcSerDe", PARQUET | {"DataFormatConversionConfiguration": ORC}),
        ("RecordDeAggregation", processing(RecordDeAggregation={"SubRecordType": "JSON"})),
        ("Decompression", processing(Decompression={"CompressionFormat": "GZIP"})),
        ("CloudWatchLogProcessing", processing(CloudWatchLogProcessing={"DataMessageExtraction": "true"})),
    ],
)
def test_an_unsupported_option_of_a_destination_is_refused_by_name(
    lake: Lake, streams: DeliveryStreams, refusal: Refusal, named: str, destination: dict[str, Any]
) -> None:
    name = lake.new_name()
    code, message = refusal("create_delivery_stream", **streams.request(name, **destination))
    assert code == "InvalidArgumentException"
    assert named in message
    assert name not in lake.names()


@pytest.mark.parametrize("operation", ["start_delivery_stream_encryption", "stop_delivery_stream_encryption"])
def test_an_unsupported_operation_is_refused_by_name(
    streams: DeliveryStreams, refusal: Refusal, operation: str
) -> None:
    code, message = refusal(operation, DeliveryStreamName=streams.create())
    assert code == "NotImplemented"
    assert operation.replace("_", "") in message.lower()


def test_parquet_needs_a_table_when_the_stream_is_made_as_on_aws(
    lake: Lake, streams: DeliveryStreams, refusal: Refusal
) -> None:
    name = lake.new_name()
    code, message = refusal("create_delivery_stream", **streams.request(name, **PARQUET))
    assert code == "InvalidArgumentException"
    assert "lake.events" in message
    assert "EntityNotFoundException" in message
    assert name not in lake.names()


def test_parquet_needs_a_table_when_a_destination_is_changed(streams: DeliveryStreams, refusal: Refusal) -> None:
    name = streams.create()
    code, message = refusal(
        "update_destination",
        DeliveryStreamName=name,
        CurrentDeliveryStreamVersionId="1",
        DestinationId="destinationId-000000000001",
        ExtendedS3DestinationUpdate=PARQUET,
    )
    assert code == "InvalidArgumentException"
    assert "lake.events" in message
    assert "EntityNotFoundException" in message
    assert streams.describe(name)["VersionId"] == "1"
