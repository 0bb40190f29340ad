"""The dead-letter queues: what is in them, why, and the way back.

Messages are listed and not received: receiving would hide them from others for a while. Why a message failed is what
its function logged about it.

**Left out:** letters beyond the first `SHOWN` of a queue; their number is told.
"""

from dataclasses import dataclass
from typing import Any

from amp_sandbox import aws
from amp_sandbox.audit import sources
from amp_sandbox.errors import SandboxError
from amp_sandbox.publish.streams import catalog_changes, record_id
from amp_sandbox.settings import Settings
from amp_sandbox.trace import logs

SHOWN = 50


@dataclass(frozen=True)
class Letter:
    """A message that was put aside. `reason` is empty when no log tells it."""

    id: str
    message_id: str
    sent: float
    receives: int
    reason: str
    body: str


@dataclass(frozen=True)
class DeadLetters:
    """A dead-letter queue: how many it holds, and the first of them."""

    queue: str
    count: int
    letters: tuple[Letter, ...]


def queues(settings: Settings) -> list[str]:
    """The names of the stage's dead-letter queues, that of show changes first."""
    answer = aws.client(settings, "sqs").get_paginator("list_queues").paginate(QueueNamePrefix="amp-")
    names = [url.rpartition("/")[2] for page in answer for url in page.get("QueueUrls", [])]
    ours = [name for name in names if name.endswith(f"-{settings.stage}-dlq")]
    return sorted(ours, key=lambda name: (name != settings.dead_letter_queue_name, name))


def dead_letters(settings: Settings) -> list[DeadLetters]:
    """What every dead-letter queue holds."""
    return [_look(settings, queue) for queue in queues(settings)]


def redrive(settings: Settings, queue: str) -> int:
    """Move a queue's letters back to where they came from; answers how many there were.

    Raises SandboxError when it is not one of the dead-letter queues, is empty, or is being moved already.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
    """
    if queue not in queues(settings):
        raise SandboxError(f"{queue!r} is none of the dead-letter queues.")
    count = sources.waiting_messages(settings, queue)
    if not count:
        raise SandboxError(f"{queue} is empty.", hint="There is nothing to move back.")
    sqs = aws.client(settings, "sqs")
    try:
        sqs.start_message_move_task(SourceArn=f"arn:aws:sqs:{settings.region}:{settings.account_id}:{queue}")
    except sqs.exceptions.UnsupportedOperation as error:
        raise SandboxError("Its letters are being moved already.", str(error)) from None
    return count


def _look(settings: Settings, queue: str) -> DeadLetters:
    count = sources.waiting_messages(settings, queue)
    messages = sources.queue_messages(settings, queue)[:SHOWN] if count else []
    reasons = _reasons(settings, queue, messages)
    return DeadLetters(queue, count, tuple(_letter(settings, message, reasons) for message in messages))


def _letter(settings: Settings, message: dict[str, Any], reasons: dict[str, str]) -> Letter:
    attributes = message["Attributes"]
    id_ = _id(settings, message)
    return Letter(
        id=id_,
        message_id=message["MessageId"],
        sent=int(attributes["SentTimestamp"]) / 1000,
        receives=int(attributes.get("ApproximateReceiveCount", 0)),
        reason=reasons.get(message["MessageId"]) or reasons.get(id_, ""),
        body=message["Body"],
    )


def _id(settings: Settings, message: dict[str, Any]) -> str:
    return record_id(catalog_changes(settings), message["Body"].encode())


def _reasons(settings: Settings, queue: str, messages: list[dict[str, Any]]) -> dict[str, str]:
    """The last reason that was logged for each message, by the message's id and by the change's."""
    if queue != settings.dead_letter_queue_name or not messages:
        return {}
    names = [name for message in messages for name in (message["MessageId"], _id(settings, message))]
    since = min(int(message["Attributes"]["SentTimestamp"]) for message in messages)
    lines = logs.lines_about(settings, settings.function_name("catalog-ingest"), names, since)
    found: dict[str, str] = {}
    for line in lines:
        if "reason" in line.facts:
            detail = f": {line.facts['detail']}" if line.facts.get("detail") else ""
            for name in ("message_id", "change_id"):
                if name in line.facts:
                    found[str(line.facts[name])] = f"{line.facts['reason']}{detail}"
    return found
