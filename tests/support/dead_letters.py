"""Messages that ended in a dead-letter queue."""

from collections.abc import Set
from typing import Any

from support.waiting import eventually

DEAD_LETTERED_SECONDS = 30.0
_SECONDS_ASIDE = 1  # how long the messages of others stay out of the next look


def dead_letters(
    sqs: Any, url: str, bodies: Set[str], *, timeout: float = DEAD_LETTERED_SECONDS
) -> dict[str, dict[str, Any]]:
    """Take the messages with these bodies out of a dead-letter queue, once all are there; leave all others in it."""
    taken: dict[str, dict[str, Any]] = {}

    def look() -> dict[str, dict[str, Any]]:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=_SECONDS_ASIDE,
            MessageSystemAttributeNames=["All"],
        )
        for message in answer.get("Messages", []):
            if message["Body"] in bodies:
                taken[message["Body"]] = message
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    return eventually(look, lambda seen: seen.keys() == bodies, timeout=timeout, what=f"{bodies} in {url}")
