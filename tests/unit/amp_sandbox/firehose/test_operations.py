import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from amp_sandbox.firehose import store

pytestmark = pytest.mark.filterwarnings("ignore:.*does not match an error shape")
Destination = Callable[..., dict[str, Any]]
ROLE = "arn:aws:iam::000000000000:role/delivery"
SOURCE = "arn:aws:kinesis:us-east-1:000000000000:stream/app-events"


def unique() -> str:
    return f"stream-{uuid.uuid4().hex[:8]}"


# CreateDeliveryStream


def test_create_answers_the_arn_and_the_stream_becomes_active(firehose: Any, destination: Destination) -> None:
    name = unique()
    answer = firehose.client.create_delivery_stream(DeliveryStreamName=name, **destination())
    assert answer["DeliveryStreamARN"] == f"arn:aws:firehose:us-east-1:000000000000:deliverystream/{name}"
    assert firehose.describe(firehose.create())["DeliveryStreamStatus"] == "ACTIVE"


def test_create_refuses_a_name_that_is_taken(firehose: Any, destination: Destination) -> None:
    name = firehose.create()
    code, message = firehose.refusal("create_delivery_stream", DeliveryStreamName=name, **destination())
    assert code == "ResourceInUseException"
    assert message == f"Firehose {name} under accountId 000000000000 already exists"


def test_create_keeps_the_tags(firehose: Any) -> None:
    name = firehose.create(Tags=[{"Key": "team", "Value": "data"}, {"Key": "live"}])
    assert store.list_tags(firehose.db, name) == {"live": "", "team": "data"}


def test_create_refuses_a_tag_key_that_comes_twice(firehose: Any, destination: Destination) -> None:
    tags = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    name = unique()
    code, _ = firehose.refusal("create_delivery_stream", DeliveryStreamName=name, Tags=tags, **destination())
    assert code == "InvalidArgumentException"
    assert store.get_stream(firehose.db, name) is None


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        ({"DeliveryStreamType": "MSKAsSource"}, "InvalidArgumentException", "MSKAsSource"),
        ({"DirectPutSourceConfiguration": {"ThroughputHintInMBs": 1}}, "NotImplemented", "DirectPutSourceConfig"),
        (
            {"DeliveryStreamEncryptionConfigurationInput": {"KeyType": "AWS_OWNED_CMK"}},
            "NotImplemented",
            "DeliveryStreamEncryptionConfigurationInput",
        ),
        (
            {"S3DestinationConfiguration": {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::b"}},
            "NotImplemented",
            "S3DestinationConfiguration",
        ),
        (
            {"ExtendedS3DestinationConfiguration": None},
            "InvalidArgumentException",
            "ExtendedS3DestinationConfiguration",
        ),
        (
            {"DeliveryStreamType": "KinesisStreamAsSource"},
            "InvalidArgumentException",
            "KinesisStreamSourceConfiguration",
        ),
    ],
)
def test_create_refuses_by_name_what_it_does_not_do(
    firehose: Any, destination: Destination, change: dict[str, Any], code: str, named: str
) -> None:
    request = {"DeliveryStreamName": unique()} | destination() | change
    request = {member: value for member, value in request.items() if value is not None}
    answer = firehose.refusal("create_delivery_stream", **request)
    assert answer[0] == code
    assert named in answer[1]
    assert store.get_stream(firehose.db, request["DeliveryStreamName"]) is None


def test_create_refuses_what_the_model_forbids(firehose: Any, destination: Destination) -> None:
    code, message = firehose.refusal("create_delivery_stream", DeliveryStreamName="a b", **destination())
    assert code == "ValidationException"
    assert message.startswith("1 validation error detected: Value 'a b' at 'deliveryStreamName'")


def conversion_by(table: str) -> dict[str, Any]:
    return {
        "DataFormatConversionConfiguration": {
            "SchemaConfiguration": {"RoleARN": ROLE, "DatabaseName": "lake", "TableName": table},
            "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
            "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
        }
    }


# AWS asks Glue at the time of the call too: its users meet "Access was denied when calling Glue" and "The schema is
# invalid" as InvalidArgumentException of CreateDeliveryStream.
@pytest.mark.parametrize(("table", "reason"), [("nothing", "EntityNotFoundException"), ("odd", "uniontype")])
def test_create_refuses_a_conversion_whose_table_cannot_be_used(
    firehose: Any, destination: Destination, table: str, reason: str
) -> None:
    name = unique()
    given = destination(**conversion_by(table))
    code, message = firehose.refusal("create_delivery_stream", DeliveryStreamName=name, **given)
    assert code == "InvalidArgumentException"
    assert f"lake.{table}" in message
    assert reason in message
    assert store.get_stream(firehose.db, name) is None


def test_create_takes_a_conversion_by_a_table_that_is_there(firehose: Any, destination: Destination) -> None:
    name = firehose.create(**destination(**conversion_by("events")))
    assert firehose.describe(name)["DeliveryStreamStatus"] == "ACTIVE"


def test_create_fails_later_when_the_source_stream_is_missing(firehose: Any, from_kinesis: dict[str, Any]) -> None:
    missing = f"{SOURCE}-of-nobody"
    source = from_kinesis["KinesisStreamSourceConfiguration"] | {"KinesisStreamARN": missing}
    name = firehose.create(DeliveryStreamType="KinesisStreamAsSource", KinesisStreamSourceConfiguration=source)
    described = firehose.describe(name)
    assert described["DeliveryStreamStatus"] == "CREATING_FAILED"
    assert described["FailureDescription"] == {
        "Type": "UNKNOWN_ERROR",
        "Details": f"The source stream {missing} does not exist.",
    }


# DescribeDeliveryStream


def test_describe_shows_a_direct_put_stream_with_its_defaults(firehose: Any) -> None:
    name = firehose.create()
    described = firehose.describe(name)
    age = datetime.now(UTC) - described.pop("CreateTimestamp")
    assert 0 <= age.total_seconds() < 60
    common = {
        "RoleARN": ROLE,
        "BucketARN": "arn:aws:s3:::lake",
        "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300},
        "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": {"Enabled": False},
    }
    # https://docs.aws.amazon.com/firehose/latest/APIReference/API_DeliveryStreamDescription.html
    assert described == {
        "DeliveryStreamName": name,
        "DeliveryStreamARN": f"arn:aws:firehose:us-east-1:000000000000:deliverystream/{name}",
        "DeliveryStreamStatus": "ACTIVE",
        "DeliveryStreamEncryptionConfiguration": {"Status": "DISABLED"},
        "DeliveryStreamType": "DirectPut",
        "VersionId": "1",
        "Destinations": [
            {
                "DestinationId": "destinationId-000000000001",
                "S3DestinationDescription": common,
                "ExtendedS3DestinationDescription": common | {"S3BackupMode": "Disabled"},
            }
        ],
        "HasMoreDestinations": False,
    }


def test_describe_shows_the_source(firehose: Any, from_kinesis: dict[str, Any]) -> None:
    described = firehose.describe(firehose.create(**from_kinesis))
    assert described["DeliveryStreamType"] == "KinesisStreamAsSource"
    assert described["Source"] == {"KinesisStreamSourceDescription": {"KinesisStreamARN": SOURCE, "RoleARN": ROLE}}


def test_describe_pages_over_the_one_destination(firehose: Any) -> None:
    name = firehose.create()
    answer = firehose.client.describe_delivery_stream(
        DeliveryStreamName=name, Limit=1, ExclusiveStartDestinationId="destinationId-000000000001"
    )
    assert answer["DeliveryStreamDescription"]["Destinations"] == []
    assert answer["DeliveryStreamDescription"]["HasMoreDestinations"] is False


def test_describe_refuses_a_stream_that_is_not_there(firehose: Any) -> None:
    assert firehose.refusal("describe_delivery_stream", DeliveryStreamName="nobody") == (
        "ResourceNotFoundException",
        "Firehose nobody under account 000000000000 not found.",
    )


# ListDeliveryStreams


def test_list_pages_in_alphabetical_order(firehose: Any) -> None:
    for name in ("zz-b", "zz-c", "zz-a"):
        firehose.create(DeliveryStreamName=name)
    first = firehose.client.list_delivery_streams(ExclusiveStartDeliveryStreamName="zz-", Limit=2)
    assert (first["DeliveryStreamNames"], first["HasMoreDeliveryStreams"]) == (["zz-a", "zz-b"], True)
    second = firehose.client.list_delivery_streams(ExclusiveStartDeliveryStreamName="zz-b", Limit=2)
    assert (second["DeliveryStreamNames"], second["HasMoreDeliveryStreams"]) == (["zz-c"], False)


def test_list_shows_ten_unless_told_otherwise(firehose: Any) -> None:
    for index in range(11):
        firehose.create(DeliveryStreamName=f"ten-{index:02}")
    page = firehose.client.list_delivery_streams(ExclusiveStartDeliveryStreamName="ten-")
    assert page["DeliveryStreamNames"] == [f"ten-{index:02}" for index in range(10)]
    assert page["HasMoreDeliveryStreams"] is True


def test_list_filters_by_type(firehose: Any, from_kinesis: dict[str, Any]) -> None:
    firehose.create(DeliveryStreamName="type-direct")
    firehose.create(DeliveryStreamName="type-kinesis", **from_kinesis)

    def listed(kind: str) -> list[str]:
        answer = firehose.client.list_delivery_streams(DeliveryStreamType=kind, Limit=1000)
        return [name for name in answer["DeliveryStreamNames"] if name.startswith("type-")]

    assert listed("DirectPut") == ["type-direct"]
    assert listed("KinesisStreamAsSource") == ["type-kinesis"]
    assert listed("MSKAsSource") == []


# DeleteDeliveryStream


def test_delete_marks_the_stream_deleting(firehose: Any) -> None:
    name = firehose.create()
    firehose.client.delete_delivery_stream(DeliveryStreamName=name)
    assert firehose.describe(name)["DeliveryStreamStatus"] == "DELETING"
    firehose.client.delete_delivery_stream(DeliveryStreamName=name)


def test_delete_refuses_a_stream_being_created(firehose: Any) -> None:
    name = firehose.create()
    firehose.aws.down = True  # so that it stays CREATING
    try:
        store.set_status(firehose.db, name, "CREATING", at=0)
        code, message = firehose.refusal("delete_delivery_stream", DeliveryStreamName=name)
    finally:
        firehose.aws.down = False
    assert code == "ResourceInUseException"
    assert "CREATING" in message


def test_delete_refuses_force(firehose: Any) -> None:
    name = firehose.create()
    code, message = firehose.refusal("delete_delivery_stream", DeliveryStreamName=name, AllowForceDelete=True)
    assert (code, message) == ("NotImplemented", "The sandbox does not support the option AllowForceDelete.")
    assert firehose.describe(name)["DeliveryStreamStatus"] == "ACTIVE"
    firehose.client.delete_delivery_stream(DeliveryStreamName=name, AllowForceDelete=False)


def test_delete_refuses_a_stream_that_is_not_there(firehose: Any) -> None:
    code, _ = firehose.refusal("delete_delivery_stream", DeliveryStreamName="nobody")
    assert code == "ResourceNotFoundException"


# UpdateDestination


def update(name: str, *, version: str = "1", **changes: Any) -> dict[str, Any]:
    return {
        "DeliveryStreamName": name,
        "CurrentDeliveryStreamVersionId": version,
        "DestinationId": "destinationId-000000000001",
    } | changes


def test_update_changes_what_it_names_and_keeps_the_rest(firehose: Any, destination: Destination) -> None:
    name = firehose.create(**destination(Prefix="a/", CompressionFormat="GZIP"))
    hints = {"SizeInMBs": 7, "IntervalInSeconds": 3}
    firehose.client.update_destination(**update(name, ExtendedS3DestinationUpdate={"BufferingHints": hints}))
    described = firehose.describe(name)
    changed = described["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert (changed["BufferingHints"], changed["Prefix"], changed["CompressionFormat"]) == (hints, "a/", "GZIP")
    assert described["VersionId"] == "2"
    assert described["LastUpdateTimestamp"] >= described["CreateTimestamp"]


def test_update_refuses_a_conversion_whose_table_cannot_be_used(firehose: Any) -> None:
    name = firehose.create()
    code, message = firehose.refusal(
        "update_destination",
        DeliveryStreamName=name,
        CurrentDeliveryStreamVersionId="1",
        DestinationId="destinationId-000000000001",
        ExtendedS3DestinationUpdate=conversion_by("nothing")
        | {"BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60}},
    )
    assert code == "InvalidArgumentException"
    assert "lake.nothing" in message
    assert firehose.describe(name)["VersionId"] == "1"


def test_update_refuses_a_version_that_is_not_current(firehose: Any) -> None:
    name = firehose.create()
    change = {"ExtendedS3DestinationUpdate": {"Prefix": "b/"}}
    firehose.client.update_destination(**update(name, **change))
    code, message = firehose.refusal("update_destination", **update(name, version="1", **change))
    assert code == "ConcurrentModificationException"
    assert message == "The delivery stream version ID 1 does not match the current version ID 2."
    assert firehose.describe(name)["VersionId"] == "2"


def test_update_refuses_another_destination(firehose: Any) -> None:
    request = update(firehose.create(), ExtendedS3DestinationUpdate={"Prefix": "b/"})
    request["DestinationId"] = "destinationId-000000000002"
    assert firehose.refusal("update_destination", **request) == (
        "InvalidArgumentException",
        "Destination Id destinationId-000000000002 not found",
    )


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        ({"S3DestinationUpdate": {"Prefix": "b/"}}, "NotImplemented", "S3DestinationUpdate"),
        ({"SplunkDestinationUpdate": {"HECToken": "t"}}, "NotImplemented", "SplunkDestinationUpdate"),
        ({}, "InvalidArgumentException", "ExtendedS3DestinationUpdate"),
        ({"ExtendedS3DestinationUpdate": {"S3BackupMode": "Enabled"}}, "InvalidArgumentException", "S3BackupMode"),
        ({"ExtendedS3DestinationUpdate": {"Prefix": "!{what:ever}/"}}, "InvalidArgumentException", "what"),
        (
            {
                "ExtendedS3DestinationUpdate": {
                    "DynamicPartitioningConfiguration": {"Enabled": True},
                    "Prefix": "!{partitionKeyFromQuery:a}/",
                    "ErrorOutputPrefix": "errors/",
                    "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
                    "ProcessingConfiguration": {
                        "Enabled": True,
                        "Processors": [
                            {
                                "Type": "MetadataExtraction",
                                "Parameters": [
                                    {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"},
                                    {"ParameterName": "MetadataExtractionQuery", "ParameterValue": "{a:.a}"},
                                ],
                            }
                        ],
                    },
                }
            },
            "InvalidArgumentException",
            "Dynamic partitioning can only be enabled when a delivery stream is created",
        ),
    ],
)
def test_update_refuses_by_name_what_it_does_not_do(
    firehose: Any, change: dict[str, Any], code: str, named: str
) -> None:
    name = firehose.create()
    answer = firehose.refusal("update_destination", **update(name, **change))
    assert answer[0] == code
    assert named in answer[1]
    assert firehose.describe(name)["VersionId"] == "1"


def test_update_refuses_a_stream_that_is_not_active(firehose: Any) -> None:
    name = firehose.create()
    store.set_status(firehose.db, name, "DELETING", at=0)
    code, message = firehose.refusal("update_destination", **update(name, ExtendedS3DestinationUpdate={"Prefix": "b/"}))
    assert code == "ResourceInUseException"
    assert "DELETING" in message


@pytest.mark.parametrize("action", ["Start", "Stop"])
def test_encryption_is_refused_by_name(firehose: Any, action: str) -> None:
    call = f"{action.lower()}_delivery_stream_encryption"
    code, message = firehose.refusal(call, DeliveryStreamName=firehose.create())
    assert code == "NotImplemented"
    assert message == f"The sandbox does not support the operation firehose:{action}DeliveryStreamEncryption."
