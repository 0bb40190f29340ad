"""The columns of `show_catalog` in the lake, and how a nested record becomes them.

A nested member's column is named by its path, joined with "_"; a name that already begins with its parent's is not
given it twice (`creator.creator_id` is `creator_id`). The members of `show` have no prefix. Arrays stay arrays.

Every listed column is in every line, null where the record has nothing, so that readers which infer a schema see the
same one in every file. A value of another type than listed is refused, as it would change the column's type for all.
What is not listed is carried along under its path, so that a field added to the record reaches the lake.

**Left out:** formats. A time is a string here; readers cast it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

REQUIRED = ("change_id", "change_type", "changed_at", "ingested_at", "show_id")

COLUMNS: Mapping[str, type] = {
    "change_id": str,
    "change_type": str,
    "changed_at": str,
    "ingested_at": str,
    "show_id": str,
    "title": str,
    "description": str,
    "status": str,
    "creator_id": str,
    "creator_display_name": str,
    "creator_verified": bool,
    "category": str,
    "tags": list,
    "language": str,
    "schedule_starts_at": str,
    "schedule_ends_at": str,
    "schedule_timezone": str,
    "schedule_recurrence": str,
    "promotion_id": str,
    "promotion_kind": str,
    "promotion_starts_at": str,
    "promotion_ends_at": str,
    "settings_chat_enabled": bool,
    "settings_polls_enabled": bool,
    "settings_max_co_hosts": int,
    "artwork_url": str,
    "updated_at": str,
    "version": int,
}

GROUPS = frozenset({"creator", "schedule", "promotion", "settings"})
"""The members of `show` that are objects. Null says that all their columns are."""

_NAMES = {str: "a string", bool: "true or false", int: "a whole number", list: "an array of strings"}


class RecordError(Exception):
    """A record that cannot become a line; the message names the column and the rule, not the value."""


def flatten(record: object) -> dict[str, Any]:
    """Return the record's columns; raise RecordError if it is not a catalogue record."""
    if not isinstance(record, dict):
        raise RecordError("the record must be an object")
    show = record.get("show")
    if not isinstance(show, dict):
        raise RecordError("show must be an object")

    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    seen: set[str] = set()
    head = {name: value for name, value in record.items() if name != "show"}
    for column, value in (*_leaves(head, ""), *_leaves(show, "")):
        if column in seen and not (column == "show_id" and row[column] == value):
            raise RecordError(f"two values for the column {column}")
        if column in COLUMNS:
            _check(column, value)
        row[column] = value
        seen.add(column)

    missing = [column for column in REQUIRED if row[column] is None]
    if missing:
        raise RecordError(f"{', '.join(missing)} must be given")
    return row


def _leaves(part: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Every value that is not an object, with the name of its column."""
    for name, value in part.items():
        column = name if not prefix or name.startswith(f"{prefix}_") else f"{prefix}_{name}"
        if isinstance(value, dict):
            yield from _leaves(value, column)
        elif column not in GROUPS:
            yield column, value
        elif value is not None:
            raise RecordError(f"{column} must be an object or null")


def _check(column: str, value: Any) -> None:
    expected = COLUMNS[column]
    right = value is None or type(value) is expected
    if right and expected is list and value is not None:
        right = all(type(one) is str for one in value)
    if not right:
        raise RecordError(f"{column} must be {_NAMES[expected]} or null")
