"""Copies of `catalog-ingest` with a queue and a catalogue of their own, so that a test may break what they need."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from amp_sandbox import paths
from amp_sandbox.settings import Settings
from amp_sandbox.stack.package import build
from amp_sandbox.stack.template import CodeResource
from support.function_logs import FunctionLogs
from support.waiting import eventually

Client = Callable[[str], Any]
_SAME_AS_DEPLOYED = ("Role", "Runtime", "Handler", "Timeout", "MemorySize")


class IngestCopy:
    """The function as deployed, on the deployed stream, behind another queue; its event source is off until `start`."""

    def __init__(self, client: Client, settings: Settings, catalogue_url: str, max_receive_count: int) -> None:
        self.name = f"ingest-copy-{uuid.uuid4().hex[:8]}"
        self._client = client
        self.logs = FunctionLogs(client("logs"), self.name)
        deployed = client("lambda").get_function_configuration(FunctionName=settings.function_name("catalog-ingest"))

        self.dead_letter_url, self.dead_letter_arn = self._queue("-dlq", {})
        redrive = {"deadLetterTargetArn": self.dead_letter_arn, "maxReceiveCount": max_receive_count}
        timeout = str(6 * deployed["Timeout"])
        attributes = {"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": timeout}
        self.queue_url, queue_arn = self._queue("", attributes)

        variables = deployed["Environment"]["Variables"]
        client("logs").create_log_group(logGroupName=self.logs.group)
        client("lambda").create_function(
            FunctionName=self.name,
            Code={"ZipFile": build(CodeResource("Copy", paths.REPOSITORY / "services/catalog_ingest", False)).body},
            Environment={"Variables": variables | {"CATALOG_API_URL": catalogue_url, "QUEUE_URL": self.queue_url}},
            LoggingConfig={"LogFormat": "JSON", "LogGroup": self.logs.group},
            **{name: deployed[name] for name in _SAME_AS_DEPLOYED},
        )
        client("lambda").get_waiter("function_active_v2").wait(FunctionName=self.name, WaiterConfig={"Delay": 1})
        self._mapping: str = client("lambda").create_event_source_mapping(
            FunctionName=self.name,
            EventSourceArn=queue_arn,
            BatchSize=10,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            Enabled=False,
        )["UUID"]

    def send(self, *changes: Mapping[str, str]) -> None:
        """Put announcements in the queue, at most ten; sent before `start`, they are one batch."""
        entries = [{"Id": str(n), "MessageBody": json.dumps(change)} for n, change in enumerate(changes)]
        answer = self._client("sqs").send_message_batch(QueueUrl=self.queue_url, Entries=entries)
        assert not answer.get("Failed")

    def start(self) -> None:
        """Let the function work on its queue."""
        self._client("lambda").update_event_source_mapping(UUID=self._mapping, Enabled=True)

    def close(self) -> None:
        """Remove all of it."""
        lambda_ = self._client("lambda")
        lambda_.delete_event_source_mapping(UUID=self._mapping)
        eventually(
            lambda: lambda_.list_event_source_mappings(FunctionName=self.name)["EventSourceMappings"],
            lambda left: not left,
            timeout=20,
            what=f"the end of {self.name}'s event source",
        )
        lambda_.delete_function(FunctionName=self.name)
        for url in (self.queue_url, self.dead_letter_url):
            self._client("sqs").delete_queue(QueueUrl=url)
        self._client("logs").delete_log_group(logGroupName=self.logs.group)

    def _queue(self, suffix: str, attributes: Mapping[str, str]) -> tuple[str, str]:
        sqs = self._client("sqs")
        url: str = sqs.create_queue(QueueName=f"{self.name}{suffix}", Attributes=attributes)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, found["Attributes"]["QueueArn"]


@contextmanager
def ingest_copy(client: Client, settings: Settings, catalogue_url: str, max_receive_count: int) -> Iterator[IngestCopy]:
    """A copy that is removed at the end."""
    copy = IngestCopy(client, settings, catalogue_url, max_receive_count)
    try:
        yield copy
    finally:
        copy.close()
