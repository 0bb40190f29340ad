"""What the catalogue announces: a change to one show.

**Left out:** change types that are not in CHANGE_TYPES, and times with an offset or another precision; they are refused
rather than guessed at. Members that are not known are ignored, so that the catalogue may add some.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime

from rejected import Rejected

CHANGE_TYPES = frozenset({"show_created", "show_updated", "show_cancelled"})

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SHOW_ID = re.compile(r"show_[0-9A-Za-z_-]{1,40}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", re.ASCII)


@dataclass(frozen=True)
class Change:
    """A change as announced. `change_id` names it for ever: a message delivered again has the same."""

    change_id: str
    change_type: str
    show_id: str
    changed_at: str


def parse_change(body: str) -> Change:
    """Read and check the body of a message; raise Rejected if it is not a catalogue change."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise Rejected("not_json", "the message is not JSON") from None
    if not isinstance(document, dict):
        raise Rejected("bad_change", f"an object was expected, not {type(document).__name__}")
    return Change(
        change_id=_matching(document, "change_id", _UUID, "a UUID in lower case"),
        change_type=_change_type(document),
        show_id=_matching(document, "show_id", _SHOW_ID, "show_ and 1 to 40 of 0-9 A-Z a-z _ -"),
        changed_at=_moment(document),
    )


def _matching(document: dict[str, object], name: str, pattern: re.Pattern[str], rule: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Rejected("bad_change", f"{name} must be {rule}")
    return value


def _change_type(document: dict[str, object]) -> str:
    value = document.get("change_type")
    if not isinstance(value, str) or value not in CHANGE_TYPES:
        raise Rejected("bad_change", f"change_type must be one of {', '.join(sorted(CHANGE_TYPES))}")
    return value


def _moment(document: dict[str, object]) -> str:
    rule = "an RFC 3339 time in UTC with milliseconds, such as 2026-11-22T10:00:00.000Z"
    value = _matching(document, "changed_at", _MOMENT, rule)
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise Rejected("bad_change", f"changed_at must be {rule}") from None
    return value
