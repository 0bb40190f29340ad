from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import MagicMock

import boto3
import pytest
from moto import mock_aws

from amp_sandbox.settings import Settings
from amp_sandbox.testkit.names import Names


class FakeSandbox:
    """A sandbox whose clients are moto's."""

    settings = Settings()
    raw_bucket = "raw"

    def client(self, service: str) -> Any:
        return boto3.client(
            service, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test", config=None
        )


@pytest.fixture
def sandbox() -> Iterator[Any]:
    with mock_aws():
        made = FakeSandbox()
        made.client("s3").create_bucket(Bucket="raw")
        yield made


def test_names_are_unlike_all_others_and_fit_a_bucket(sandbox: Any) -> None:
    names = [Names(sandbox, "test_it[a long parameter / with signs, and many words]").name("bucket") for _ in range(2)]
    assert names[0] != names[1]
    for name in names:
        assert len(name) <= 63
        assert name.replace("-", "").isalnum()
        assert name == name.lower()


def test_everything_is_gone_when_the_block_ends(sandbox: Any) -> None:
    s3, sqs, sns = (sandbox.client(name) for name in ("s3", "sqs", "sns"))
    kinesis, dynamodb = sandbox.client("kinesis"), sandbox.client("dynamodb")
    with Names(sandbox, "test") as names:
        bucket, prefix, queue, stream = names.bucket(), names.prefix(), names.queue(), names.stream()
        topic, table = names.topic(), names.table("id", "at")
        names.subscribed_queue(topic)
        s3.put_object(Bucket=bucket, Key="one", Body=b"1")
        s3.put_object(Bucket="raw", Key=f"{prefix}one", Body=b"1")
        s3.put_object(Bucket="raw", Key="others/one", Body=b"1")
        assert sqs.get_queue_url(QueueName=queue.name)["QueueUrl"] == queue.url
        assert kinesis.list_streams()["StreamNames"] == [stream]
        assert dynamodb.list_tables()["TableNames"] == [table]
        assert len(sns.list_subscriptions()["Subscriptions"]) == 1
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == ["raw"]
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="raw")["Contents"]] == ["others/one"]
    assert sqs.list_queues().get("QueueUrls", []) == []
    assert sns.list_topics()["Topics"] == []
    assert sns.list_subscriptions()["Subscriptions"] == []
    assert kinesis.list_streams()["StreamNames"] == []
    assert dynamodb.list_tables()["TableNames"] == []


def test_what_the_test_deleted_itself_is_no_error(sandbox: Any) -> None:
    with Names(sandbox) as names:
        sandbox.client("sqs").delete_queue(QueueUrl=names.queue().url)
        sandbox.client("s3").delete_bucket(Bucket=names.bucket())
        sandbox.client("dynamodb").delete_table(TableName=names.table("id"))
        sandbox.client("kinesis").delete_stream(StreamName=names.stream())


def test_everything_is_deleted_though_the_test_failed(sandbox: Any) -> None:
    def fail() -> None:
        with Names(sandbox) as names:
            names.bucket()
            raise RuntimeError("the test failed")

    with pytest.raises(RuntimeError, match="the test failed"):
        fail()
    assert [one["Name"] for one in sandbox.client("s3").list_buckets()["Buckets"]] == ["raw"]


def test_a_stream_is_read_from_a_whole_second_that_has_come_by_then() -> None:
    functions = MagicMock()
    functions.create_event_source_mapping.return_value = {"UUID": "1"}
    functions.get_event_source_mapping.return_value = {"State": "Enabled"}
    before = datetime.now(UTC)
    with Names(MagicMock(client=lambda _: functions), "test") as names:
        names.trigger("f", "arn:aws:kinesis:us-east-1:000000000000:stream/s")
    asked = functions.create_event_source_mapping.call_args.kwargs
    # SDKs send whole seconds: what is left of one would take what was published before along.
    assert asked["StartingPositionTimestamp"].microsecond == 0
    assert before < asked["StartingPositionTimestamp"] <= datetime.now(UTC)
