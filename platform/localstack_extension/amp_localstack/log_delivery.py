"""Deliver functions' logs to CloudWatch Logs: many invocations to a call, and in the order they were logged.

LocalStack makes one PutLogEvents call an invocation. Under load the calls take longer than the invocations, and
the logs fall behind by minutes. Here everything that waits for a log stream is delivered together.

**Left out:** a time stamp for each line: all lines of an invocation carry the time it ended at.
"""

import queue
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
MOST_EVENTS = 10_000
MOST_BYTES = 1_048_576
EVENT_OVERHEAD = 26
MOST_EVENT_BYTES = 262_144 - EVENT_OVERHEAD


@dataclass(frozen=True)
class Entry:
    """The log of one invocation."""

    group: str
    stream: str
    text: str
    at_ms: int


def now_ms() -> int:
    """The time in CloudWatch's unit."""
    return int(time.time() * 1000)


def take_waiting(waiting: "queue.Queue[Any]", first: object) -> list[Any]:
    """The first entry and all that wait behind it, in order."""
    taken = [first]
    while len(taken) < MOST_EVENTS:
        try:
            taken.append(waiting.get_nowait())
        except queue.Empty:
            break
    return taken


def calls(entries: Iterable[Entry]) -> Iterable[tuple[str, str, list[dict[str, Any]]]]:
    """The PutLogEvents calls for some entries: group, stream, events, each within AWS's limits."""
    by_stream: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in entries:
        by_stream.setdefault((entry.group, entry.stream), []).extend(_events(entry))
    for (group, stream), events in by_stream.items():
        for batch in _within_limits(events):
            yield group, stream, batch


def _events(entry: Entry) -> Iterable[dict[str, Any]]:
    for line in entry.text.split("\n"):
        if line:  # CloudWatch Logs accepts no empty event
            for part in _parts(line + "\n"):
                yield {"timestamp": entry.at_ms, "message": part}


def _parts(line: str) -> Iterable[str]:
    if len(line) * 4 <= MOST_EVENT_BYTES:
        return [line]
    data = line.encode()
    return [data[at : at + MOST_EVENT_BYTES].decode("utf-8", "ignore") for at in range(0, len(data), MOST_EVENT_BYTES)]


def _within_limits(events: Iterable[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for event in events:
        if batch and (len(batch) == MOST_EVENTS or size + _size(event) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += _size(event)
    if batch:
        yield batch


def _size(event: dict[str, Any]) -> int:
    return len(event["message"].encode()) + EVENT_OVERHEAD
