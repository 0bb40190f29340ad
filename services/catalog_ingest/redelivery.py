"""How soon SQS delivers a failed message again.

Without a word from the function, SQS waits for the queue's whole visibility timeout, minutes, whatever went wrong. Here
the reason decides. What no repetition can mend goes through its attempts at once and so reaches the dead-letter queue
in a moment. A show that the catalogue does not know is asked for again a few times, as it may be announced a moment
before it can be read. What may pass is tried again soon, and then less and less often.
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

from rejected import Reason

log = logging.getLogger(__name__)

NO_REPETITION_MENDS: frozenset[Reason] = frozenset(
    {"not_json", "bad_change", "api_refused", "bad_metadata", "record_too_large"}
)
UNKNOWN_SHOW_SECONDS = 2
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


def delay_seconds(reason: Reason, receives: int) -> int:
    """Seconds until the next delivery of a message that was received so many times already."""
    if reason in NO_REPETITION_MENDS:
        return 0
    if reason == "unknown_show":
        return UNKNOWN_SHOW_SECONDS
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
