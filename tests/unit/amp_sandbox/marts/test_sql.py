"""What the marts say, by the warehouse itself, of a lake of a few rows that can be counted by hand."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from support.mart_warehouse import MartWarehouse, mart_warehouse

FIRST, SECOND, THIRD = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[MartWarehouse]:
    with mart_warehouse(tmp_path) as made:
        yield made


def session(day: date, user: str) -> dict[str, object]:
    return {"dt": day.isoformat(), "session_id": f"{user}-{day}", "user_id": user, "is_anonymous": False, "plays": 1}


def test_retention_of_a_daily_run_is_about_all_days_and_not_only_those_that_it_rebuilds(
    warehouse: MartWarehouse,
) -> None:
    visits = [(FIRST, "ann"), (FIRST, "ben"), (SECOND, "ann"), (THIRD, "ann"), (THIRD, "cat")]
    warehouse.insert("lake.sessions", [session(day, user) for day, user in visits])
    warehouse.build(SECOND, THIRD, "retention")
    assert warehouse.rows("SELECT first_day, days_later, listeners, came_back FROM marts.retention ORDER BY 1, 2") == [
        (FIRST, 0, 2, 2),
        (FIRST, 1, 2, 1),
        (FIRST, 2, 2, 1),
        (THIRD, 0, 1, 1),
    ]


def test_promotions_that_nobody_clicked_have_no_clicks(warehouse: MartWarehouse) -> None:
    met = {"dt": FIRST.isoformat(), "promotion_id": "p", "show_id": "s", "event_time": "2026-03-01 10:00:00"}
    warehouse.insert(
        "lake.events_promotion_shown",
        [{**met, "session_id": f"{n}", "variant": "treatment" if n < 4 else "holdout"} for n in range(6)],
    )
    played = {"dt": FIRST.isoformat(), "show_id": "s"}
    warehouse.insert(
        "lake.events_playback_started",
        [
            {**played, "session_id": "0", "event_time": "2026-03-01 10:01:00"},
            {**played, "session_id": "1", "event_time": "2026-03-01 09:59:00"},  # before it came across the promotion
            {**played, "session_id": "5", "event_time": "2026-03-01 10:00:00"},
        ],
    )
    warehouse.build(FIRST, FIRST, "promotion_effectiveness")
    [found] = warehouse.rows(
        "SELECT shown_sessions, shown_plays, holdout_sessions, holdout_plays, clicks, shown_rate, holdout_rate, uplift"
        " FROM marts.promotion_effectiveness"
    )
    assert found == (4, 1, 2, 1, 0, 0.25, 0.5, -0.25)
