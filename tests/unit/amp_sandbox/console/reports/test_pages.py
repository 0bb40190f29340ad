"""The pages of the reports, from the warehouse of these tests."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
from support.console_app import Numbers, served, settings_of_nothing
from support.mart_warehouse import MartWarehouse

from amp_sandbox.console.reports import REPORTS, source
from amp_sandbox.console.reports.source import Ask, asking
from amp_sandbox.settings import Settings

RANGE = "?from=2026-03-01&to=2026-03-10"
SHEETS = {
    "daily-flash": ("days",),
    "business-review": ("weeks", "categories"),
    "trending": ("now", "on-air", "days"),
    "engagement": ("shows", "creators"),
    "promotions": ("kinds", "promotions"),
    "retention": ("days-later", "first-days"),
}


@pytest.fixture(scope="module")
def site(warehouse: MartWarehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The console's address; its analyst asks the warehouse of these tests."""

    @contextmanager
    def analyst(_settings: Settings) -> Iterator[Ask]:
        with warehouse.analyst() as connection:
            yield asking(connection)

    settings = settings_of_nothing(tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch, served(settings, Numbers({})):
        patch.setattr(source, "analyst", analyst)
        yield settings.console_url


def get(url: str) -> Any:
    return urllib3.request("GET", url, redirect=False, retries=False, timeout=20)


def page(url: str) -> str:
    answer = get(url)
    assert answer.status == 200, answer.data.decode()
    return str(answer.data.decode())


def test_all_reports_are_listed_with_the_newest_day(site: str) -> None:
    text = page(f"{site}/reports")
    assert "The newest day is <time>2026-03-10</time>." in text
    assert re.findall(r'href="/reports/([a-z-]+)"', text) == list(REPORTS) == list(SHEETS)


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_has_its_plots_its_tables_and_their_files(site: str, name: str) -> None:
    text = page(f"{site}/reports/{name}{RANGE}")
    assert 'name="from" value="2026-03-01"' in text
    linked = re.findall(r'href="(/reports/[^"]+\.csv[^"]*)"', text)
    for address in linked:
        rows = list(csv.reader(io.StringIO(page(site + address.replace("&amp;", "&")), newline="")))
        assert len({len(row) for row in rows}) == 1
        assert len(rows) > 1, address
    of_empty = {"now", "on-air"} if name == "trending" else set()
    assert {address.split("/")[3].split(".")[0] for address in linked} == set(SHEETS[name]) - of_empty
    plots = re.findall(r'<svg width="100%"[^>]*role="img" aria-labelledby="(\S+) (\S+)">', text)
    assert bool(plots) == (name != "trending")
    for title, words in plots:
        assert re.search(rf'<title id="{title}">[^<]+</title>', text)
        assert re.search(rf'<desc id="{words}">[^<]+</desc>', text)


def test_without_days_a_report_is_of_the_days_that_are_known(site: str) -> None:
    text = page(f"{site}/reports/daily-flash")
    assert 'name="from" value="2026-03-01"' in text
    assert 'name="to" value="2026-03-10"' in text


@pytest.mark.parametrize(
    "query", ["?from=nonsense", "?from=2026-03-10&to=2026-03-01", "?from=2020-01-01", "?to='%3B%20DROP%20TABLE%20x"]
)
def test_days_that_cannot_be_shown_are_refused_with_the_form_to_mend_them(site: str, query: str) -> None:
    for name in REPORTS:
        answer = get(f"{site}/reports/{name}{query}")
        assert answer.status == 400
        assert 'role="alert"' in answer.data.decode()
        assert '<input type="date" name="from"' in answer.data.decode()
        assert get(f"{site}/reports/{name}/{SHEETS[name][0]}.csv{query}").status == 400


def test_a_file_is_named_after_the_report_and_its_days(site: str) -> None:
    answer = get(f"{site}/reports/engagement/shows.csv{RANGE}")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    file = "amp-engagement-shows-2026-03-01-2026-03-10.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{file}"'
    rows = list(csv.DictReader(io.StringIO(answer.data.decode(), newline="")))
    assert [row["show_id"] for row in rows] == ["a", "b", "c"]
    assert [row["title"] for row in rows] == ["Morning", "'=cmd|' /C calc'!A0", ""]


def test_what_is_no_report_or_no_table_is_not_found(site: str) -> None:
    assert get(f"{site}/reports/nonsense").status == 404
    assert get(f"{site}/reports/nonsense/days.csv").status == 404
    assert get(f"{site}/reports/engagement/nonsense.csv").status == 404


def test_only_the_near_real_time_report_is_loaded_again_while_it_is_open(site: str) -> None:
    for name, report in REPORTS.items():
        asked = re.findall(r'data-refresh="([^"]+)"', page(f"{site}/reports/{name}{RANGE}"))
        assert bool(asked) == report.live == (name == "trending")
        for address in asked:
            part = page(site + address.replace("&amp;", "&"))
            assert "<html" not in part
            assert "<table>" in part


def test_a_title_is_text_wherever_it_is_shown(site: str, warehouse: MartWarehouse) -> None:
    hostile = '"><script>alert(1)</script>'
    warehouse.db.execute("UPDATE marts.engagement_by_show SET title = %s WHERE show_id = 'b'", (hostile,))
    try:
        text = page(f"{site}/reports/engagement{RANGE}")
    finally:
        warehouse.db.execute("UPDATE marts.engagement_by_show SET title = 'b' WHERE show_id = 'b'")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert hostile not in text


def test_pages_have_no_style_or_script_of_their_own(site: str) -> None:
    for name in ("", *(f"/{one}" for one in REPORTS)):
        text = page(f"{site}/reports{name}")
        assert not re.search(r"<script(?![^>]*src=)|<style|style=|\son\w+=", text)


def test_before_there_are_marts_a_page_says_what_to_type(tmp_path: Path, ask_of_nothing: Ask) -> None:
    @contextmanager
    def analyst(_settings: Settings) -> Iterator[Ask]:
        yield ask_of_nothing

    settings = settings_of_nothing(tmp_path)
    with pytest.MonkeyPatch.context() as patch, served(settings, Numbers({})):
        patch.setattr(source, "analyst", analyst)
        for path in ("/reports", *(f"/reports/{name}" for name in REPORTS)):
            assert "<code>sandbox batch</code>" in page(settings.console_url + path)
        assert get(f"{settings.console_url}/reports/daily-flash/days.csv").status == 200
