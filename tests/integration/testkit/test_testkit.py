"""What the fixtures give, on the real platform. How the plugin starts and shares a sandbox is in tests/unit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from amp_sandbox import aws
from amp_sandbox.testkit import Names, Publish, Sandbox, Wait

HANDLER = """
import json, os
import boto3

sqs = boto3.client("sqs")

def lambda_handler(event, context):
    for record in event["Records"]:
        sqs.send_message(QueueUrl=os.environ["TARGET"], MessageBody=record["body"].upper())
"""
STREAM_HANDLER = """
import base64, os
import boto3

sqs = boto3.client("sqs")

def lambda_handler(event, context):
    for record in event["Records"]:
        body = base64.b64decode(record["kinesis"]["data"]).decode()
        sqs.send_message(QueueUrl=os.environ["TARGET"], MessageBody=body)
"""


def test_an_event_lands_with_what_the_test_said(amp_publish: Publish, amp_wait: Wait) -> None:
    landed = amp_wait.landed(amp_publish.event("like_sent", properties={"likes": 3}, user_id="user_kit"))
    assert (landed["event_type"], landed["likes"], landed["user_id"]) == ("like_sent", 3, "user_kit")


def test_a_show_is_announced_and_changed(amp_publish: Publish, amp_wait: Wait) -> None:
    created = amp_publish.change(title="Morning")
    assert amp_wait.landed(created)["title"] == "Morning"
    updated = amp_publish.change("show_updated", created.document, title="Evening")
    row = amp_wait.landed(updated)
    assert (row["show_id"], row["title"], row["change_type"]) == (
        created.document["show_id"],
        "Evening",
        "show_updated",
    )


def test_a_record_that_breaks_its_contract_is_told_when_it_is_waited_for(amp_publish: Publish, amp_wait: Wait) -> None:
    bad = amp_publish.event("like_sent", properties={"likes": -1})
    amp_wait.settled()
    with pytest.raises(AssertionError) as failure:
        amp_wait.landed(bad, timeout=1)
    told = str(failure.value)
    assert f"waited 1 s for the record {bad.record_id} in the lake" in told
    assert "its way so far (failed)" in told
    assert "errors/app_events/" in told


def test_a_subscribed_queue_hears_of_changes(amp_names: Names, amp_publish: Publish, amp_wait: Wait) -> None:
    queue = amp_names.subscribed_queue()
    change = amp_publish.change()
    bodies = amp_wait.messages(queue.url)
    assert change.record_id in {json.loads(body)["change_id"] for body in bodies}


def test_a_function_of_the_tests_own_is_triggered_by_its_queue(
    amp_names: Names, amp_client: Callable[[str], Any], amp_wait: Wait, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(HANDLER)
    source, target = amp_names.queue(VisibilityTimeout="60"), amp_names.queue()
    function = amp_names.function(tmp_path, environment={"TARGET": target.url})
    amp_names.trigger(function, source.arn, BatchSize=1)
    amp_client("sqs").send_message(QueueUrl=source.url, MessageBody="hello")
    assert amp_wait.messages(target.name) == ["HELLO"]
    assert amp_wait.queue(source.name) == 0


def test_a_function_reads_a_stream_from_the_moment_at_which_it_is_connected(
    amp_names: Names, amp_client: Callable[[str], Any], amp_wait: Wait, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(STREAM_HANDLER)
    kinesis = amp_client("kinesis")
    stream, target = amp_names.stream(), amp_names.queue()
    kinesis.put_record(StreamName=stream, PartitionKey="1", Data=b"before")
    arn = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamARN"]
    amp_names.trigger(amp_names.function(tmp_path, environment={"TARGET": target.url}), arn)
    kinesis.put_record(StreamName=stream, PartitionKey="1", Data=b"after")
    assert amp_wait.messages(target.name) == ["after"]


def test_clients_of_every_kind_are_the_sandboxs(
    amp_session: Any, amp_client: Callable[[str], Any], amp_environment: object, amp_names: Names, amp_wait: Wait
) -> None:
    bucket = amp_names.bucket()
    boto3.client("s3").put_object(Bucket=bucket, Key="one", Body=b"1")
    amp_session.resource("s3").Object(bucket, "two").put(Body=b"2")
    amp_client("s3").put_object(Bucket=bucket, Key="three", Body=b"3")
    assert amp_wait.objects("", bucket=bucket, count=3) == ["one", "three", "two"]


def test_a_session_cannot_be_led_elsewhere(amp_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_PROFILE", "production")
    session = amp_sandbox.session()
    assert session.client("s3").meta.endpoint_url == amp_sandbox.endpoint_url
    assert session.client("sts").get_caller_identity()["Account"] == amp_sandbox.settings.account_id
    assert session.get_credentials().access_key == aws.ACCESS_KEY_ID


def test_the_warehouse_answers_as_the_user_who_asks(
    amp_warehouse: Any, amp_connect: Callable[..., Any], amp_wait: Wait
) -> None:
    users = []
    for connection in (amp_warehouse, amp_connect("etl")):
        cursor = connection.cursor()
        cursor.execute("SELECT current_user")
        users += cursor.fetchone()
    assert users == ["analyst", "etl"]
    assert amp_wait.rows("SELECT groname FROM pg_group WHERE groname = 'analysts'", user="analyst") == [
        {"groname": "analysts"}
    ]
