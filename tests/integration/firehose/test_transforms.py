"""Lambda transforms: what a function answers or fails to, and where each record ends.

The error codes and fields are AWS's:
https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
"""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from support.delivery_streams import LANDING_SECONDS, DeliveryStreams, Lake, processing
from support.waiting import eventually

RETRIES = 1
FIELDS = {
    "attemptsMade",
    "arrivalTimestamp",
    "errorCode",
    "errorMessage",
    "attemptEndingTimestamp",
    "rawData",
    "lambdaArn",
}


def transform(function_arn: str, retries: int = RETRIES) -> dict[str, Any]:
    """A Lambda processor that is called as soon as there are records."""
    parameters = {"LambdaArn": function_arn, "NumberOfRetries": str(retries), "BufferIntervalInSeconds": "0"}
    return processing(Lambda=parameters)


class Transformed:
    """A delivery stream with the transform, shared by the tests of this module."""

    def __init__(self, streams: DeliveryStreams, function_arn: str) -> None:
        self.function_arn = function_arn
        self._streams = streams
        self.name = streams.create(**transform(function_arn))

    def put(self, *records: dict[str, Any]) -> list[bytes]:
        """Put a batch of records, each marked as one of a kind; answers them as they were put."""
        marked = [json.dumps(record | {"mark": uuid.uuid4().hex}).encode() for record in records]
        self._streams.put(self.name, *marked)
        return marked

    def landed(self, *records: bytes) -> None:
        """Wait until these have landed, transformed."""
        eventually(
            lambda: self._streams.data(self.name),
            lambda data: all(record.upper() in data for record in records),
            timeout=LANDING_SECONDS,
            what=f"{records} in capitals",
        )

    def has_landed(self, record: bytes) -> bool:
        """Whether a record has landed, as it was or transformed."""
        data = self._streams.data(self.name)
        return record in data or record.upper() in data

    def failed(self, *records: bytes) -> list[dict[str, Any]]:
        """The lines of the error output for these records, once they are there."""

        def found() -> list[dict[str, Any]]:
            lines = {line["rawData"]: line for line in self._streams.errors(self.name)}
            return [lines[record] for record in records if record in lines]

        return eventually(
            found, lambda lines: len(lines) == len(records), timeout=LANDING_SECONDS, what=f"{records} among the errors"
        )


@pytest.fixture(scope="module")
def transformed(shared_streams: DeliveryStreams, function_arn: str) -> Transformed:
    return Transformed(shared_streams, function_arn)


def test_each_record_goes_where_the_function_says(transformed: Transformed) -> None:
    started_ms = time.time() * 1000
    good, dropped, bad, last = transformed.put({}, {"result": "Dropped"}, {"result": "ProcessingFailed"}, {})
    transformed.landed(good, last)
    (line,) = transformed.failed(bad)
    assert line.keys() == FIELDS
    assert (line["attemptsMade"], line["errorCode"]) == (1, "Lambda.ProcessingFailedStatus")
    assert line["lambdaArn"] == transformed.function_arn
    assert started_ms - 1000 <= line["arrivalTimestamp"] <= line["attemptEndingTimestamp"] <= time.time() * 1000
    assert not transformed.has_landed(dropped)
    assert not transformed.has_landed(bad)
    # Dropped means settled: what came after it is delivered, and nothing is kept back for it.
    transformed.landed(*transformed.put({}))


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [
        ("raise", "Lambda.FunctionError", "ValueError: on purpose"),
        ("hang", "Lambda.FunctionTimedOut", "timed out"),
        ("die", "Lambda.FunctionError", "Runtime.ExitError"),
        ("not JSON", "Lambda.FunctionError", "Runtime.MarshalError"),
        ("too large", "Lambda.FunctionError", "exceeded maximum allowed payload size"),
    ],
)
def test_an_invocation_that_fails_is_repeated_and_then_fails_its_records(
    transformed: Transformed, how: str, code: str, said: str
) -> None:
    batch = transformed.put({"how": how}, {})
    for line in transformed.failed(*batch):
        assert line.keys() == FIELDS
        assert (line["attemptsMade"], line["errorCode"]) == (1 + RETRIES, code)
        assert said in line["errorMessage"]
        assert line["lambdaArn"] == transformed.function_arn
    transformed.landed(*transformed.put({}))
    assert not any(transformed.has_landed(record) for record in batch)


def test_an_answer_that_is_no_list_of_records_fails_its_records(transformed: Transformed) -> None:
    batch = transformed.put({"how": "not an object"}, {})
    for line in transformed.failed(*batch):
        assert (line["attemptsMade"], line["errorCode"]) == (1, "Lambda.JsonProcessingException")
    transformed.landed(*transformed.put({}))


@pytest.mark.parametrize(
    ("how", "code"),
    [("forget the second", "Lambda.MissingRecordId"), ("repeat the second", "Lambda.DuplicatedRecordId")],
)
def test_a_record_answered_not_once_fails_and_its_neighbours_land(
    transformed: Transformed, how: str, code: str
) -> None:
    first, second, third = transformed.put({"how": how}, {}, {})
    (line,) = transformed.failed(second)
    assert (line["attemptsMade"], line["errorCode"]) == (1, code)
    transformed.landed(first, third)
    assert not transformed.has_landed(second)


def test_an_answer_for_a_record_that_was_not_sent_has_no_effect(transformed: Transformed, lake: Lake) -> None:
    first, second = transformed.put({"how": "make one up"}, {})
    transformed.landed(first, second)
    assert b"".join(lake.objects(f"{transformed.name}/data/").values()).count(first.upper()) == 1


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"result": "Splendid"}, "Lambda.JsonProcessingException"), ({"data": ""}, "Lambda.FunctionError")],
    ids=["an unknown result", "data that is not base64"],
)
def test_a_record_answered_wrongly_fails_and_its_neighbours_land(
    transformed: Transformed, wrong: dict[str, str], code: str
) -> None:
    first, second, third = transformed.put({}, wrong, {})
    (line,) = transformed.failed(second)
    assert line["errorCode"] == code
    transformed.landed(first, third)
    assert not transformed.has_landed(second)


def test_a_function_that_is_not_there_fails_the_records(streams: DeliveryStreams, lake: Lake) -> None:
    missing = "arn:aws:lambda:us-east-1:000000000000:function:nobody"
    name = streams.create(**transform(missing, retries=0))
    streams.put(name, b"{}")
    lake.landed(f"{name}/errors/")
    (line,) = streams.errors(name)
    assert (line["attemptsMade"], line["errorCode"]) == (1, "Lambda.ResourceNotFound")
    assert (line["rawData"], line["lambdaArn"]) == (b"{}", missing)
    assert not lake.objects(f"{name}/data/")


def test_the_function_gives_partition_keys_and_a_record_without_them_fails(
    streams: DeliveryStreams, lake: Lake, function_arn: str
) -> None:
    name = lake.new_name()
    streams.create(
        name,
        Prefix=f"{name}/data/type=!{{partitionKeyFromLambda:type}}/",
        ErrorOutputPrefix=f"{name}/errors/!{{firehose:error-output-type}}/",
        DynamicPartitioningConfiguration={"Enabled": True},
        BufferingHints={"SizeInMBs": 64, "IntervalInSeconds": 0},
        **transform(function_arn),
    )
    like, chat, none = (json.dumps({"keys": keys}).encode() for keys in ({"type": "like"}, {"type": "chat"}, {}))
    streams.put(name, like, none, chat, like)
    assert list(lake.landed(f"{name}/data/type=like/").values()) == [like.upper() * 2]
    assert list(lake.landed(f"{name}/data/type=chat/").values()) == [chat.upper()]
    lake.landed(f"{name}/errors/processing-failed/")
    (line,) = streams.errors(name)
    assert (line["errorCode"], line["rawData"]) == ("DynamicPartitioning.MetadataExtractionFailed", none)


def test_a_failure_is_logged_when_asked_for(
    client: Callable[[str], Any], streams: DeliveryStreams, function_arn: str
) -> None:
    logs, group = client("logs"), f"/firehose/{uuid.uuid4().hex[:8]}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="S3Delivery")
    options = {"Enabled": True, "LogGroupName": group, "LogStreamName": "S3Delivery"}
    name = streams.create(CloudWatchLoggingOptions=options, **transform(function_arn))
    streams.put(name, json.dumps({"result": "ProcessingFailed"}).encode())

    def logged() -> list[dict[str, Any]]:
        events = logs.get_log_events(logGroupName=group, logStreamName="S3Delivery")["events"]
        return [json.loads(event["message"]) for event in events]

    (line,) = eventually(logged, bool, timeout=LANDING_SECONDS, what="a line in the log")
    assert line["errorCode"] == "Lambda.ProcessingFailedStatus"
    assert line["deliveryStreamARN"].endswith(f"/{name}")
    assert line["processor"] == function_arn
    logs.delete_log_group(logGroupName=group)
