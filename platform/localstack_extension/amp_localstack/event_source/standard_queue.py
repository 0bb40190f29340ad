"""A poller for standard queues, in place of LocalStack's.

LocalStack's poller is one thread that receives, invokes, deletes, and sleeps, each step through HTTP to itself: on an
idle queue it answers seconds late, and on a full one it handles one batch at a time. This one talks to LocalStack's SQS
and Lambda providers directly, so that receive counts, visibility, dead-letter queues and concurrency limits stay
LocalStack's, and it handles five batches at a time, which is what AWS starts with.

It also passes message bodies on unchanged, where LocalStack's parses and rewrites JSON bodies.

**Left out:** FIFO queues (they keep LocalStack's poller), scaling beyond five concurrent batches, provisioned mode, and
access checks with the function's role.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.lambda_ import (
    InvocationType,
    ResourceConflictException,
    ServiceException,
    TooManyRequestsException,
)
from localstack.aws.spec import load_service
from localstack.http import Request
from localstack.services.lambda_.api_utils import function_locators_from_arn
from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller, get_queue_url
from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.plugins import SERVICE_PLUGINS
from localstack.services.sqs.models import StandardQueue, sqs_stores
from localstack.utils.aws.arns import parse_arn
from localstack.utils.event_matcher import matches_event
from localstack.utils.strings import long_uid

from amp_localstack.event_source.dispatcher import Batching, Dispatcher
from amp_localstack.event_source.sqs_events import (
    BatchResponseError,
    Message,
    Record,
    failed_ids,
    for_filters,
    payload_of,
    payload_size,
    to_record,
)

log = logging.getLogger(__name__)

CONCURRENCY = 5
# The function is being updated, or has no free environment: AWS tries again while the messages are invisible.
NOT_NOW = (TooManyRequestsException, ResourceConflictException, ServiceException)
RETRY_AFTER_S = 0.2


def is_standard_queue(arn: str) -> bool:
    """Whether there is such a queue, and it is not FIFO."""
    parsed = parse_arn(arn)
    queue = sqs_stores[parsed["account"]][parsed["region"]].queues.get(parsed["resource"])
    return isinstance(queue, StandardQueue)


class StandardQueuePoller(SqsPoller):
    """`poll_events` runs until `stop` is set, or raises what stopped it."""

    def __init__(self, replaced: SqsPoller, mapping: dict[str, Any], stop: threading.Event) -> None:
        # Not SqsPoller.__init__: it prepares an HTTP client, which nothing here uses.
        self.source_arn = replaced.source_arn
        self.aws_region = replaced.aws_region
        self.filter_patterns = replaced.filter_patterns
        self._stop = stop
        self._queue = _Queue(self.source_arn)
        self._function_arn: str = mapping["FunctionArn"]
        self._reports_failures = "ReportBatchItemFailures" in mapping.get("FunctionResponseTypes", [])
        limit = (mapping.get("ScalingConfig") or {}).get("MaximumConcurrency") or CONCURRENCY
        self._dispatcher = Dispatcher(
            self._queue,
            Batching(
                size=mapping["BatchSize"],
                window_s=mapping["MaximumBatchingWindowInSeconds"],
                concurrency=min(CONCURRENCY, limit),
            ),
            self._handle,
            lambda message: payload_size(self._record(message)),
        )

    def poll_events(self) -> None:
        """Receive and invoke until the mapping is disabled or deleted."""
        self._dispatcher.run(self._stop)

    def _record(self, message: Message) -> Record:
        return to_record(message, self.source_arn, self.aws_region)

    def _handle(self, messages: Sequence[Message]) -> None:
        records = [self._record(message) for message in messages]
        wanted = [record for record in records if self._wants(record)]
        done = {record["receiptHandle"] for record in records if record not in wanted}
        if wanted:
            done |= self._invoked(wanted)
        self._queue.delete(sorted(done))

    def _wants(self, record: Record) -> bool:
        if not self.filter_patterns:
            return True
        seen = for_filters(record)
        return any(matches_event(pattern, seen) for pattern in self.filter_patterns)

    def _invoked(self, records: Sequence[Record]) -> set[str]:
        """The receipts of the records the function is done with."""
        by_id = {record["messageId"]: record["receiptHandle"] for record in records}
        try:
            result = self._invoke(payload_of(records))
            if result.is_error:
                log.info("%s failed for %d messages of %s", self._function_arn, len(records), self.source_arn)
                return set()
            failed = failed_ids(result.payload, by_id) if self._reports_failures else set()
        except BatchResponseError as error:
            log.warning("%s: all messages of the batch fail: %s", self._function_arn, error)
            return set()
        return {receipt for identifier, receipt in by_id.items() if identifier not in failed}

    def _invoke(self, payload: bytes) -> InvocationResult:
        name, qualifier, account, region = function_locators_from_arn(self._function_arn)
        give_up = time.monotonic() + self._queue.visibility_timeout() / 2
        while True:
            try:
                return _provider("lambda").lambda_service.invoke(
                    function_name=name,
                    qualifier=qualifier,
                    region=region,
                    account_id=account,
                    invocation_type=InvocationType.RequestResponse,
                    client_context=None,
                    request_id=long_uid(),
                    payload=payload,
                )
            except NOT_NOW:
                if self._stop.wait(RETRY_AFTER_S) or time.monotonic() > give_up:
                    raise


class _Queue:
    """A queue of LocalStack's, reached through its provider instead of HTTP."""

    def __init__(self, arn: str) -> None:
        parsed = parse_arn(arn)
        self._account, self._region, self._name = parsed["account"], parsed["region"], parsed["resource"]
        self._url = get_queue_url(arn)
        self._context = RequestContext(Request())
        self._context.service = load_service("sqs")
        self._context.account_id, self._context.region = self._account, self._region

    def wait(self, seconds: float) -> None:
        visible = self._queue().visible
        with visible.not_empty:
            if not visible.queue:
                visible.not_empty.wait(seconds)

    def receive(self, at_most: int) -> Sequence[Message]:
        if not self._queue().visible.queue:
            return []  # spares the metric of an empty receive, which AWS's long polling does not make either
        received = _provider("sqs").receive_message(
            self._context,
            queue_url=self._url,
            max_number_of_messages=at_most,
            wait_time_seconds=0,
            message_system_attribute_names=["All"],
            message_attribute_names=["All"],
        )
        messages: Sequence[Message] = received.get("Messages") or []
        return messages

    def delete(self, receipts: Sequence[str]) -> None:
        for first in range(0, len(receipts), 10):
            entries = [
                {"Id": str(position), "ReceiptHandle": receipt}
                for position, receipt in enumerate(receipts[first : first + 10])
            ]
            answer = _provider("sqs").delete_message_batch(self._context, queue_url=self._url, entries=entries)
            for failure in answer.get("Failed") or []:
                log.warning("%s: a handled message could not be deleted: %s", self._name, failure["Message"])

    def visibility_timeout(self) -> int:
        return int(self._queue().visibility_timeout)

    def _queue(self) -> Any:
        return _provider("sqs")._resolve_queue(self._context, queue_url=self._url)


def _provider(service: str) -> Any:
    return SERVICE_PLUGINS.get_service(service)._provider
