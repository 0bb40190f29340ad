"""Records that could not be delivered, as the JSON lines AWS writes under the error output prefix.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html

**Left out:** `catalogArn` of a table in format conversion's lines: the sandbox has one catalogue.
"""

import json
from base64 import b64encode
from typing import NamedTuple

from amp_sandbox.firehose.destination import ParquetConversion
from amp_sandbox.firehose.shards import CONVERSION_FAILED, PROCESSING_FAILED, Outcome, Record, Route

_PROCESSING_FAILED = Route(PROCESSING_FAILED)
_CONVERSION_FAILED = Route(CONVERSION_FAILED)


class Failure(NamedTuple):
    """Why a record or a whole batch failed: one of AWS's error codes, and a sentence."""

    code: str
    message: str


def processing_failed(
    record: Record, failure: Failure, *, attempts: int, ended_ms: int, lambda_arn: str | None
) -> Outcome:
    """A record that the transform or the extraction of partition keys failed on."""
    line: dict[str, object] = {
        "attemptsMade": attempts,
        "arrivalTimestamp": record.arrived_ms,
        "errorCode": failure.code,
        "errorMessage": failure.message,
        "attemptEndingTimestamp": ended_ms,
        "rawData": b64encode(record.data).decode(),
    }
    if lambda_arn is not None:
        line["lambdaArn"] = lambda_arn
    return Outcome(_PROCESSING_FAILED, record.with_data(_line(line)))


def conversion_failed(record: Record, failure: Failure, *, ended_ms: int, conversion: ParquetConversion) -> Outcome:
    """A record that does not fit the table that its data are converted by."""
    line: dict[str, object] = {
        "attemptsMade": 1,
        "arrivalTimestamp": record.arrived_ms,
        "lastErrorCode": failure.code,
        "lastErrorMessage": failure.message,
        "attemptEndingTimestamp": ended_ms,
        "rawData": b64encode(record.data).decode(),
        "sequenceNumber": record.sequence,
        "subSequenceNumber": None,
        "dataCatalogTable": {
            "catalogId": conversion.catalog_id,
            "databaseName": conversion.database,
            "tableName": conversion.table,
            "region": conversion.region,
            "versionId": conversion.version,
        },
    }
    return Outcome(_CONVERSION_FAILED, record.with_data(_line(line)))


def _line(fields: dict[str, object]) -> bytes:
    return json.dumps(fields).encode() + b"\n"
