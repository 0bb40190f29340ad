"""Limits and defaults are those of https://docs.aws.amazon.com/firehose/latest/APIReference/API_Types.html."""

from typing import Any

import pytest
from support.firehose_fakes import FUNCTION, definition, processor

from amp_sandbox.firehose import config
from amp_sandbox.firehose.destination import MIB, ConfigError, LambdaTransform


def processing(*processors: dict[str, Any]) -> dict[str, Any]:
    return {"ProcessingConfiguration": {"Enabled": True, "Processors": list(processors)}}


def test_a_lambda_processor_has_awss_defaults() -> None:
    transform = config.parse_create(definition(transform={})).destination.transform
    assert transform == LambdaTransform(FUNCTION, retries=3, buffer_bytes=MIB, buffer_seconds=60)


def test_a_lambda_processors_parameters_are_read() -> None:
    given = {"NumberOfRetries": "0", "BufferSizeInMBs": "0.2", "BufferIntervalInSeconds": "0"}
    transform = config.parse_create(definition(transform=given)).destination.transform
    assert transform == LambdaTransform(FUNCTION, 0, int(0.2 * MIB), 0)


def test_a_delimiter_is_a_newline_unless_given() -> None:
    plain = config.parse_create(definition(**processing(processor("AppendDelimiterToRecord"))))
    given = config.parse_create(definition(**processing(processor("AppendDelimiterToRecord", Delimiter="|\\t"))))
    assert (plain.destination.delimiter, given.destination.delimiter) == (b"\n", b"|\t")


def test_processors_do_nothing_when_processing_is_not_enabled() -> None:
    settings = {"ProcessingConfiguration": {"Enabled": False, "Processors": [processor("Lambda", LambdaArn=FUNCTION)]}}
    assert config.parse_create(definition(**settings)).destination.transform is None


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("processor", processing(processor("Decompression")), "Decompression is not supported"),
    ("deaggregation", processing(processor("RecordDeAggregation")), "RecordDeAggregation is not supported"),
    ("logs processor", processing(processor("CloudWatchLogProcessing")), "CloudWatchLogProcessing is not supported"),
    ("two lambdas", processing(*[processor("Lambda", LambdaArn=FUNCTION)] * 2), "only one processor"),
    ("parameter", processing(processor("Lambda", LambdaArn=FUNCTION, Delimiter="x")), "no parameter Delimiter"),
    ("function", processing(processor("Lambda", LambdaArn="transform")), "LambdaArn 'transform'"),
    ("retries", processing(processor("Lambda", LambdaArn=FUNCTION, NumberOfRetries="301")), "NumberOfRetries"),
    ("buffer", processing(processor("Lambda", LambdaArn=FUNCTION, BufferSizeInMBs="4")), "BufferSizeInMBs"),
    ("number", processing(processor("Lambda", LambdaArn=FUNCTION, BufferIntervalInSeconds="x")), "not a number"),
    (
        "jq",
        processing(processor("MetadataExtraction", MetadataExtractionQuery="{", JsonParsingEngine="JQ-1.6")),
        "not a jq program",
    ),
]


@pytest.mark.parametrize(("settings", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_settings_that_are_not_valid_or_supported_are_named(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        config.parse_create(definition(**settings))
