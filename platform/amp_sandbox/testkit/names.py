"""Resources of a test's own: uniquely named, and deleted when the test ends.

Tests that share a sandbox then do not meet, whatever they do and however many run at once. What they publish to the
platform's own topic and stream is told apart by ids instead (docs/decisions/0034).

**Left out:** users and tables of the warehouse: make them by SQL, in a schema named with `name()`, and drop it.
"""

import io
import logging
import re
import uuid
import zipfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from amp_sandbox.testkit.handle import Sandbox
from amp_sandbox.testkit.waiting import eventually

log = logging.getLogger(__name__)

_LONGEST = 30  # with what is added to it, within the 63 characters that a bucket's name may have
_GONE = ("NotFound", "NonExistent", "NoSuch", "DoesNotExist")
READY_SECONDS = 30.0


@dataclass(frozen=True)
class Queue:
    """A queue of a test's own."""

    name: str
    url: str
    arn: str


class Names:
    """Makes resources in one sandbox, and deletes them in reverse order when the block ends.

    `functions` are the names of the functions that were made.
    """

    def __init__(self, sandbox: Sandbox, hint: str = "test") -> None:
        self._sandbox = sandbox
        plain = re.sub(r"[^a-z0-9]+", "-", hint.lower()).strip("-")[:_LONGEST].strip("-") or "test"
        self._base = f"{plain}-{uuid.uuid4().hex[:8]}"
        self._count = 0
        self._made = ExitStack()
        self.functions: list[str] = []

    def __enter__(self) -> "Names":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._made.close()

    def name(self, suffix: str = "") -> str:
        """A name that nobody else has, of letters, digits and hyphens."""
        self._count += 1
        return f"{self._base}-{self._count}" + (f"-{suffix}" if suffix else "")

    def prefix(self, bucket: str | None = None) -> str:
        """A prefix of keys, in the raw bucket unless told; the objects below it are deleted."""
        where = bucket or self._sandbox.raw_bucket
        made = f"tests/{self.name()}/"
        self._later(lambda: self._empty(where, made))
        return made

    def bucket(self) -> str:
        """A bucket; answers its name."""
        name = self.name("bucket")
        self._client("s3").create_bucket(Bucket=name)
        self._later(lambda: self._delete_bucket(name))
        return name

    def queue(self, **attributes: str) -> Queue:
        """A queue with these attributes, such as `VisibilityTimeout="5"`."""
        sqs = self._client("sqs")
        name = self.name("queue") + (".fifo" if attributes.get("FifoQueue") == "true" else "")
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self._later(lambda: sqs.delete_queue(QueueUrl=url))
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return Queue(name, url, arn)

    def subscribed_queue(self, topic_arn: str | None = None, **attributes: str) -> Queue:
        """A queue that a topic sends its messages to as they are: the topic of catalogue changes unless told."""
        sns = self._client("sns")
        queue = self.queue(**attributes)
        subscription = sns.subscribe(
            TopicArn=topic_arn or self._sandbox.settings.topic_arn,
            Protocol="sqs",
            Endpoint=queue.arn,
            Attributes={"RawMessageDelivery": "true"},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        self._later(lambda: sns.unsubscribe(SubscriptionArn=subscription))
        return queue

    def topic(self) -> str:
        """A topic; answers its ARN."""
        sns = self._client("sns")
        arn: str = sns.create_topic(Name=self.name("topic"))["TopicArn"]
        self._later(lambda: sns.delete_topic(TopicArn=arn))
        return arn

    def stream(self, shards: int = 1) -> str:
        """A Kinesis stream, ready for use; answers its name."""
        kinesis = self._client("kinesis")
        name = self.name("stream")
        kinesis.create_stream(StreamName=name, ShardCount=shards)
        self._later(lambda: kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True))
        eventually(
            lambda: kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamStatus"],
            lambda status: status == "ACTIVE",
            timeout=READY_SECONDS,
            what=f"the stream {name} to be ACTIVE",
        )
        return name

    def table(self, key: str, sort_key: str | None = None) -> str:
        """A DynamoDB table whose keys are strings; answers its name."""
        dynamodb = self._client("dynamodb")
        name = self.name("table")
        keys = {key: "HASH"} | ({sort_key: "RANGE"} if sort_key else {})
        dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in keys],
            KeySchema=[{"AttributeName": one, "KeyType": kind} for one, kind in keys.items()],
            BillingMode="PAY_PER_REQUEST",
        )
        self._later(lambda: dynamodb.delete_table(TableName=name))
        return name

    def function(
        self,
        folder: Path,
        handler: str = "app.lambda_handler",
        *,
        environment: Mapping[str, str] | None = None,
        timeout: int = 30,
        memory: int = 256,
    ) -> str:
        """A Lambda function of the Python code in a folder, ready to be invoked; answers its name.

        It runs on AWS's own runtime client with boto3, as on AWS. Packages that it needs besides are to be in the
        folder, as in a deployment package.
        """
        functions = self._client("lambda")
        name = self.name("function")
        functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler=handler,
            Role=f"arn:aws:iam::{self._sandbox.settings.account_id}:role/test",
            Code={"ZipFile": _zip(folder)},
            Timeout=timeout,
            MemorySize=memory,
            Environment={"Variables": dict(environment or {})},
        )
        self._later(lambda: functions.delete_function(FunctionName=name))
        self.functions.append(name)
        functions.get_waiter("function_active_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": int(READY_SECONDS)}
        )
        return name

    def trigger(self, function: str, source_arn: str, **options: Any) -> str:
        """Have a queue or a stream invoke a function: an event source mapping, ready; answers its id.

        A stream is read from this moment on unless `StartingPosition` says otherwise.
        """
        functions = self._client("lambda")
        moment = datetime.now(UTC)
        if ":kinesis:" in source_arn and "StartingPosition" not in options:
            # LATEST would be the moment at which reading begins, some time after this. SDKs send whole seconds, and
            # this one began before what may have been published just now: the next is waited for.
            moment = moment.replace(microsecond=0) + timedelta(seconds=1)
            options |= {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": moment}
        made = functions.create_event_source_mapping(FunctionName=function, EventSourceArn=source_arn, **options)
        identifier: str = made["UUID"]
        self._later(lambda: functions.delete_event_source_mapping(UUID=identifier))
        eventually(
            lambda: functions.get_event_source_mapping(UUID=identifier)["State"],
            lambda state: state == "Enabled",
            timeout=READY_SECONDS,
            what=f"{source_arn} to invoke {function}",
        )
        eventually(lambda: datetime.now(UTC), lambda now: now >= moment, timeout=2, what="the second it reads from")
        return identifier

    def _client(self, service: str) -> Any:
        return self._sandbox.client(service)

    def _later(self, delete: Callable[[], object]) -> None:
        self._made.callback(_unless_gone, delete)

    def _empty(self, bucket: str, prefix: str) -> None:
        s3 = self._client("s3")
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            keys = [{"Key": entry["Key"]} for entry in page.get("Contents", [])]
            if keys:
                s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})

    def _delete_bucket(self, name: str) -> None:
        self._empty(name, "")
        self._client("s3").delete_bucket(Bucket=name)


def _unless_gone(delete: Callable[[], object]) -> None:
    """Delete something that the test may have deleted itself."""
    from botocore.exceptions import ClientError

    try:
        delete()
    except ClientError as error:
        if not any(word in error.response["Error"]["Code"] for word in _GONE):
            raise
        log.debug("gone already: %s", error)


def _zip(folder: Path) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
            archive.write(path, path.relative_to(folder).as_posix())
    return body.getvalue()
