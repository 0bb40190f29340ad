"""Promotion effectiveness: how much likelier a session plays a show when it saw its promotion.

Of the sessions that come across a promotion, some see it and from the others it is held back, by chance: the latter are
the baseline. The uplift is the difference of the two rates, in percentage points, with the limits of its 95 %
confidence interval by Newcombe's hybrid score method, which holds for few sessions too. The mart's own limits are the
normal approximation's, which are too narrow then; of a day and a promotion there are often few.

Newcombe, R. G. (1998), Interval estimation for the difference between independent proportions, Statistics in Medicine
17, 873-890, method 10. https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I

**Left out:** a correction for many comparisons: of twenty promotions that do nothing, one will seem to do something.
The page says so.
"""

import math
from collections.abc import Sequence
from typing import Any

from amp_sandbox.console import formats
from amp_sandbox.console.reports.days import Days
from amp_sandbox.console.reports.plots import Drawing, Interval, intervals
from amp_sandbox.console.reports.report import Column, Content, Report, Sheet
from amp_sandbox.console.reports.source import Ask, Row

Z = 1.959964
"""The 97.5th percentile of the normal distribution."""
MOST_SHOWN = 12

_NUMBERS = (
    Column("uplift", "uplift, points", "points"),
    Column("uplift_low", "at least", "points"),
    Column("uplift_high", "at most", "points"),
    Column("verdict", "verdict", "text"),
    Column("shown_rate", "played, shown", "share"),
    Column("holdout_rate", "played, held back", "share"),
    Column("shown_sessions", "sessions shown", "count"),
    Column("shown_plays", "of them played", "count"),
    Column("holdout_sessions", "sessions held back", "count"),
    Column("holdout_plays", "of them played", "count"),
    Column("clicks", "clicks", "count"),
)
_KINDS = (Column("promotion_kind", "kind", "text"), Column("promotions", "promotions", "count"), *_NUMBERS)
_EACH = (
    Column("title", "show", "text"),
    Column("promotion_kind", "kind", "text"),
    *_NUMBERS,
    Column("promotion_id", "id", "id"),
)


def build(ask: Ask, days: Days) -> Content:
    """The promotions of these days by kind, and each of them."""
    kinds = judged(ask("promotion_kinds", first_day=days.first, last_day=days.last) or [])
    each = judged(ask("promotions", first_day=days.first, last_day=days.last) or [])
    drawings = [
        _drawing("kinds", "Uplift by kind of promotion", kinds, "promotion_kind", "promotion_kind"),
        _drawing("promotions", "Uplift of the promotions that were met most", each, "title", "promotion_id"),
    ]
    lead = (
        "Uplift is how many more of a hundred sessions played the show because its promotion was shown; with 95 % "
        "confidence it is between the limits. Of twenty promotions that do nothing, one will seem to do something."
    )
    sheets = [
        Sheet("kinds", "By kind", _KINDS, kinds, "No session came across a promotion on these days."),
        Sheet("promotions", "Each promotion", _EACH, each, "No session came across a promotion on these days."),
    ]
    return Content(sheets, drawings if each else [], lead=lead if each else "")


def judged(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows with rates, uplift and limits; what lacks sessions of one of both sides has none."""
    return [{**row, **_judged(row)} for row in rows]


def uplift(shown_plays: int, shown: int, held_plays: int, held: int) -> tuple[float, float, float] | None:
    """The difference of two proportions and its limits; None without sessions of both."""
    if not shown or not held:
        return None
    p, q = shown_plays / shown, held_plays / held
    (p_low, p_high), (q_low, q_high) = _wilson(p, shown), _wilson(q, held)
    below = math.sqrt((p - p_low) ** 2 + (q_high - q) ** 2)
    above = math.sqrt((p_high - p) ** 2 + (q - q_low) ** 2)
    return p - q, p - q - below, p - q + above


def _wilson(p: float, n: int) -> tuple[float, float]:
    """Wilson's score interval of a proportion."""
    middle, root = p + Z**2 / (2 * n), Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return (middle - root) / (1 + Z**2 / n), (middle + root) / (1 + Z**2 / n)


def _judged(row: Row) -> dict[str, Any]:
    shown, held = int(row["shown_sessions"]), int(row["holdout_sessions"])
    shown_plays, held_plays = int(row["shown_plays"]), int(row["holdout_plays"])
    found = uplift(shown_plays, shown, held_plays, held)
    return {
        "shown_rate": shown_plays / shown if shown else None,
        "holdout_rate": held_plays / held if held else None,
        "uplift": found[0] if found else None,
        "uplift_low": found[1] if found else None,
        "uplift_high": found[2] if found else None,
        "verdict": _verdict(found),
    }


def _verdict(found: tuple[float, float, float] | None) -> str | None:
    if found is None:
        return None
    _, low, high = found
    return "works" if low > 0 else "harms" if high < 0 else "may do nothing"


def _drawing(name: str, title: str, rows: Sequence[Row], label: str, otherwise: str) -> Drawing:
    def points(value: float | None) -> float | None:
        return None if value is None else 100 * value

    shown = [
        Interval(
            row[label] or row[otherwise] or formats.NONE,
            points(row["uplift"]),
            points(row["uplift_low"]),
            points(row["uplift_high"]),
        )
        for row in rows[:MOST_SHOWN]
    ]
    return intervals(name, title, shown, "percentage points")


REPORT = Report(
    "promotions",
    "Promotion effectiveness",
    "What promotions add, against sessions from which they were held back, and how sure that is.",
    build,
)
