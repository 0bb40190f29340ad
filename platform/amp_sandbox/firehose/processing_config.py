"""Checks a ProcessingConfiguration and makes it into values: the processors and their parameters.

**Left out:** the processors RecordDeAggregation, Decompression and CloudWatchLogProcessing, each refused by name.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_Processor.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import jq

from amp_sandbox.firehose.destination import MIB, ConfigError, LambdaTransform

DEFAULT_LAMBDA_RETRIES = 3
DEFAULT_LAMBDA_BUFFER_MB = 1.0
DEFAULT_LAMBDA_BUFFER_SECONDS = 60

_Number = TypeVar("_Number", int, float)
_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t", "\\\\": "\\"}
_PARAMETERS = {
    "Lambda": {"LambdaArn", "NumberOfRetries", "RoleArn", "BufferSizeInMBs", "BufferIntervalInSeconds"},
    "MetadataExtraction": {"MetadataExtractionQuery", "JsonParsingEngine"},
    "AppendDelimiterToRecord": {"Delimiter"},
}


def processors_of(settings: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The parameters of each processor, by its type; none while processing is not enabled."""
    found: dict[str, dict[str, str]] = {}
    if not settings.get("Enabled"):
        return found
    for processor in settings.get("Processors") or []:
        kind = processor["Type"]
        if kind not in ("Lambda", "MetadataExtraction", "AppendDelimiterToRecord"):
            raise ConfigError(f"The processor {kind} is not supported here.")
        if kind in found:
            raise ConfigError(f"There can be only one processor of type {kind}.")
        given = {p["ParameterName"]: p["ParameterValue"] for p in processor.get("Parameters") or []}
        for name in given.keys() - _PARAMETERS[kind]:
            raise ConfigError(f"The processor {kind} has no parameter {name}.")
        found[kind] = given
    return found


def lambda_transform(parameters: Mapping[str, str]) -> LambdaTransform:
    """The transform that a Lambda processor's parameters describe."""
    arn = parameters.get("LambdaArn") or ""
    if not re.fullmatch(r"arn:[^:]*:lambda:[^:]+:\d{12}:function:[\w$-]+(:[\w$-]+)?", arn):
        raise ConfigError(f"LambdaArn {arn!r} is not the ARN of a function.")
    size = _number(parameters, "BufferSizeInMBs", float, DEFAULT_LAMBDA_BUFFER_MB, (0.2, 3))
    return LambdaTransform(
        function_arn=arn,
        retries=_number(parameters, "NumberOfRetries", int, DEFAULT_LAMBDA_RETRIES, (0, 300)),
        buffer_bytes=int(size * MIB),
        buffer_seconds=_number(parameters, "BufferIntervalInSeconds", int, DEFAULT_LAMBDA_BUFFER_SECONDS, (0, 900)),
    )


def metadata_query(parameters: Mapping[str, str]) -> str:
    """The jq program of a MetadataExtraction processor."""
    engine = parameters.get("JsonParsingEngine")
    if engine != "JQ-1.6":
        raise ConfigError(f"JsonParsingEngine must be JQ-1.6, not {engine!r}.")
    query = parameters.get("MetadataExtractionQuery")
    if not query:
        raise ConfigError("The processor MetadataExtraction needs the parameter MetadataExtractionQuery.")
    try:
        jq.compile(query)
    except ValueError as error:
        raise ConfigError(f"MetadataExtractionQuery {query!r} is not a jq program: {error}.") from None
    return query


def delimiter(parameters: Mapping[str, str] | None) -> bytes:
    """What an AppendDelimiterToRecord processor appends; nothing without one (None)."""
    if parameters is None:
        return b""
    text = parameters.get("Delimiter", "\\n")
    return re.sub(r"\\[nrt\\]", lambda found: _ESCAPES[found[0]], text).encode()


def _number(
    parameters: Mapping[str, str],
    name: str,
    kind: Callable[[str], _Number],
    default: _Number,
    limits: tuple[float, float],
) -> _Number:
    text = parameters.get(name)
    if text is None:
        return default
    try:
        number = kind(text)
    except ValueError:
        raise ConfigError(f"The parameter {name} is not a number: {text!r}.") from None
    if not limits[0] <= number <= limits[1]:
        raise ConfigError(f"The parameter {name} must be between {limits[0]} and {limits[1]}, not {text}.")
    return number
