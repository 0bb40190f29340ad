"""How soon SQS delivers a message again that still waits for a crawl.

What waits for a crawl comes back when there may be something to see: at the end of the minimum interval, or after as
long again as the crawl has been going on. So the attempts of the queue suffice for a crawl of many hours, and a message
that has none left tells of crawls that fail. What Glue could not be asked about is tried again less and less often.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html

**Left out:** trying again when SQS refuses, or when no time is left: the message then waits for the queue's visibility
timeout, as it would have anyway.
"""

import logging
import time
from collections.abc import Sequence
from typing import Any

from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from crawler import Waiting

log = logging.getLogger(__name__)

FIRST_LOOK_SECONDS = 2
LONGEST_LOOK_SECONDS = 3600
FIRST_DELAY_SECONDS = 2
GROWTH = 3
LONGEST_DELAY_SECONDS = 900
ENTRIES_PER_REQUEST = 10

CONNECT_SECONDS = 1
READ_SECONDS = 2

CONFIG = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    retries={"mode": "standard", "total_max_attempts": 1},
)


def delay_seconds(why: Waiting, receives: int) -> int:
    """Seconds until the next delivery of a message that was received so many times already."""
    if why.seconds is not None:
        return min(LONGEST_LOOK_SECONDS, max(FIRST_LOOK_SECONDS, why.seconds))
    # The exponent has a bound of its own, as the power of a large count would be a very large number.
    return min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * GROWTH ** min(max(receives - 1, 0), 10))


def set_delays(sqs: BaseClient, queue_url: str, delays: Sequence[tuple[str, int]], deadline: float) -> None:
    """Tell SQS when to deliver messages again: pairs of receipt handle and seconds.

    No request is begun that could not end before `deadline` (of time.monotonic).
    """
    for start in range(0, len(delays), ENTRIES_PER_REQUEST):
        if time.monotonic() + CONNECT_SECONDS + READ_SECONDS > deadline:
            log.warning("delays not set", extra={"detail": "no time left", "messages": len(delays) - start})
            return
        entries: list[dict[str, Any]] = [
            {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
            for index, (handle, seconds) in enumerate(delays[start : start + ENTRIES_PER_REQUEST])
        ]
        try:
            answer = sqs.change_message_visibility_batch(QueueUrl=queue_url, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            log.warning("delays not set", extra={"detail": type(error).__name__, "messages": len(entries)})
            continue
        for failure in answer.get("Failed", []):
            log.warning("delay not set", extra={"detail": failure["Code"]})
