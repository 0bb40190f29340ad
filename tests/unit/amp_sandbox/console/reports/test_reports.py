"""What reports say, against the marts by SQL or by hand."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from support.mart_warehouse import MartWarehouse

from amp_sandbox.console import formats
from amp_sandbox.console.reports import REPORTS
from amp_sandbox.console.reports.days import Days
from amp_sandbox.console.reports.promotions import judged, uplift
from amp_sandbox.console.reports.report import Content, Figure, Sheet, table_of
from amp_sandbox.console.reports.source import Ask

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 10)
GAP = date(2026, 3, 5)
ALL = Days(FIRST, LAST)


def report(name: str, ask: Ask, days: Days = ALL) -> Content:
    return REPORTS[name].build(ask, days)


def sheet(content: Content, name: str) -> Sheet:
    return next(one for one in content.sheets if one.name == name)


def figure(content: Content, name: str) -> Figure:
    return next(one for one in content.figures if one.name == name)


def values(found: Sheet, *keys: str) -> list[tuple[Any, ...]]:
    return [tuple(row.get(key) for key in keys) for row in found.rows]


def test_the_flash_says_what_the_mart_does_and_its_changes_are_those_of_the_marts_view(
    ask: Ask, warehouse: MartWarehouse
) -> None:
    content = report("daily-flash", ask)
    [listeners, hours, by_day, by_week] = warehouse.rows(
        "SELECT listeners, listened_hours, listeners_since_day_before, listeners_since_week_before"
        f" FROM marts.daily_flash_change WHERE dt = '{LAST}'"
    )[0]
    shown = figure(content, "Listeners")
    assert (shown.value, [one.text for one in shown.changes]) == (str(listeners), [f"+{by_day}", f"+{by_week}"])
    assert figure(content, "Listened hours").value == f"{hours:.1f}"
    of_mart = warehouse.rows("SELECT dt, listeners, plays, listened_hours FROM marts.daily_flash ORDER BY dt DESC")
    rows = values(sheet(content, "days"), "dt", "listeners", "plays", "listened_hours")
    assert [row for row in rows if row[0] != GAP] == of_mart


def test_a_day_without_data_is_missing_and_not_zero(ask: Ask) -> None:
    content = report("daily-flash", ask)
    table = table_of(sheet(content, "days"))
    [row] = [row for row in table.rows if row[0].value == GAP.isoformat()]
    assert {cell.value for cell in row[1:]} == {formats.NONE}
    drawing = content.drawings[0]
    assert len(drawing.dots) == 9
    assert "1 missing" in drawing.summary
    # Lines go from day to day, and none over the gap: nine points in two stretches.
    assert len([line for line in drawing.lines if line.style == "s1"]) == 7


def test_a_change_against_a_day_without_data_is_missing(ask: Ask) -> None:
    after = figure(report("daily-flash", ask, Days(FIRST, GAP + timedelta(days=1))), "Listeners")
    assert after.value == "7"
    assert [(one.since, one.text) for one in after.changes] == [
        ("day before", formats.NONE),
        ("week before", formats.NONE),
    ]
    on_gap = report("daily-flash", ask, Days(FIRST, GAP))
    assert figure(on_gap, "Listeners").value == formats.NONE
    assert on_gap.lead == f"There are no numbers of {GAP}."


def test_a_change_says_its_direction_and_by_how_many_per_cent(ask: Ask) -> None:
    [day, week] = figure(report("daily-flash", ask), "Sessions").changes
    assert (day.text, day.more) == ("+1", "+10.0 %")  # 11 after 10
    assert (week.text, week.more) == ("+7", "+175.0 %")  # 11 after 4


def test_weeks_end_with_the_last_day_and_one_that_lacks_days_is_compared_with_none(
    ask: Ask, warehouse: MartWarehouse
) -> None:
    content = report("business-review", ask)
    rows = values(sheet(content, "weeks"), "week_from", "week_to", "days", "sessions", "plays", "listened_hours")
    sums = "SELECT COUNT(*), SUM(sessions), SUM(plays), SUM(listened_hours) FROM marts.daily_flash WHERE dt {}"
    assert rows == [
        (date(2026, 3, 4), LAST, *warehouse.rows(sums.format("> '2026-03-03'"))[0]),
        (FIRST, date(2026, 3, 3), *warehouse.rows(sums.format("<= '2026-03-03'"))[0]),
    ]
    assert [row[2] for row in rows] == [6, 3]
    assert figure(content, "Sessions").changes[0].text == formats.NONE


def test_a_week_of_which_there_is_nothing_is_missing(ask: Ask) -> None:
    content = report("business-review", ask, Days(LAST - timedelta(days=20), LAST))
    oldest = table_of(sheet(content, "weeks")).rows[-1]
    assert [cell.value for cell in oldest] == ["2026-02-18", "2026-02-24", *[formats.NONE] * 8]


def test_shares_of_categories_add_up(ask: Ask) -> None:
    rows = values(sheet(report("business-review", ask), "categories"), "category", "listened_hours", "share")
    assert [(row[0], float(row[1]), row[2]) for row in rows] == [
        ("news", 27.0, pytest.approx(3 / 6)),
        ("music", 18.0, pytest.approx(2 / 6)),
        (None, 9.0, pytest.approx(1 / 6)),
    ]


def test_engagement_is_that_of_the_marts(ask: Ask, warehouse: MartWarehouse) -> None:
    content = report("engagement", ask, Days(date(2026, 3, 6), LAST))
    rows = values(sheet(content, "shows"), "show_id", "plays", "listener_days", "listened_hours")
    assert rows == warehouse.rows(
        "SELECT show_id, SUM(plays), SUM(listeners), SUM(listened_hours) FROM marts.engagement_by_show"
        " WHERE dt BETWEEN '2026-03-06' AND '2026-03-10' GROUP BY show_id ORDER BY 4 DESC"
    )
    assert [row[0] for row in rows] == ["a", "b", "c"]
    [ann] = sheet(content, "creators").rows  # a show without a creator is nobody's
    assert (ann["creator_id"], ann["shows_a_day"], ann["plays"]) == ("c1", 2, 5 * (12 + 8))
    # 5 days of 2 chat messages, 5 likes and a call-in each, of 12 plays
    assert float(sheet(content, "shows").rows[0]["interactions_per_play"]) == pytest.approx(8 / 12, abs=0.005)


def test_a_show_without_a_title_is_shown_by_its_id_on_the_plot_and_missing_in_the_table(ask: Ask) -> None:
    content = report("engagement", ask)
    assert [text.text for text in content.drawings[0].texts if text.anchor == "start"][2] == "c"
    assert table_of(sheet(content, "shows")).rows[2][0].value == formats.NONE


def test_promotions_are_judged_against_those_from_whom_they_were_held_back(ask: Ask, warehouse: MartWarehouse) -> None:
    content = report("promotions", ask)
    rows = values(sheet(content, "promotions"), "promotion_id", "shown_sessions", "shown_plays", "uplift")
    of_mart = warehouse.rows(
        "SELECT promotion_id, shown_sessions, shown_plays, uplift FROM marts.promotion_effectiveness ORDER BY 1"
    )
    assert rows == [(*row[:3], None if row[3] is None else pytest.approx(row[3])) for row in of_mart]
    assert rows[0] == ("p1", 6, 4, pytest.approx(4 / 6 - 1 / 5))
    # Nobody had the second one held back, so there is nothing to compare with.
    p2 = table_of(sheet(content, "promotions")).rows[1]
    assert [cell.value for cell in p2[2:6]] == [formats.NONE] * 4
    assert [cell.value for cell in p2[6:10]] == ["100.0 %", formats.NONE, "3", "3"]
    [kind] = sheet(content, "kinds").rows
    assert (kind["promotion_kind"], kind["promotions"], kind["shown_sessions"]) == ("banner", 2, 9)


def test_the_limits_of_an_uplift_are_newcombes() -> None:
    """Table II, example (a), method 10: 56 of 70 against 48 of 80."""
    found = uplift(56, 70, 48, 80)
    assert found is not None
    assert [round(one, 4) for one in found] == [0.2, 0.0524, 0.3339]


def test_an_uplift_of_few_sessions_is_not_certain() -> None:
    """The normal approximation would say: between 1 and 1."""
    found = uplift(1, 1, 0, 1)
    assert found is not None
    assert found[1] < 0 < 1 <= found[2] + 1e-9


@pytest.mark.parametrize(
    ("counts", "verdict"), [((56, 70, 48, 80), "works"), ((48, 80, 56, 70), "harms"), ((5, 9, 4, 9), "may do nothing")]
)
def test_a_verdict_is_given_when_the_limits_are_on_one_side(counts: tuple[int, ...], verdict: str) -> None:
    row = dict(zip(("shown_plays", "shown_sessions", "holdout_plays", "holdout_sessions"), counts, strict=True))
    assert judged([row])[0]["verdict"] == verdict


def test_retention_tells_who_came_back_from_days_of_which_nothing_is_known(ask: Ask, warehouse: MartWarehouse) -> None:
    content = report("retention", ask)
    by_day: Mapping[date, Mapping[str, Any]] = {row["first_day"]: row for row in sheet(content, "first-days").rows}
    # user-1 is seen first on the first day and comes on every other; of the fifth day there is no data.
    first = by_day[FIRST]
    assert (first["listeners"], [first.get(f"after_{n}") for n in range(1, 10)]) == (1, [1, 1, 1, None, 1, 1, 1, 1, 1])
    assert [by_day[LAST].get(f"after_{n}") for n in range(1, 10)] == [None] * 9
    pooled = sheet(content, "days-later")
    assert [row["came_back"] for row in pooled.rows] == [
        sum(one[0] for one in warehouse.rows(f"SELECT came_back FROM marts.retention WHERE days_later = {n}"))
        for n in range(1, 10)
    ]


def test_a_day_on_which_nobody_of_a_cohort_came_back_is_zero_when_others_were_there(tmp_path: Any) -> None:
    from support.mart_warehouse import mart_warehouse

    from amp_sandbox.console.reports.source import asking

    with mart_warehouse(tmp_path) as made:
        for day, user in ((FIRST, "ann"), (FIRST, "ben"), (FIRST + timedelta(days=1), "cat")):
            one = {"dt": day.isoformat(), "session_id": user, "user_id": user, "is_anonymous": False}
            made.insert("lake.sessions", [one])
        made.build(FIRST, LAST, "retention")
        with made.analyst() as connection:
            content = report("retention", asking(connection))
    assert values(sheet(content, "first-days"), "first_day", "listeners", "after_1") == [
        (FIRST + timedelta(days=1), 1, None),
        (FIRST, 2, 0.0),
    ]


def test_what_is_trending_now_is_as_the_mart_has_it_in_its_order(ask: Ask, warehouse: MartWarehouse) -> None:
    assert sheet(report("trending", ask), "now").empty.startswith("It was not built yet")
    warehouse.db.execute(
        "CREATE TABLE marts.trending_now (place BIGINT, show_id VARCHAR(9), title VARCHAR(99),"
        " creator_display_name VARCHAR(99), listeners BIGINT, listeners_before BIGINT, likes BIGINT,"
        " chat_messages BIGINT, score DECIMAL(12, 2), as_of TIMESTAMP)"
    )
    try:
        warehouse.db.execute(
            "INSERT INTO marts.trending_now VALUES (2, 'b', NULL, NULL, 3, 0, 1, 0, 4.8, '2026-03-10 11:59:30'),"
            " (1, 'a', 'Morning', 'Ann', 9, 4, 2, 5, 14.0, '2026-03-10 11:59:30')"
        )
        content = report("trending", ask)
    finally:
        warehouse.db.execute("DROP TABLE marts.trending_now")
    assert values(sheet(content, "now"), "place", "show_id", "listeners", "listeners_before") == [
        (1, "a", 9, 4),
        (2, "b", 3, 0),
    ]
    assert content.lead == "As of 2026-03-10 11:59 UTC, when the newest event happened."
    assert [bar.title for bar in content.drawings[0].bars][:2] == ["Morning, Last hour: 9", "Morning, Hour before: 4"]


def test_trending_days_are_those_of_the_range(ask: Ask, warehouse: MartWarehouse) -> None:
    days = Days(date(2026, 3, 9), LAST)
    rows = values(sheet(report("trending", ask, days), "days"), "dt", "place", "show_id", "score")
    assert rows == warehouse.rows(
        "SELECT dt, place, show_id, score FROM marts.trending_shows WHERE dt >= '2026-03-09' ORDER BY dt DESC, place"
    )
    assert len(rows) == 6


@pytest.mark.parametrize("name", REPORTS)
def test_before_any_mart_was_built_a_report_is_empty_and_says_so(name: str, ask_of_nothing: Ask) -> None:
    content = report(name, ask_of_nothing)
    shown = [cell.value for one in content.sheets for row in table_of(one).rows for cell in row[1:]]
    dated = ("daily-flash", "business-review")  # have rows for days and weeks of which nothing is known
    assert not shown or (name in dated and not any(value == "0" for value in shown))
    assert all(one.value == formats.NONE for one in content.figures)
    assert all(one.empty for one in content.sheets)


@pytest.mark.parametrize("name", REPORTS)
def test_days_without_data_are_empty(name: str, ask: Ask) -> None:
    days = Days(date(2025, 1, 1), date(2025, 1, 31))
    content = report(name, ask, days)
    assert all(one.value == formats.NONE for one in content.figures)


def test_the_analyst_may_not_read_more_than_the_marts(warehouse: MartWarehouse) -> None:
    with warehouse.analyst() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM lake.sessions")
