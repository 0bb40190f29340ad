"""The console after the demo: its map, its reports against SQL, the runs, and the picture of it for the README."""

import csv
import json
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from support.browser import Colours, needs_browser, page, picture, picture_if_wanted
from support.page_checks import CONTRASTS, OVERLAPS, TOO_WIDE
from support.sandboxes import COMMAND, environment, run

from amp_sandbox.console.flow import hops
from amp_sandbox.console.reports import REPORTS
from amp_sandbox.settings import Settings

WAIT_MS = 60_000
SHOWN = "dt > (select max(dt) from marts.daily_flash) - 28"


@pytest.fixture
def tab() -> Iterator[Page]:
    """A page of a browser; the test fails when a script of a page raises."""
    raised: list[str] = []
    with page(1440, 900) as made:
        made.on("pageerror", lambda error: raised.append(str(error)))
        yield made
    assert raised == []


def query(sandbox: Settings, sql: str) -> list[dict[str, Any]]:
    answer = run(sandbox, "sql", "--user", "analyst", "--json", sql)
    assert answer.returncode == 0, answer.stderr
    rows: list[dict[str, Any]] = json.loads(answer.stdout)
    return rows


def cells(tab: Page, title: str) -> list[dict[str, str]]:
    """A table of a page: its rows, each by the headings of its columns; of two that are the same, the last."""
    # All at once, as a page that is live may replace its tables in between.
    headings, *rows = tab.get_by_role("region", name=title, exact=True).evaluate(
        "region => [...region.querySelectorAll('tr')].map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )
    return [dict(zip(headings, row, strict=True)) for row in rows]


@needs_browser
def test_the_map_of_a_platform_at_work_for_the_picture(sandbox: Settings, demo: dict[str, Any], tmp_path: Path) -> None:
    seed = [COMMAND, "seed", "--rate", "150", "--duration", "40", "--changes", "400"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(seed, env=environment(sandbox), **quiet) as publishing, page(1440, 900) as tab:
        try:
            tab.goto(sandbox.console_url)
            for name in ("events_delivery", "catalog_delivery", "event_transform"):
                expect(tab.locator(f'[data-hop="{name}"]')).to_have_attribute("data-state", "moving", timeout=WAIT_MS)
            for name in hops(sandbox):
                hop = tab.locator(f'[data-hop="{name}"]')
                expect(hop).not_to_have_attribute("data-state", "unknown", timeout=WAIT_MS)
                expect(hop).not_to_have_attribute("data-state", "idle", timeout=WAIT_MS)
            # Where this sandbox has its home is of no interest to readers.
            tab.locator("footer").evaluate("footer => footer.remove()")
            assert picture(tab, "console", tmp_path, whole=True).stat().st_size > 20_000
        finally:
            publishing.terminate()


@needs_browser
def test_the_flash_says_what_sql_says(sandbox: Settings, demo: dict[str, Any], tab: Page) -> None:
    tab.goto(sandbox.console_url)
    tab.get_by_role("link", name="Reports").click()
    tab.get_by_role("link", name="Daily flash").click()
    days = query(sandbox, "select * from marts.daily_flash order by dt desc")
    shown = {row["day"]: row for row in cells(tab, "Day by day")}
    assert len(days) >= 7
    for day in days:
        row = shown[day["dt"]]
        assert row["listeners"] == f"{day['listeners']:,}"
        assert row["plays"] == f"{day['plays']:,}"
        assert row["listened hours"] == f"{Decimal(str(day['listened_hours'])):,.1f}"
    assert shown.keys() == {day["dt"] for day in days}
    [change] = query(sandbox, f"select * from marts.daily_flash_change where dt = '{days[0]['dt']}'")
    figure = tab.locator(".figures li").filter(has_text="Sessions").inner_text()
    assert f"{change['sessions']:,}" in figure
    listeners = tab.locator(".figures li").filter(has=tab.get_by_text("Listeners", exact=True)).inner_text()
    for since in ("listeners_since_day_before", "listeners_since_week_before"):
        assert ("–" if change[since] is None else f"{abs(change[since]):,}") in listeners  # noqa: RUF001
    expect(tab.get_by_role("img", name="Listeners a day")).to_be_visible()


@needs_browser
def test_the_business_review_adds_up_the_days(sandbox: Settings, demo: dict[str, Any], tab: Page) -> None:
    tab.goto(sandbox.console_url + "/reports/business-review")
    sums = "select sum(sessions) as s, sum(plays) as p, count(*) as n from marts.daily_flash"
    weeks = cells(tab, "Week by week")
    for week in weeks:
        [of_sql] = query(sandbox, f"{sums} where dt between '{week['week from']}' and '{week['to']}'")
        assert (week["sessions"], week["plays"]) == (f"{of_sql['s']:,}", f"{of_sql['p']:,}")
        assert week["days of seven"] == str(of_sql["n"])
    assert weeks[0]["days of seven"] == "7"
    plays = f"select category, sum(plays) as p from marts.engagement_by_show where {SHOWN} group by 1"
    assert {(row["category"], row["plays"]) for row in cells(tab, "By category")} == {
        (row["category"] or "–", f"{row['p']:,}")  # noqa: RUF001
        for row in query(sandbox, plays)
    }


@needs_browser
def test_trending_is_as_fresh_as_what_arrived(sandbox: Settings, demo: dict[str, Any], tab: Page) -> None:
    tab.goto(sandbox.console_url + "/reports/trending")
    now = query(sandbox, "select * from marts.trending_now order by place")
    assert now
    shown = cells(tab, "Trending now")
    # Another arrival may have come in between, so that both are looked at once more.
    if [row["id"] for row in shown] != [row["show_id"] for row in now]:
        tab.reload()
        shown, now = cells(tab, "Trending now"), query(sandbox, "select * from marts.trending_now order by place")
    assert [(row["place"], row["id"]) for row in shown] == [(str(row["place"]), row["show_id"]) for row in now]
    days = query(sandbox, "select dt, place, show_id from marts.trending_shows order by dt desc, place limit 5")
    assert [(row["day"], row["place"], row["id"]) for row in cells(tab, "Day by day")[:5]] == [
        (row["dt"], str(row["place"]), row["show_id"]) for row in days
    ]


@needs_browser
def test_engagement_is_that_of_the_marts_on_the_page_and_in_its_files(
    sandbox: Settings, demo: dict[str, Any], tab: Page
) -> None:
    tab.goto(sandbox.console_url + "/reports/engagement")
    sums = f"sum(plays) as plays, sum(listened_hours) as hours from marts.{{}} where {SHOWN} group by 1"
    shows = query(sandbox, f"select show_id as id, {sums.format('engagement_by_show')} order by hours desc, 1")
    creators = query(sandbox, f"select creator_id as id, {sums.format('engagement_by_creator')} order by hours desc, 1")
    for title, rows in (("By show", shows), ("By creator", creators)):
        assert [(row["id"], row["plays"], row["hours"]) for row in cells(tab, title)] == [
            (row["id"], f"{row['plays']:,}", f"{Decimal(str(row['hours'])):,.1f}") for row in rows[:50]
        ]
    with tab.expect_download() as begun:
        tab.get_by_role("link", name="By show as a CSV file").click()
    with begun.value.path().open(newline="") as file:
        taken = list(csv.DictReader(file))
    assert [(row["show_id"], int(row["plays"])) for row in taken] == [(row["id"], row["plays"]) for row in shows]


@needs_browser
def test_promotions_are_judged_by_the_sessions_of_the_mart(sandbox: Settings, demo: dict[str, Any], tab: Page) -> None:
    tab.goto(sandbox.console_url + "/reports/promotions")
    kinds = query(
        sandbox,
        "select promotion_kind, sum(shown_sessions) as s, sum(shown_plays) as sp, sum(holdout_sessions) as h,"
        f" sum(holdout_plays) as hp from marts.promotion_effectiveness where {SHOWN} group by 1 order by 1",
    )
    shown = cells(tab, "By kind")
    assert len(shown) == len(kinds) > 0
    for row, kind in zip(shown, kinds, strict=True):
        assert row["sessions shown"] == f"{kind['s']:,}"
        assert row["sessions held back"] == f"{kind['h']:,}"
        uplift = 100 * (kind["sp"] / kind["s"] - kind["hp"] / kind["h"])
        assert row["uplift, points"].replace("−", "-") == f"{uplift:+.1f}"  # noqa: RUF001
        low, high = (float(row[name].replace("−", "-")) for name in ("at least", "at most"))  # noqa: RUF001
        assert low < uplift < high
    expect(tab.get_by_role("img", name="Uplift by kind of promotion")).to_be_visible()


@needs_browser
def test_retention_is_that_of_the_mart(sandbox: Settings, demo: dict[str, Any], tab: Page) -> None:
    tab.goto(sandbox.console_url + "/reports/retention")
    mart = query(sandbox, "select first_day, days_later, listeners, share from marts.retention order by 1 desc, 2")
    shown = {row["first seen"]: row for row in cells(tab, "By the day on which they were first seen")}
    assert shown.keys() == {row["first_day"] for row in mart}
    for row in mart:
        if row["days_later"]:
            assert shown[row["first_day"]][f"+{row['days_later']}"] == f"{100 * row['share']:.1f} %"
    newest = max(shown)
    assert set(list(shown[newest].values())[2:]) <= {"–"}  # noqa: RUF001 - nobody knows yet


@needs_browser
def test_runs_of_dags_and_jobs_are_shown_with_the_way_to_their_own_pages(
    sandbox: Settings, demo: dict[str, Any], tab: Page
) -> None:
    tab.goto(sandbox.console_url + "/runs")
    runs = tab.locator("#tables").inner_text()
    for name in ("lake_daily", "lake_on_arrival", "recommendations"):
        assert name in runs
    tab.goto(sandbox.console_url + "/hops/airflow")
    expect(tab.get_by_role("link", name="Airflow", exact=True)).to_have_attribute("href", sandbox.airflow_url)
    expect(tab.locator('[data-hop="airflow"]')).to_have_attribute("data-state", "ready", timeout=WAIT_MS)


@needs_browser
@pytest.mark.parametrize(
    ("width", "colours"), [(390, "dark"), pytest.param(820, "light", marks=pytest.mark.long), (1440, "light")]
)
def test_pages_full_of_data_fit_their_width_and_every_text_stands_out(
    sandbox: Settings, demo: dict[str, Any], width: int, colours: Colours
) -> None:
    traced = demo["examples"][0]["command"].split()[-1]
    paths = [
        *("/", "/reports", "/runs", "/audit", "/dead-letters", "/logs", f"/trace?id={traced}"),
        *(f"/reports/{name}" for name in REPORTS),
        *(f"/hops/{name}" for name in hops(sandbox)),
    ]
    with page(width, 900, colours) as tab:
        for path in paths:
            answer = tab.goto(sandbox.console_url + path)
            assert answer, path
            assert answer.status == 200, path
            assert not tab.evaluate(TOO_WIDE), path
            assert tab.evaluate(CONTRASTS) == [], path
            assert tab.evaluate(OVERLAPS) == [], path
            name = path.partition("?")[0].strip("/").replace("/", "-") or "map"
            picture_if_wanted(tab, f"live-{name}-{width}-{colours}")
