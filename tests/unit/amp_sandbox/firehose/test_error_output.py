"""The lines' fields are those of https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
and https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html."""

import json
from base64 import b64decode
from typing import Any

import pytest

from amp_sandbox.firehose.destination import JsonReader, ParquetConversion
from amp_sandbox.firehose.error_output import Failure, conversion_failed, processing_failed
from amp_sandbox.firehose.shards import Outcome, Record, Route, Shard
from amp_sandbox.firehose.store import Checkpoint

DATA = b"\0\xff\n{"
RECORD = Record(Shard(Checkpoint("shardId-000000000000", "once", None, 0)), 4, "4956", "user_1", 1000, DATA)
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:transform"
TABLE = ParquetConversion(
    database="amp_raw",
    table="events",
    version="3",
    catalog_id="000000000000",
    region="us-east-1",
    reader=JsonReader(),
    compression="SNAPPY",
    page_bytes=1024 * 1024,
    dictionary=False,
    writer_version="V1",
)


def line(outcome: Outcome) -> dict[str, Any]:
    """The one line that an outcome is written as."""
    assert outcome.record.data.endswith(b"}\n")
    assert outcome.record.data.count(b"\n") == 1
    parsed: dict[str, Any] = json.loads(outcome.record.data)
    return parsed


@pytest.mark.parametrize(("arn", "more"), [(FUNCTION, {"lambdaArn": FUNCTION}), (None, {})])
def test_a_record_that_processing_failed_on_has_awss_fields(arn: str | None, more: dict[str, str]) -> None:
    failure = Failure("Lambda.FunctionError", "It broke.")
    outcome = processing_failed(RECORD, failure, attempts=4, ended_ms=2000, lambda_arn=arn)
    assert outcome.route == Route("processing-failed")
    assert line(outcome) == {
        "attemptsMade": 4,
        "arrivalTimestamp": 1000,
        "errorCode": "Lambda.FunctionError",
        "errorMessage": "It broke.",
        "attemptEndingTimestamp": 2000,
        "rawData": "AP8Kew==",
        **more,
    }


def test_a_record_that_does_not_fit_the_table_has_awss_fields() -> None:
    failure = Failure("DataFormatConversion.InvalidData", "n: 'x' is not an int32.")
    outcome = conversion_failed(RECORD, failure, ended_ms=2000, conversion=TABLE)
    assert outcome.route == Route("format-conversion-failed")
    assert line(outcome) == {
        "attemptsMade": 1,
        "arrivalTimestamp": 1000,
        "lastErrorCode": "DataFormatConversion.InvalidData",
        "lastErrorMessage": "n: 'x' is not an int32.",
        "attemptEndingTimestamp": 2000,
        "rawData": "AP8Kew==",
        "sequenceNumber": "4956",
        "subSequenceNumber": None,
        "dataCatalogTable": {
            "catalogId": "000000000000",
            "databaseName": "amp_raw",
            "tableName": "events",
            "region": "us-east-1",
            "versionId": "3",
        },
    }


def test_a_failed_record_keeps_its_position_and_its_data() -> None:
    outcome = processing_failed(RECORD, Failure("c", "m"), attempts=1, ended_ms=2000, lambda_arn=None)
    assert outcome.record._replace(data=DATA) == RECORD
    assert b64decode(line(outcome)["rawData"]) == DATA
