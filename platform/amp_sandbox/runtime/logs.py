"""Reading logs: the services' files below the home, and the functions' from CloudWatch Logs.

**Left out:** merging by time. Lines come file by file when printed and as they are written when followed;
formats differ too much between the services to sort by.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amp_sandbox import aws, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime.readiness import last_lines
from amp_sandbox.runtime.services import table
from amp_sandbox.settings import Settings

LAMBDA = "lambda/"
SUPERVISORD = "supervisord"
GROUP_PREFIX = "/aws/lambda/"
POLL_SECONDS = 0.2
LAMBDA_POLL_SECONDS = 1.0
# CloudWatch Logs answers by time and events may arrive late; so far back each look goes again.
LATE_MILLISECONDS = 10_000


@dataclass(frozen=True)
class Line:
    """One line of a log and where it is from."""

    source: str
    text: str


def read(settings: Settings, source: str | None, count: int, *, follow: bool = False) -> Iterator[Line]:
    """The last lines of one log, or of every service's; with `follow` then every new one, without end."""
    if source and source.startswith(LAMBDA):
        return _lambda_lines(settings, source.removeprefix(LAMBDA), count, follow=follow)
    known = files(settings)
    if source and source not in known:
        names = ", ".join([*known, LAMBDA + "<function>"])
        raise SandboxError(f"There is no log of {source!r}.", hint=f"Known: {names}")
    # supervisord's own log tells of starts and stops; who wants it names it.
    shown = {source: known[source]} if source else {name: known[name] for name in known if name != SUPERVISORD}
    return _file_lines(shown, count, follow=follow)


def files(settings: Settings) -> dict[str, Path]:
    """The log files by their names: one for each service, and supervisord's own."""
    names = [*(service.name for service in table(settings)), SUPERVISORD]
    return {name: paths.logs_dir(settings.home) / f"{name}.log" for name in names}


def _file_lines(files: dict[str, Path], count: int, *, follow: bool) -> Iterator[Line]:
    tails = {name: Tail(path) for name, path in files.items()} if follow else {}
    for name, path in files.items():
        yield from (Line(name, text) for text in last_lines(path, count))
    while follow:
        for name, tail in tails.items():
            yield from (Line(name, text) for text in tail.new_lines())
        time.sleep(POLL_SECONDS)


class Tail:
    """What is added to a file after now; goes on in the new file when the log is rotated."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode, self._offset = self._look()
        self._rest = b""

    def new_lines(self) -> list[str]:
        """What was added since the last time; a line is told once it is whole."""
        inode, size = self._look()
        if inode != self._inode or size < self._offset:
            self._inode, self._offset, self._rest = inode, 0, b""
        if size <= self._offset:
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            data = self._rest + file.read()
            self._offset = file.tell()
        *lines, self._rest = data.split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def _look(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return 0, 0
        return found.st_ino, found.st_size


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
