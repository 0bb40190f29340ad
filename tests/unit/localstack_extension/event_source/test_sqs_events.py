import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amp_localstack.event_source.sqs_events import (
    BatchResponseError,
    failed_ids,
    for_filters,
    payload_of,
    payload_size,
    to_record,
)

MESSAGE = {
    "MessageId": "m1",
    "ReceiptHandle": "r1",
    "Body": '{"a":1,"a":2}',
    "MD5OfBody": "d",
    "Attributes": {"ApproximateReceiveCount": "1"},
    "MessageAttributes": {"kind": {"StringValue": "x", "DataType": "String"}},
    "MD5OfMessageAttributes": "e",
}


def record(body: str = "b") -> dict:
    return to_record({**MESSAGE, "Body": body}, "arn:aws:sqs:us-east-1:0:q", "us-east-1")


def test_a_record_has_the_fields_of_aws_events():
    # https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
    assert to_record(MESSAGE, "arn:aws:sqs:us-east-1:0:q", "us-east-1") == {
        "messageId": "m1",
        "receiptHandle": "r1",
        "body": '{"a":1,"a":2}',
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {"kind": {"stringValue": "x", "dataType": "String"}},
        "md5OfBody": "d",
        "md5OfMessageAttributes": "e",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:0:q",
        "awsRegion": "us-east-1",
    }


@given(st.text())
def test_a_body_reaches_the_function_as_it_was_sent(body):
    assert json.loads(payload_of([record(body)]))["Records"][0]["body"] == body


@given(st.lists(st.text(), min_size=1))
def test_sizes_add_up_to_the_event(bodies):
    records = [record(body) for body in bodies]
    overhead = len(b'{"Records": []}') - 2
    assert len(payload_of(records)) == sum(map(payload_size, records)) + overhead


def test_a_binary_attribute_is_base64():
    message = {**MESSAGE, "MessageAttributes": {"b": {"BinaryValue": b"\x00\xff", "DataType": "Binary"}}}
    payload = payload_of([to_record(message, "arn", "us-east-1")])
    assert json.loads(payload)["Records"][0]["messageAttributes"]["b"]["binaryValue"] == "AP8="


def test_filters_see_a_json_body_as_json_and_any_other_as_text():
    assert for_filters(record('{"a": 1}'))["body"] == {"a": 1}
    assert for_filters(record("not json"))["body"] == "not json"


# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
@pytest.mark.parametrize(
    "payload",
    [b"", b"null", b"{}", b'{"batchItemFailures": []}', b'{"batchItemFailures": null}', b'{"other": 1}'],
)
def test_an_answer_without_failures_is_complete_success(payload):
    assert failed_ids(payload, {"m1"}) == set()


def test_the_named_messages_failed():
    answer = b'{"batchItemFailures": [{"itemIdentifier": "m2"}]}'
    assert failed_ids(answer, {"m1", "m2"}) == {"m2"}


@pytest.mark.parametrize(
    "payload",
    [
        b"not json",
        b'{"batchItemFailures": [{"itemIdentifier": ""}]}',
        b'{"batchItemFailures": [{"itemIdentifier": null}]}',
        b'{"batchItemFailures": [{"wrongKey": "m1"}]}',
        b'{"batchItemFailures": [{"itemIdentifier": "unknown"}]}',
        b'{"batchItemFailures": "m1"}',
        b'{"batchItemFailures": ["m1"]}',
    ],
)
def test_an_answer_that_cannot_be_understood_is_complete_failure(payload):
    with pytest.raises(BatchResponseError):
        failed_ids(payload, {"m1"})
