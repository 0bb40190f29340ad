"""SQS event source mappings of standard queues."""

import json
from collections import Counter

import pytest
from support.waiting import eventually

WRITER = """
import json, os, pathlib
def handler(event, context):
    path = pathlib.Path(os.environ["FOLDER"], context.aws_request_id)
    path.write_text(json.dumps(event["Records"]))
    bad = [r["messageId"] for r in event["Records"] if "bad" in r["body"]]
    if any("raise" in r["body"] for r in event["Records"]): raise ValueError("raise")
    return {"batchItemFailures": [{"itemIdentifier": i} for i in bad]}
"""


@pytest.fixture
def make_queue(bare, unique):
    sqs, urls = bare("sqs"), []

    def make(suffix="", **attributes):
        url = sqs.create_queue(QueueName=f"{unique}{suffix}", Attributes=attributes)["QueueUrl"]
        urls.append(url)
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return url, arn

    yield make
    for url in urls:
        sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def connect(bare, make_function, tmp_path):
    """Maps a queue to a function that writes down what it gets; answers a function that reads it."""

    def connected(arn, **mapping):
        name = make_function(WRITER, Environment={"Variables": {"FOLDER": str(tmp_path)}})
        bare("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=arn, **mapping)
        return lambda: [json.loads(path.read_text()) for path in sorted(tmp_path.iterdir())]

    return connected


def bodies(batches):
    return Counter(record["body"] for batch in batches for record in batch)


def counts(sqs, url):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return tuple(int(attributes[name]) for name in names)


def test_a_message_arrives_unchanged_and_is_deleted(bare, make_queue, connect):
    url, arn = make_queue()
    received = connect(arn)
    body = '{"b":1,  "a": 1.50, "a":2}'  # rewriting it as JSON would change it
    bare("sqs").send_message(
        QueueUrl=url, MessageBody=body, MessageAttributes={"k": {"DataType": "String", "StringValue": "v"}}
    )
    [[record]] = eventually(received, bool, timeout=10)
    assert record["body"] == body
    assert record["eventSourceARN"] == arn
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["messageAttributes"]["k"]["stringValue"] == "v"
    eventually(lambda: counts(bare("sqs"), url), lambda left: left == (0, 0), timeout=5)


def test_many_messages_arrive_once_each_in_batches(bare, make_queue, connect):
    url, arn = make_queue(VisibilityTimeout="60")
    received = connect(arn, BatchSize=10)
    expected = [f"m{n}" for n in range(500)]
    for first in range(0, 500, 10):
        entries = [{"Id": str(n), "MessageBody": f"m{first + n}"} for n in range(10)]
        bare("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    batches = eventually(received, lambda seen: sum(map(len, seen)) >= 500, timeout=30)
    assert bodies(batches) == Counter(expected)
    assert max(map(len, batches)) <= 10


def test_a_window_gathers_a_batch_larger_than_ten(bare, make_queue, connect):
    url, arn = make_queue(VisibilityTimeout="60")
    received = connect(arn, BatchSize=40, MaximumBatchingWindowInSeconds=2)
    for first in range(0, 40, 10):
        entries = [{"Id": str(n), "MessageBody": f"m{first + n}"} for n in range(10)]
        bare("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    [batch] = eventually(received, bool, timeout=10)
    assert len(batch) == 40


def test_only_the_messages_reported_failed_come_back_and_end_in_the_dead_letter_queue(bare, make_queue, connect):
    dead_url, dead_arn = make_queue("-dead")
    policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    url, arn = make_queue(VisibilityTimeout="1", RedrivePolicy=policy)
    received = connect(arn, BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"])
    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(["good 1", "bad", "good 2"])]
    bare("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    eventually(lambda: counts(bare("sqs"), dead_url), lambda found: found == (1, 0), timeout=20)
    assert bodies(received()) == {"good 1": 1, "good 2": 1, "bad": 2}
    [message] = bare("sqs").receive_message(QueueUrl=dead_url)["Messages"]
    assert message["Body"] == "bad"
    assert counts(bare("sqs"), url) == (0, 0)


def test_all_messages_of_a_batch_that_raises_come_back(bare, make_queue, connect):
    url, arn = make_queue(VisibilityTimeout="1")
    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(["raise", "good"])]
    bare("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    # Both are there before anybody asks for them, so the first batch has both.
    received = connect(arn, BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"])
    eventually(lambda: bodies(received()), lambda seen: seen["good"] >= 2 and seen["raise"] >= 2, timeout=20)


def test_messages_that_match_no_filter_are_dropped(bare, make_queue, connect):
    url, arn = make_queue()
    filters = {"Filters": [{"Pattern": json.dumps({"body": {"kind": ["wanted"]}})}]}
    received = connect(arn, FilterCriteria=filters)
    for kind in ("other", "wanted"):
        bare("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({"kind": kind}))
    assert bodies(eventually(received, bool, timeout=10)) == {'{"kind": "wanted"}': 1}
    eventually(lambda: counts(bare("sqs"), url), lambda left: left == (0, 0), timeout=5)


def test_a_disabled_mapping_takes_nothing(bare, make_queue, connect):
    url, arn = make_queue()
    received = connect(arn, Enabled=False)
    bare("sqs").send_message(QueueUrl=url, MessageBody="stays")
    functions = bare("lambda")
    [mapping] = functions.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
    assert counts(bare("sqs"), url) == (1, 0)
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    assert bodies(eventually(received, bool, timeout=10)) == {"stays": 1}


def test_messages_wait_for_a_function_that_is_being_updated(bare, make_queue, connect):
    url, arn = make_queue(VisibilityTimeout="60")
    received = connect(arn, BatchSize=1)
    functions = bare("lambda")
    [mapping] = functions.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
    for n in range(60):
        bare("sqs").send_message(QueueUrl=url, MessageBody=f"m{n}")
        if n % 20 == 10:
            functions.update_function_configuration(FunctionName=mapping["FunctionArn"], Description=str(n))
    seen = eventually(lambda: bodies(received()), lambda found: len(found) == 60, timeout=30)
    assert set(seen.values()) == {1}


def test_a_mapping_that_is_updated_stays_enabled_and_delivers(bare, make_queue, connect):
    url, arn = make_queue()
    received = connect(arn)
    functions = bare("lambda")
    [mapping] = functions.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]

    def state():
        return functions.get_event_source_mapping(UUID=mapping["UUID"])["State"]

    eventually(state, lambda seen: seen == "Enabled", timeout=10)
    functions.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=5)
    bare("sqs").send_message(QueueUrl=url, MessageBody="after")
    assert bodies(eventually(received, bool, timeout=20)) == {"after": 1}
    # The worker of before is given the time to end, after which the state was wrong.
    functions.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=6)
    bare("sqs").send_message(QueueUrl=url, MessageBody="again")
    eventually(received, lambda batches: bodies(batches)["again"] == 1, timeout=20)
    assert eventually(state, lambda seen: seen == "Enabled", timeout=10) == "Enabled"
