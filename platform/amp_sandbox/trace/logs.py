"""What a function logged about a record, from CloudWatch Logs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amp_sandbox import aws
from amp_sandbox.settings import Settings

# What every line has, and what a trace tells anyway.
_USUAL = frozenset({"timestamp", "level", "logger", "requestId", "change_id", "change_type", "changed_at"})
# By which a line says whom it is about; other fields, such as a show, are many records'.
_NAMES = ("change_id", "message_id")
_EARLIER_MS = 1_000


@dataclass(frozen=True)
class LogLine:
    """A structured log line: when it was written, and its fields without the usual ones."""

    at_ms: int
    facts: dict[str, Any]


def lines_about(settings: Settings, function: str, names: Sequence[str], since_ms: int) -> list[LogLine]:
    """The lines in which a function names one of these, oldest first; none when the function never ran.

    Only structured lines (JSON) count. Which of them match is decided here, as LocalStack knows few filter patterns.
    """
    logs = aws.client(settings, "logs")
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/lambda/{function}", startTime=max(0, since_ms - _EARLIER_MS)
    )
    found: list[LogLine] = []
    try:
        for page in pages:
            for event in page["events"]:
                document = _document(event["message"])
                if any(document.get(field) in names for field in _NAMES):
                    facts = {name: value for name, value in document.items() if name not in _USUAL}
                    found.append(LogLine(event["timestamp"], facts))
    except logs.exceptions.ResourceNotFoundException:
        return []
    return sorted(found, key=lambda line: line.at_ms)


def _document(message: str) -> dict[str, Any]:
    try:
        document = json.loads(message)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
