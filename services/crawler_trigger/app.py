"""Starts a Glue crawler when objects were written to S3, as told by S3's event notifications in an SQS queue.

Every object is followed by a crawl that began after it was written and that succeeded: a message stays in the queue
until there was one. What remains of a burst is one message, that of the newest object, which stands for the older ones;
the others are done with. A crawler that is running, that ran a moment ago or that cannot be asked is only waited for:
the message is reported as failed and SQS delivers it again when that is worth a look (see `redelivery`).
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting

Of the messages that wait, the one that was delivered most often is kept as well. Where crawls fail again and again, it
uses up its attempts and tells of it from the dead-letter queue, also while newer objects keep coming.

**Left out:** crawling only what is new. The crawler's own RecrawlPolicy decides what it reads.
"""

import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import boto3

import redelivery
from crawler import CONFIG, Waiting, covers, describe, start_or_wait
from notification import Malformed, Written, parse_notification

log = logging.getLogger(__name__)
logging.getLogger().setLevel(os.environ.get("LOG_LEVEL", "INFO"))

RESERVE_SECONDS = 2.0  # for logging and answering, before Lambda ends the invocation


def required(name: str) -> str:
    """Return the environment variable; fail the start of the function, naming it, if there is none."""
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"the environment variable {name} is not set")
    return value


CRAWLER_NAME = required("CRAWLER_NAME")
QUEUE_URL = required("QUEUE_URL")
MINIMUM_INTERVAL_SECONDS = int(required("MINIMUM_INTERVAL_SECONDS"))

# Made once for each execution environment, so that connections are kept between invocations.
glue = boto3.client("glue", config=CONFIG)
sqs = boto3.client("sqs", config=redelivery.CONFIG)


class Context(Protocol):
    """What is used of the context that Lambda gives."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""


@dataclass(frozen=True)
class Message:
    """A message of the queue that says when objects were written; `receives` counts its deliveries."""

    id: str
    receipt: str
    receives: int
    written: Written


def lambda_handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """See to it that what a batch of messages tells of is crawled; answer which SQS must deliver again."""
    deadline = time.monotonic() + max(0.0, context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS)
    objects: list[Message] = []
    again: list[tuple[str, str, int]] = []
    for record in event["Records"]:
        try:
            if written := parse_notification(record["body"]):
                receives = int(record["attributes"]["ApproximateReceiveCount"])
                objects.append(Message(record["messageId"], record["receiptHandle"], receives, written))
        except Malformed as malformed:
            log.warning("no notification", extra={"message_id": record["messageId"], "detail": str(malformed)})
            again.append((record["messageId"], record["receiptHandle"], 0))
    if objects:
        again += _see_to(objects)
    redelivery.set_delays(sqs, QUEUE_URL, [(receipt, seconds) for _, receipt, seconds in again], deadline)
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier, _, _ in again]}


def _see_to(messages: Sequence[Message]) -> list[tuple[str, str, int]]:
    """The messages that must come back, as id, receipt handle and seconds."""
    crawler = describe(glue, CRAWLER_NAME)
    if isinstance(crawler, Waiting):
        return _come_back(messages, crawler)
    crawled = [message for message in messages if covers(crawler, message.written.at)]
    if crawled:
        log.info("crawled", extra=_facts(crawled) | {"crawl_began": str(crawler.last_began)})
    waiting = [message for message in messages if message not in crawled]
    if not waiting:
        return []
    now = datetime.now(UTC)
    return _come_back(waiting, start_or_wait(glue, CRAWLER_NAME, crawler, now, MINIMUM_INTERVAL_SECONDS))


def _come_back(messages: Sequence[Message], why: Waiting) -> list[tuple[str, str, int]]:
    """The newest of the messages, which stands for all, and the one that was delivered most often."""
    newest = max(messages, key=lambda message: message.written.at)
    most_often = max(messages, key=lambda message: message.receives)
    kept = [newest] if newest is most_often or most_often.receives == newest.receives else [newest, most_often]
    facts = _facts(messages) | {"reason": why.reason, "detail": why.detail}
    log.log(why.level, "crawl started" if why.reason == "crawl_started" else "crawl awaited", extra=facts)
    return [(m.id, m.receipt, redelivery.delay_seconds(why, m.receives)) for m in kept]


def _facts(messages: Sequence[Message]) -> dict[str, Any]:
    newest = max(messages, key=lambda message: message.written.at)
    return {
        "crawler": CRAWLER_NAME,
        "messages": len(messages),
        "objects": sum(message.written.objects for message in messages),
        "newest_message_id": newest.id,
        "newest_key": newest.written.key,
        "most_receives": max(message.receives for message in messages),
    }
