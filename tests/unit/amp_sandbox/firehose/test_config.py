"""Limits and defaults are those of https://docs.aws.amazon.com/firehose/latest/APIReference/API_Types.html."""

from typing import Any

import pytest
from support.firehose_fakes import ROLE, SOURCE, definition, processor

from amp_sandbox.firehose import config
from amp_sandbox.firehose.destination import MIB, ConfigError, LogTarget

QUERY = processor("MetadataExtraction", MetadataExtractionQuery="{a: .a}", JsonParsingEngine="JQ-1.6")
PARTITIONED: dict[str, Any] = {
    "DynamicPartitioningConfiguration": {"Enabled": True},
    "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 1},
}


def conversion(**changes: Any) -> dict[str, Any]:
    return {
        "SchemaConfiguration": {"RoleARN": ROLE, "DatabaseName": "amp_raw", "TableName": "events"},
        "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
        "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
        **changes,
    }


def processing(*processors: dict[str, Any]) -> dict[str, Any]:
    return {"ProcessingConfiguration": {"Enabled": True, "Processors": list(processors)}}


def test_a_minimal_destination_has_awss_defaults() -> None:
    parsed = config.parse_create(
        {"ExtendedS3DestinationConfiguration": {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::lake"}}
    )
    destination = parsed.destination
    assert parsed.source_arn is None
    assert (destination.bucket, destination.buffer_bytes, destination.buffer_seconds) == ("lake", 5 * MIB, 300)
    assert (destination.compression, destination.extension, destination.delimiter) == ("UNCOMPRESSED", "", b"")
    assert destination.transform is None
    assert destination.time_zone.key == "UTC"


def test_a_kinesis_source_is_named() -> None:
    parsed = config.parse_create(definition(kinesis=True))
    assert (parsed.source_arn, parsed.source_stream) == (SOURCE, "events")


@pytest.mark.parametrize(
    ("compression", "extension"),
    [("GZIP", ".gz"), ("ZIP", ".zip"), ("Snappy", ".snappy"), ("HADOOP_SNAPPY", ".hsnappy"), ("UNCOMPRESSED", "")],
)
def test_the_extension_follows_the_compression(compression: str, extension: str) -> None:
    assert config.parse_create(definition(CompressionFormat=compression)).destination.extension == extension


def test_a_file_extension_replaces_the_default() -> None:
    parsed = config.parse_create(definition(CompressionFormat="GZIP", FileExtension=".json.gz"))
    assert parsed.destination.extension == ".json.gz"


def test_dynamic_partitioning_takes_keys_from_a_query_and_the_transform() -> None:
    parsed = config.parse_create(
        definition(
            transform={},
            Prefix="!{partitionKeyFromQuery:a}/!{partitionKeyFromLambda:b}/",
            **PARTITIONED,
            **processing(QUERY),
        )
    )
    assert parsed.destination.partitioned
    assert parsed.destination.metadata_query == "{a: .a}"
    assert parsed.destination.buffer_bytes == 64 * MIB


def test_an_enabled_error_log_is_read() -> None:
    options = {"Enabled": True, "LogGroupName": "/aws/firehose/x", "LogStreamName": "S3Delivery"}
    logs = config.parse_create(definition(CloudWatchLoggingOptions=options)).destination.logs
    assert logs == LogTarget("/aws/firehose/x", "S3Delivery")


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (
        "retry",
        {"DynamicPartitioningConfiguration": {"RetryOptions": {"DurationInSeconds": 7201}}},
        "between 0 and 7200",
    ),
    ("bucket", {"BucketARN": "lake"}, "BucketARN 'lake'"),
    ("role", {"RoleARN": "me"}, "RoleARN 'me'"),
    ("half hints", {"BufferingHints": {"SizeInMBs": 1}}, "must be specified together"),
    ("size", {"BufferingHints": {"SizeInMBs": 129, "IntervalInSeconds": 1}}, "between 1 and 128"),
    ("interval", {"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 901}}, "between 0 and 900"),
    ("compression", {"CompressionFormat": "LZ4"}, "CompressionFormat 'LZ4'"),
    ("extension", {"FileExtension": "json"}, "FileExtension 'json'"),
    ("zone", {"CustomTimeZone": "Mars/Olympus"}, "CustomTimeZone 'Mars/Olympus'"),
    ("backup", {"S3BackupMode": "Enabled"}, "S3BackupMode"),
    ("kms", {"EncryptionConfiguration": {"KMSEncryptionConfig": {"AWSKMSKeyARN": "a"}}}, "KMSEncryptionConfig"),
    ("error prefix", {"Prefix": "!{timestamp:yyyy}/", "ErrorOutputPrefix": None}, "ErrorOutputPrefix"),
    ("prefix", {"Prefix": "!{x:y}/"}, "namespace 'x'"),
    ("log group", {"CloudWatchLoggingOptions": {"Enabled": True}}, "LogGroupName"),
    ("keys", {"Prefix": "!{partitionKeyFromLambda:a}/"}, "DynamicPartitioningConfiguration to be enabled"),
    ("query", processing(QUERY), "needs dynamic partitioning"),
    ("no keys", PARTITIONED, "must have a partitionKeyFromLambda"),
    ("no lambda", {**PARTITIONED, "Prefix": "!{partitionKeyFromLambda:a}/"}, "no Lambda processor"),
    ("no query", {**PARTITIONED, "Prefix": "!{partitionKeyFromQuery:a}/"}, "need each other"),
    (
        "small partitions",
        {**PARTITIONED, "BufferingHints": {"SizeInMBs": 63, "IntervalInSeconds": 1}},
        "at least 64",
    ),
    ("gzip parquet", {"DataFormatConversionConfiguration": conversion(), "CompressionFormat": "GZIP"}, "UNCOMPRESSED"),
    ("small parquet", {"DataFormatConversionConfiguration": conversion()}, "at least 64"),
]


@pytest.mark.parametrize(("settings", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_settings_that_are_not_valid_or_supported_are_named(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        config.parse_create(definition(**settings))


@pytest.mark.parametrize(
    "name",
    [
        "S3DestinationConfiguration",
        "SplunkDestinationConfiguration",
        "IcebergDestinationConfiguration",
        "MSKSourceConfiguration",
        "DeliveryStreamEncryptionConfigurationInput",
        "DirectPutSourceConfiguration",
    ],
)
def test_other_sources_and_destinations_are_refused_by_name(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        config.parse_create({**definition(), name: {}})


def test_a_kinesis_source_needs_its_type_and_the_type_its_source() -> None:
    with pytest.raises(ConfigError, match="KinesisStreamSourceConfiguration must be specified"):
        config.parse_create({**definition(kinesis=True), "DeliveryStreamType": "DirectPut"})
    with pytest.raises(ConfigError, match="KinesisStreamSourceConfiguration must be specified"):
        config.parse_create({**definition(), "DeliveryStreamType": "KinesisStreamAsSource"})


def test_an_update_replaces_what_it_names_and_keeps_the_rest() -> None:
    settings = definition(transform={}, CompressionFormat="GZIP")["ExtendedS3DestinationConfiguration"]
    merged = config.merge_update(settings, {"BufferingHints": {"SizeInMBs": 2, "IntervalInSeconds": 0}, "Prefix": None})
    parsed = config.parse_destination(merged)
    assert (parsed.buffer_bytes, parsed.buffer_seconds, parsed.compression) == (2 * MIB, 0, "GZIP")
    assert merged["Prefix"] == "data/"
    assert parsed.transform is not None


def test_an_update_is_checked_with_what_it_leaves_in_place() -> None:
    settings = definition()["ExtendedS3DestinationConfiguration"]
    with pytest.raises(ConfigError, match="DynamicPartitioningConfiguration"):
        config.merge_update(settings, {"Prefix": "!{partitionKeyFromLambda:a}/"})


def test_a_description_shows_the_defaults() -> None:
    shown = config.describe_destination({"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::lake"})
    assert shown["BufferingHints"] == {"SizeInMBs": 5, "IntervalInSeconds": 300}
    assert shown["CompressionFormat"] == "UNCOMPRESSED"
    assert shown["EncryptionConfiguration"] == {"NoEncryptionConfig": "NoEncryption"}
    assert shown["S3BackupMode"] == "Disabled"
