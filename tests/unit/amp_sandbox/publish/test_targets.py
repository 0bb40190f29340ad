from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from amp_sandbox.errors import SandboxError
from amp_sandbox.publish.publisher import Message, Taken, TurnedAway
from amp_sandbox.publish.targets import KinesisTarget, SnsTarget

BATCH = [Message("a", b'{"a": 1}', "user_1"), Message("b", b"\xff", "user_2")]
TOPIC = "arn:aws:sns:us-east-1:000000000000:changes"


@pytest.fixture
def stubbed() -> Callable[[str], tuple[Any, Stubber]]:
    def make(service: str) -> tuple[Any, Stubber]:
        client = boto3.client(service, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        stubber = Stubber(client)
        stubber.activate()
        return client, stubber

    return make


class Failing:
    """A client whose every call fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def put_records(self, **_: Any) -> Any:
        raise self._error

    publish_batch = put_records


def test_kinesis_tells_of_each_record(stubbed: Callable[[str], tuple[Any, Stubber]]) -> None:
    client, stubber = stubbed("kinesis")
    throttled = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded"}
    stubber.add_response(
        "put_records",
        {"FailedRecordCount": 1, "Records": [{"ShardId": "shardId-000000000001", "SequenceNumber": "49"}, throttled]},
        {
            "StreamName": "app-events",
            "Records": [{"Data": b'{"a": 1}', "PartitionKey": "user_1"}, {"Data": b"\xff", "PartitionKey": "user_2"}],
        },
    )
    answer = KinesisTarget(client, "app-events").send(BATCH)
    away = TurnedAway("ProvisionedThroughputExceededException", "Rate exceeded", passing=True)
    assert list(answer.outcomes) == [Taken("shardId-000000000001:49"), away]
    assert answer.unanswered == 0


def test_a_record_counts_with_its_partition_key() -> None:
    # "the maximum size of a data blob … and the partition key", PutRecords
    assert KinesisTarget(None, "s").size(Message("a", b"12345", "käse")) == 5 + 5


def test_sns_tells_of_each_message(stubbed: Callable[[str], tuple[Any, Stubber]]) -> None:
    client, stubber = stubbed("sns")
    batch = [Message(str(n), f"message {n}".encode()) for n in range(4)]
    stubber.add_response(
        "publish_batch",
        {
            "Successful": [{"Id": "2", "MessageId": "m-2"}],
            "Failed": [
                {"Id": "0", "Code": "InternalError", "Message": "oops", "SenderFault": False},
                {"Id": "1", "Code": "InvalidParameter", "SenderFault": True},
            ],
        },
        {
            "TopicArn": TOPIC,
            "PublishBatchRequestEntries": [{"Id": str(n), "Message": f"message {n}"} for n in range(4)],
        },
    )
    answer = SnsTarget(client, TOPIC).send(batch)
    internal, invalid, taken, unmentioned = answer.outcomes
    assert internal == TurnedAway("InternalError", "oops", passing=True)
    assert isinstance(invalid, TurnedAway)
    assert not invalid.passing
    assert taken == Taken("m-2")
    assert isinstance(unmentioned, TurnedAway)
    assert unmentioned.passing


@pytest.mark.parametrize(
    "make", [lambda c: KinesisTarget(c, "s"), lambda c: SnsTarget(c, TOPIC)], ids=["kinesis", "sns"]
)
@pytest.mark.parametrize(
    ("error", "unanswered"),
    [
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), 0),
        (ConnectTimeoutError(endpoint_url="http://127.0.0.1:1"), 0),
        (ReadTimeoutError(endpoint_url="http://127.0.0.1:1"), 1),
    ],
    ids=["refused", "no connection in time", "no answer in time"],
)
def test_only_a_request_that_went_out_may_have_been_carried_out(make: Any, error: Exception, unanswered: int) -> None:
    answer = make(Failing(error)).send([Message("a", b"x")])
    [outcome] = answer.outcomes
    assert isinstance(outcome, TurnedAway)
    assert outcome.passing
    assert answer.unanswered == unanswered


def test_requests_that_the_client_repeated_may_have_been_carried_out_too() -> None:
    class Repeating:
        def put_records(self, **_: Any) -> Any:
            record = {"ShardId": "shardId-000000000000", "SequenceNumber": "1"}
            return {"Records": [record], "ResponseMetadata": {"RetryAttempts": 2}}

    assert KinesisTarget(Repeating(), "s").send([Message("a", b"x")]).unanswered == 2


@pytest.mark.parametrize("code", ["InternalFailure", "LimitExceeded"])
def test_a_failed_service_is_asked_again(stubbed: Callable[[str], tuple[Any, Stubber]], code: str) -> None:
    client, stubber = stubbed("kinesis")
    stubber.add_client_error("put_records", code, "down", 500)
    answer = KinesisTarget(client, "s").send(BATCH)
    assert all(isinstance(outcome, TurnedAway) and outcome.passing for outcome in answer.outcomes)


def test_a_refused_request_is_an_error(stubbed: Callable[[str], tuple[Any, Stubber]]) -> None:
    client, stubber = stubbed("kinesis")
    stubber.add_client_error("put_records", "ResourceNotFoundException", "Stream app-events not found", 400)
    with pytest.raises(SandboxError, match="The stream app-events refused a request") as error:
        KinesisTarget(client, "app-events").send(BATCH)
    assert "sandbox up" in str(error.value)
