"""Marts of a made-up lake of ten days, small enough to be counted by hand."""

from datetime import date, timedelta
from typing import Any

from support.mart_warehouse import MartWarehouse

DAYS = tuple(date(2026, 3, 1) + timedelta(days=n) for n in range(10))
GAP = DAYS[4]
"""A day without any data."""


def fill(warehouse: MartWarehouse) -> None:
    """Sessions, engagement and promotions of the days; every listener of a day has one session."""
    shows = [
        {"show_id": "a", "title": "Morning", "category": "news", "creator_id": "c1", "creator_display_name": "Ann"},
        {"show_id": "b", "title": "=cmd|' /C calc'!A0", "category": "music", "creator_id": "c1"},
        {"show_id": "c", "title": None, "category": None, "creator_id": None},
    ]
    warehouse.insert("lake.shows_current", [{**show, "promotion_kind": "banner"} for show in shows])
    for number, day in enumerate(DAYS):
        if day != GAP:
            warehouse.insert("lake.sessions", _sessions(number, day))
            warehouse.insert("lake.show_engagement_daily", _engagement(number, day))
    met = [("p1", "a", "treatment", 6), ("p1", "a", "holdout", 5), ("p2", "b", "treatment", 3)]
    for promotion, show, variant, count in met:
        for n in range(count):
            one = {"dt": DAYS[9].isoformat(), "session_id": f"{promotion}-{variant}-{n}", "show_id": show}
            shown = {**one, "promotion_id": promotion, "variant": variant, "event_time": "2026-03-10 10:00:00"}
            warehouse.insert("lake.events_promotion_shown", [shown])
            if n < (4 if variant == "treatment" else 1):
                warehouse.insert("lake.events_playback_started", [{**one, "event_time": "2026-03-10 10:05:00"}])
    warehouse.build(DAYS[0], DAYS[-1])


def _sessions(number: int, day: date) -> list[dict[str, Any]]:
    users = [f"user-{n}" for n in range(2 + number)]
    return [
        {
            "dt": day.isoformat(),
            "session_id": f"{user}-{day}",
            "user_id": user,
            "is_anonymous": user == "user-0",
            "plays": 2,
            "listened_seconds": 1800 + 60 * number,
            "live_listened_seconds": 600,
            "chat_messages": 1,
            "likes": 3,
            "follows": 0,
            "promotion_clicks": 0,
        }
        for user in users
    ]


def _engagement(number: int, day: date) -> list[dict[str, Any]]:
    return [
        {
            "dt": day.isoformat(),
            "show_id": show,
            "listeners": (3 - place) * (number + 1),
            "peak_listeners": 3 - place,
            "plays": 4 * (3 - place),
            "live_plays": 1,
            "listened_seconds": 3600 * (3 - place),
            "chat_messages": 2,
            "likes": 5,
            "call_ins": 1,
            "poll_votes": 0,
            "follows": place,
        }
        for place, show in enumerate(("a", "b", "c"))
    ]
