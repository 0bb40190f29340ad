"""Reading logs: the services', from whatever runs them, and the functions' from CloudWatch Logs.

**Left out:** merging by time. Formats differ too much between the services to sort by.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from amp_sandbox import aws
from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime import choice
from amp_sandbox.runtime.facts import Line, Tail
from amp_sandbox.settings import Settings

LAMBDA = "lambda/"
GROUP_PREFIX = "/aws/lambda/"
LAMBDA_POLL_SECONDS = 1.0
# CloudWatch Logs answers by time and events may arrive late; so far back each look goes again.
LATE_MILLISECONDS = 10_000


def read(settings: Settings, source: str | None, count: int, *, follow: bool = False) -> Iterator[Line]:
    """The last lines of one log, or of every service's; with `follow` then every new one, without end."""
    if source and source.startswith(LAMBDA):
        return _lambda_lines(settings, source.removeprefix(LAMBDA), count, follow=follow)
    return choice.of(settings).log_lines(settings, source, count, follow=follow)


def names(settings: Settings) -> list[str]:
    """The names of the services' logs, and of what runs them."""
    return choice.of(settings).log_names(settings)


def tail(settings: Settings, source: str) -> Tail:
    """What is added to a log from now on. Raises SandboxError when there is no such log."""
    if source.startswith(LAMBDA):
        function = FunctionTail(settings, source.removeprefix(LAMBDA))
        function.last_lines(0)
        return function
    return choice.of(settings).log_tail(settings, source)


def _lambda_lines(settings: Settings, function: str, count: int, *, follow: bool) -> Iterator[Line]:
    tail = FunctionTail(settings, function)
    yield from (Line(tail.source, text) for text in tail.last_lines(count))
    while follow:
        time.sleep(LAMBDA_POLL_SECONDS)
        yield from (Line(tail.source, text) for text in tail.new_lines())


class FunctionTail:
    """A function's log: its end, and what is added to it afterwards.

    Raises SandboxError when there is no log of such a function.
    """

    def __init__(self, settings: Settings, function: str) -> None:
        self._logs = aws.client(settings, "logs")
        self._group = _log_group(settings, self._logs, function)
        self._events: list[dict[str, Any]] = []
        self._seen: set[str] = set()
        self.source = LAMBDA + self._group.removeprefix(GROUP_PREFIX)
        """The log's name among all others."""

    def last_lines(self, count: int) -> list[str]:
        """The lines of the last events, so many events; from these on, new ones are told."""
        self._events = _events(self._logs, self._group, since=0)
        self._seen = {event["eventId"] for event in self._events}
        return _texts(self._events[-count:] if count else [])

    def new_lines(self) -> list[str]:
        """What was added since the last time."""
        latest = max((event["timestamp"] for event in self._events), default=0)
        newer = _events(self._logs, self._group, since=max(0, latest - LATE_MILLISECONDS))
        added = [event for event in newer if event["eventId"] not in self._seen]
        self._seen = {event["eventId"] for event in newer}
        self._events = newer or self._events
        return _texts(added)


def _log_group(settings: Settings, logs: Any, function: str) -> str:
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=GROUP_PREFIX)
    groups = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    # Both the deployed name and the one without the stage are what people type.
    for name in (function, settings.function_name(function)):
        if GROUP_PREFIX + name in groups:
            return GROUP_PREFIX + name
    known = ", ".join(LAMBDA + group.removeprefix(GROUP_PREFIX) for group in groups)
    raise SandboxError(
        f"There is no log of a function {function!r}.",
        "A function's log begins with its first invocation.",
        f"Known: {known or 'none yet'}",
    )


def _events(logs: Any, group: str, since: int) -> list[dict[str, Any]]:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
    events = [event for page in pages for event in page["events"]]
    return sorted(events, key=lambda event: event["timestamp"])


def _texts(events: Sequence[dict[str, Any]]) -> list[str]:
    return [text for event in events for text in event["message"].rstrip("\n").split("\n")]
