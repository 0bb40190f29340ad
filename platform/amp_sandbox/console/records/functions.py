"""What a function logged last, from CloudWatch Logs."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from amp_sandbox import aws
from amp_sandbox.console.tables import Table, body, mark, moment, text
from amp_sandbox.settings import Settings

SHOWN = 30
SINCE_SECONDS = 900

_STATES = {"ERROR": "failing", "CRITICAL": "failing", "WARNING": "waiting", "WARN": "waiting"}
_USUAL = frozenset({"timestamp", "level", "message", "logger", "requestId"})


def log_of(function: str) -> Callable[[Settings], Sequence[Table]]:
    """What makes the page of a function: its newest lines."""

    def show(settings: Settings) -> Sequence[Table]:
        rows = [_row(event) for event in _newest(settings, settings.function_name(function))]
        note = f"Of the last {SINCE_SECONDS // 60} minutes. Follow them under Logs."
        return (
            Table("Newest log lines", ("at", "level", "message", "with"), rows, "It logged nothing lately.", note=note),
        )

    return show


def _newest(settings: Settings, function: str) -> list[dict[str, Any]]:
    logs = aws.client(settings, "logs")
    since = int((time.time() - SINCE_SECONDS) * 1000)
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function}", startTime=since)
    try:
        events = [event for page in pages for event in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return sorted(events, key=lambda event: event["timestamp"], reverse=True)[:SHOWN]


def _row(event: dict[str, Any]) -> tuple[Any, ...]:
    at, message = moment(event["timestamp"] / 1000), event["message"].rstrip("\n")
    try:
        line = json.loads(message)
    except ValueError:
        line = None
    if not isinstance(line, dict):
        return at, text(""), text(message), text("")
    level = str(line.get("level", ""))
    rest = {name: value for name, value in line.items() if name not in _USUAL}
    said = str(line.get("message", line.get("type", "")))
    return (
        at,
        mark(level, _STATES[level]) if level in _STATES else text(level),
        text(said),
        body(rest) if rest else text(""),
    )
