"""Flat events of any type, made by hand: sound ones, with what a test does not care about filled in."""

from datetime import UTC, datetime
from typing import Any

from amp_spark.event_columns import EVENTS

_VALUES = {"string": "x", "int": 1, "boolean": True}
_NAMED = {"user_id": "user_a", "session_id": "sess_a", "show_id": "show_a", "schema_version": 1}


def event_id(number: int) -> str:
    """An id that tests can write down."""
    return f"00000000-0000-4000-8000-{number:012}"


def event(event_type: str, number: int, at: str = "2026-11-20T10:00:00.000Z", **columns: Any) -> dict[str, Any]:
    """A flat event as raw has it."""
    row: dict[str, Any] = {
        column.name: _NAMED.get(column.name, _VALUES.get(column.kind)) for column in EVENTS[event_type]
    }
    row |= {"event_id": event_id(number), "event_type": event_type, "event_time": at}
    return row | columns


def typed_event(event_type: str, number: int, at: str, **columns: Any) -> dict[str, Any]:
    """The same with its time as a table has it."""
    return event(event_type, number, **columns) | {"event_time": moment(at)}


def moment(text: str) -> datetime:
    """A time in UTC. Spark takes it as it is, and answers local time without a zone: tests run in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)
