"""The services that are published to: Kinesis (PutRecords) and SNS (PublishBatch).

Both may take a part of a batch and turn the rest away; each says so for every message.

**Left out:** records above 1 MiB, which a Kinesis stream takes only when its MaxRecordSizeInKiB was raised; the
template does not.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

from amp_sandbox.errors import SandboxError
from amp_sandbox.publish.publisher import Answer, Limits, Message, Taken, TurnedAway

KIB, MIB = 1024, 1024 * 1024
_NO_ANSWER = "NoAnswer"  # the request went out, and may have been carried out
_PASSING = frozenset(
    {
        "InternalFailure",
        "InternalError",
        "InternalErrorException",
        "KMSThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
    }
)


class KinesisTarget:
    """A Kinesis data stream."""

    limits = Limits(messages=500, message_bytes=MIB, request_bytes=5 * MIB)

    def __init__(self, client: Any, stream: str) -> None:
        self.name = f"the stream {stream}"
        self._client, self._stream = client, stream

    def size(self, message: Message) -> int:
        """The body and its partition key, as Kinesis counts."""
        return len(message.body) + len(message.key.encode())

    def send(self, batch: Sequence[Message]) -> Answer:
        """Put a batch on the stream."""
        records = [{"Data": message.body, "PartitionKey": message.key} for message in batch]
        answer, failure = _call(self._client.put_records, self.name, StreamName=self._stream, Records=records)
        if failure is not None:
            return Answer([failure] * len(batch), unanswered=1 if failure.code == _NO_ANSWER else 0)
        return Answer([_of_kinesis(record) for record in answer["Records"]], _repeats(answer))


class SnsTarget:
    """An SNS topic."""

    limits = Limits(messages=10, message_bytes=256 * KIB, request_bytes=256 * KIB)

    def __init__(self, client: Any, topic_arn: str) -> None:
        self.name = f"the topic {topic_arn.rpartition(':')[2]}"
        self._client, self._topic_arn = client, topic_arn

    def size(self, message: Message) -> int:
        """The body."""
        return len(message.body)

    def send(self, batch: Sequence[Message]) -> Answer:
        """Publish a batch to the topic."""
        entries = [{"Id": str(index), "Message": message.body.decode()} for index, message in enumerate(batch)]
        answer, failure = _call(
            self._client.publish_batch, self.name, TopicArn=self._topic_arn, PublishBatchRequestEntries=entries
        )
        if failure is not None:
            return Answer([failure] * len(batch), unanswered=1 if failure.code == _NO_ANSWER else 0)
        outcomes: dict[str, Taken | TurnedAway] = {
            entry["Id"]: Taken(entry["MessageId"]) for entry in answer.get("Successful", [])
        }
        for entry in answer.get("Failed", []):
            reason = entry.get("Message") or ("the sender's fault" if entry["SenderFault"] else "the service's fault")
            outcomes[entry["Id"]] = TurnedAway(entry["Code"], reason, passing=not entry["SenderFault"])
        unmentioned = TurnedAway("NoOutcome", "the answer does not mention it", passing=True)
        return Answer([outcomes.get(entry["Id"], unmentioned) for entry in entries], _repeats(answer))


def _of_kinesis(record: Mapping[str, Any]) -> Taken | TurnedAway:
    if code := record.get("ErrorCode"):
        return TurnedAway(code, record.get("ErrorMessage") or "no reason given", passing=code in _PASSING)
    return Taken(f"{record['ShardId']}:{record['SequenceNumber']}")


def _call(method: Any, name: str, **request: Any) -> tuple[Any, TurnedAway | None]:
    """Call the service; answers what it said, or how the whole request failed in a way that may pass."""
    from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, HTTPClientError

    try:
        return method(**request), None
    except (EndpointConnectionError, ConnectTimeoutError) as error:
        return None, TurnedAway("Unreachable", str(error), passing=True)
    except HTTPClientError as error:
        return None, TurnedAway(_NO_ANSWER, str(error), passing=True)
    except ClientError as error:
        code, reason = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        if code in _PASSING or status >= 500:
            return None, TurnedAway(code, reason, passing=True)
        raise SandboxError(
            f"{name[0].upper()}{name[1:]} refused a request.", f"{code}: {reason}", _hint(code)
        ) from None


def _hint(code: str) -> str | None:
    missing = code in ("ResourceNotFoundException", "NotFound", "NotFoundException")
    return "Is the template deployed? Start and deploy with: sandbox up" if missing else None


def _repeats(answer: Mapping[str, Any]) -> int:
    """How often the client itself had sent the same request before this answer came."""
    repeats: int = answer.get("ResponseMetadata", {}).get("RetryAttempts", 0)
    return repeats
