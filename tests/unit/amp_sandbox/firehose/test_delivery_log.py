"""The fields are those of https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html."""

import json
import logging
from typing import Any

import pytest
from support.firehose_fakes import FUNCTION, STREAM_ARN, FakeLogs, Inline, aws_error, definition

from amp_sandbox.firehose import config
from amp_sandbox.firehose.delivery_log import MAX_PENDING, DeliveryLog
from amp_sandbox.firehose.error_output import Failure
from amp_sandbox.firehose.store import Stream
from amp_sandbox.firehose.workers import run_into

STREAM = Stream(1, "events-to-lake", STREAM_ARN, {}, "ACTIVE", 7, 0.0, 0.0, 0.0)
OPTIONS = {"Enabled": True, "LogGroupName": "/aws/firehose/x", "LogStreamName": "S3Delivery"}
TIMED_OUT = Failure("Lambda.FunctionTimedOut", "The Lambda function timed out.")
NO_BUCKET = Failure("S3.NoSuchBucket", "The bucket is gone.")


def error_log(logs: FakeLogs, runner: Inline, **settings: Any) -> DeliveryLog:
    return DeliveryLog(STREAM, config.parse_create(definition(**settings)).destination, logs, runner)


def test_a_failure_of_the_transform_is_logged_with_its_function() -> None:
    logs = FakeLogs()
    error_log(logs, Inline(), transform={}, CloudWatchLoggingOptions=OPTIONS).add(TIMED_OUT, 1.25)
    (sent,) = logs.sent
    (event,) = sent["logEvents"]
    assert (sent["logGroupName"], sent["logStreamName"]) == ("/aws/firehose/x", "S3Delivery")
    assert event["timestamp"] == 1250
    assert json.loads(event["message"]) == {
        "deliveryStreamARN": STREAM_ARN,
        "destination": "arn:aws:s3:::lake",
        "deliveryStreamVersionId": 7,
        "message": "The Lambda function timed out.",
        "errorCode": "Lambda.FunctionTimedOut",
        "processor": FUNCTION,
    }


def test_a_failure_of_the_delivery_names_no_function() -> None:
    logs = FakeLogs()
    error_log(logs, Inline(), transform={}, CloudWatchLoggingOptions=OPTIONS).add(NO_BUCKET, 1.0)
    message = json.loads(logs.sent[0]["logEvents"][0]["message"])
    assert message["errorCode"] == "S3.NoSuchBucket"
    assert "processor" not in message


@pytest.mark.parametrize("settings", [{}, {"CloudWatchLoggingOptions": {"Enabled": False}}])
def test_nothing_is_logged_unless_it_is_asked_for(settings: dict[str, Any]) -> None:
    logs = FakeLogs()
    error_log(logs, Inline(), **settings).add(NO_BUCKET, 1.0)
    assert logs.sent == []


def test_a_line_that_cannot_be_sent_is_told_in_the_engines_log(caplog: pytest.LogCaptureFixture) -> None:
    logs = FakeLogs()
    logs.failures.coming = [aws_error("ResourceNotFoundException")]
    errors = error_log(logs, Inline(), CloudWatchLoggingOptions=OPTIONS)
    with caplog.at_level(logging.WARNING):
        errors.add(NO_BUCKET, 1.0)
    assert "events-to-lake: not logged to /aws/firehose/x" in caplog.text
    errors.add(NO_BUCKET, 2.0)
    assert [one["logEvents"][0]["timestamp"] for one in logs.sent] == [2000]


def test_lines_do_not_pile_up_while_the_log_does_not_answer() -> None:
    logs, runner = FakeLogs(), Inline()
    runner.held = []
    errors = error_log(logs, runner, CloudWatchLoggingOptions=OPTIONS)
    for _ in range(MAX_PENDING + 5):
        errors.add(NO_BUCKET, 1.0)
    assert len(runner.held) == MAX_PENDING
    for future, work, args in runner.held:
        run_into(future, work, *args)
    errors.add(NO_BUCKET, 2.0)
    assert len(runner.held) == MAX_PENDING + 1
