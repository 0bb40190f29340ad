"""Delivery errors in CloudWatch Logs, as CloudWatchLoggingOptions asks for.

https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html

**Left out:** making the log group or stream (AWS does not either), and lines beyond `MAX_PENDING` unsent ones while
CloudWatch Logs does not answer: the engine's log has every error in any case.
"""

import json
import logging
from concurrent.futures import Future
from typing import Any

from amp_sandbox.firehose.clients import Logs
from amp_sandbox.firehose.destination import Destination
from amp_sandbox.firehose.error_output import Failure
from amp_sandbox.firehose.store import Stream
from amp_sandbox.firehose.workers import Runner

log = logging.getLogger(__name__)

MAX_PENDING = 20


class DeliveryLog:
    """The error log of one delivery stream; without CloudWatchLoggingOptions it takes lines and writes none."""

    def __init__(self, stream: Stream, destination: Destination, client: Logs, runner: Runner) -> None:
        self._stream, self._destination = stream, destination
        self._client, self._runner = client, runner
        self._pending: list[Future[None]] = []

    def add(self, failure: Failure, now: float) -> None:
        """Log a failure; the engine does not wait for it."""
        self._pending = [call for call in self._pending if not call.done()]
        if self._destination.logs is not None and len(self._pending) < MAX_PENDING:
            self._pending.append(self._runner.submit(self._send, self._line(failure), int(now * 1000)))

    def _line(self, failure: Failure) -> str:
        fields: dict[str, Any] = {
            "deliveryStreamARN": self._stream.arn,
            "destination": f"arn:aws:s3:::{self._destination.bucket}",
            "deliveryStreamVersionId": self._stream.version,
            "message": failure.message,
            "errorCode": failure.code,
        }
        if self._destination.transform is not None and failure.code.startswith("Lambda."):
            fields["processor"] = self._destination.transform.function_arn
        return json.dumps(fields)

    def _send(self, line: str, at_ms: int) -> None:
        """Called by the runner."""
        target = self._destination.logs
        assert target is not None
        try:
            self._client.put_log_events(
                logGroupName=target.group,
                logStreamName=target.stream,
                logEvents=[{"timestamp": at_ms, "message": line}],
            )
        except Exception as error:
            log.warning("%s: not logged to %s: %s", self._stream.name, target.group, error)
