"""Catalogue changes from SQS onto the `show-catalog` stream, each with the show's metadata as it is now.

A message names a show that changed. The catalogue service is asked for the show, what may enter the lake is picked out,
and one record a message is put on the stream. Messages that could not be ingested, and only those, are reported back:
SQS delivers them again and, after the queue's maxReceiveCount, moves them to the dead-letter queue.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting

At least once: a message that SQS delivers twice becomes two records with the same `change_id`, by which readers know
them for one. Messages about one show in a batch share one answer of the catalogue, so their records carry the same
metadata.

How soon a failed message is delivered again depends on why it failed: see `redelivery`.

**Left out:** order between batches (a standard queue has none; readers order by `changed_at`).
"""

import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, ParamSpec, Protocol, TypeVar

import boto3
import urllib3

import redelivery
from catalogue import WORKERS, Show, fetch_shows
from change import Change, parse_change
from metadata import allowed_metadata
from rejected import Rejected
from stream import CONFIG, Placement, StreamRecord, check_size, put_records

log = logging.getLogger(__name__)
logging.getLogger().setLevel(os.environ.get("LOG_LEVEL", "INFO"))

RESERVE_SECONDS = 2.0  # for logging and answering, before Lambda ends the invocation
LONGEST_FETCH_SECONDS = 12.0


def required(name: str) -> str:
    """Return the environment variable; fail the start of the function, naming it, if there is none."""
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"the environment variable {name} is not set")
    return value


CATALOG_API_URL = required("CATALOG_API_URL").rstrip("/")
STREAM_NAME = required("STREAM_NAME")
QUEUE_URL = required("QUEUE_URL")

# Made once for each execution environment, so that connections are kept between invocations.
http = urllib3.PoolManager(maxsize=WORKERS)
kinesis = boto3.client("kinesis", config=CONFIG)
sqs = boto3.client("sqs", config=redelivery.CONFIG)


class Context(Protocol):
    """What is used of the context that Lambda gives."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""


P = ParamSpec("P")
T = TypeVar("T")
Outcome = Placement | Rejected


def lambda_handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Ingest a batch of SQS messages; answer which of them SQS must deliver again."""
    began = time.monotonic()
    deadline = began + max(0.0, context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS)
    fetch_deadline = min(began + LONGEST_FETCH_SECONDS, (began + deadline) / 2)

    messages = event["Records"]
    changes = [_attempt(parse_change, message["body"]) for message in messages]
    outcomes = _ingest(changes, fetch_deadline, deadline)
    for message, change, outcome in zip(messages, changes, outcomes, strict=True):
        _report(message, change, outcome)
    failed = [(m, outcome) for m, outcome in zip(messages, outcomes, strict=True) if isinstance(outcome, Rejected)]
    delays = [(m["receiptHandle"], redelivery.delay_seconds(outcome.reason, _receives(m))) for m, outcome in failed]
    redelivery.set_delays(sqs, QUEUE_URL, delays, deadline)
    return {"batchItemFailures": [{"itemIdentifier": m["messageId"]} for m, _ in failed]}


def _ingest(changes: Sequence[Change | Rejected], fetch_deadline: float, deadline: float) -> list[Outcome]:
    """What became of each change, in their order."""
    shows = fetch_shows(http, CATALOG_API_URL, [c.show_id for c in changes if isinstance(c, Change)], fetch_deadline)
    records = [
        _attempt(_record, change, shows[change.show_id]) if isinstance(change, Change) else change for change in changes
    ]
    ready = [record for record in records if isinstance(record, StreamRecord)]
    placed = iter(put_records(kinesis, STREAM_NAME, ready, deadline))
    return [next(placed) if isinstance(record, StreamRecord) else record for record in records]


def _record(change: Change, show: Show | Exception) -> StreamRecord:
    if isinstance(show, Exception):
        raise show
    ingested_at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    content = asdict(change) | {"ingested_at": ingested_at, "show": allowed_metadata(show)}
    try:
        data = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except ValueError:  # half a surrogate pair, NaN: Python's JSON can hold them, the lake's readers cannot
        raise Rejected("bad_metadata", "the show holds a value that JSON in UTF-8 cannot") from None
    record = StreamRecord(change.show_id, data)
    check_size(record)
    return record


def _attempt(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Rejected:
    """Do one message's work, so that whatever goes wrong with it is this message's affair alone."""
    try:
        return work(*args, **kwargs)
    except Rejected as rejected:
        return rejected
    except Exception as error:
        log.exception("a message failed unexpectedly")
        return Rejected("internal_error", type(error).__name__)


def _report(message: Mapping[str, Any], change: Change | Rejected, outcome: Outcome) -> None:
    """One line a message, so that each can be followed; never with its content."""
    fields: dict[str, Any] = {"message_id": message["messageId"]}
    if isinstance(change, Change):
        fields |= asdict(change)
    if isinstance(outcome, Placement):
        log.info("ingested", extra=fields | asdict(outcome))
    else:
        facts = {"reason": outcome.reason, "detail": outcome.detail, "receives": _receives(message)}
        log.warning("not ingested", extra=fields | facts)


def _receives(message: Mapping[str, Any]) -> int:
    """How often SQS has delivered the message, this time included."""
    return int(message["attributes"]["ApproximateReceiveCount"])
