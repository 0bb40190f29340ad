"""How the console writes values: one way for each kind, on the server and so in every page.

A value that is not known is written as an en dash, and never as zero.
"""

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

NONE = "–"  # noqa: RUF001 - an en dash is what is meant

_BYTE_UNITS = ("B", "kB", "MB", "GB", "TB")


def number(value: float | None) -> str:
    """A count: 12,345."""
    return NONE if value is None else f"{value:,.0f}"


def rate(per_second: float | None) -> str:
    """So many a second: 0.4/s, 12/s, 5,120/s."""
    if per_second is None:
        return NONE
    return f"{per_second:.1f}/s" if 0 < per_second < 10 else f"{per_second:,.0f}/s"


def size(value: float | None) -> str:
    """Bytes: 4.2 MB."""
    if value is None:
        return NONE
    for unit in _BYTE_UNITS:
        if value < 1000 or unit == _BYTE_UNITS[-1]:
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"


def duration(seconds: float | None) -> str:
    """A length of time: 40 ms, 3.2 s, 4 min 10 s, 2 h 05 min."""
    if seconds is None:
        return NONE
    if seconds < 1:
        return f"{max(0.0, seconds) * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours < 48 else f"{hours // 24} days"


def ago(at: float | datetime | None, now: float | None = None) -> str:
    """How long ago a moment was, roughly: just now, 12 s ago, 3 min ago."""
    if at is None:
        return NONE
    moment = at.timestamp() if isinstance(at, datetime) else at
    seconds = max(0.0, (time.time() if now is None else now) - moment)
    if seconds < 2:
        return "just now"
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"


def clock(at: float | datetime | None) -> str:
    """A moment in UTC, to the millisecond as traces need it: 2026-03-02 14:05:09.123."""
    if at is None:
        return NONE
    moment = at if isinstance(at, datetime) else datetime.fromtimestamp(at, UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def iso(at: float | datetime | None) -> str:
    """A moment as the `datetime` of a `time` element."""
    if at is None:
        return ""
    moment = at if isinstance(at, datetime) else datetime.fromtimestamp(at, UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count and its noun: 1 record, 2 records."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def pretty(value: Any) -> str:
    """JSON as people read it; a text that is not JSON stays as it is."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else value
    if isinstance(text, str):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
    written: str = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return written


def oneline(value: str) -> str:
    """The beginning of a text of several lines, on one."""
    return " ".join(value.split())[:160]


FILTERS: Mapping[str, Callable[..., str]] = {
    "number": number,
    "rate": rate,
    "size": size,
    "duration": duration,
    "ago": ago,
    "clock": clock,
    "iso": iso,
    "plural": plural,
    "pretty": pretty,
    "oneline": oneline,
}
