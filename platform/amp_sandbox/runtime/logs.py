"""Reading logs: the services', from whatever runs them, and the functions' from CloudWatch Logs.

**Left out:** merging by time. Formats differ too much between the services to sort by.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from amp_sandbox import aws
from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime import choice
from amp_sandbox.runtime.facts import Line
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


def _lambda_lines(settings: Settings, function: str, count: int, *, follow: bool) -> Iterator[Line]:
    logs = aws.client(settings, "logs")
    group = _log_group(settings, logs, function)
    source = LAMBDA + group.removeprefix(GROUP_PREFIX)
    events = _events(logs, group, since=0)
    seen = {event["eventId"] for event in events}
    yield from _as_lines(source, events[-count:] if count else [])
    while follow:
        time.sleep(LAMBDA_POLL_SECONDS)
        latest = max((event["timestamp"] for event in events), default=0)
        newer = _events(logs, group, since=max(0, latest - LATE_MILLISECONDS))
        yield from _as_lines(source, [event for event in newer if event["eventId"] not in seen])
        seen = {event["eventId"] for event in newer}
        events = newer


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


def _as_lines(source: str, events: Sequence[dict[str, Any]]) -> Iterator[Line]:
    for event in events:
        for text in event["message"].rstrip("\n").split("\n"):
            yield Line(source, text)
