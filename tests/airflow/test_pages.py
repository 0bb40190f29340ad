"""The daily flash as a page in S3: its numbers, its changes, and what is missing."""

import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.sdk.bases.operator import ExecutorSafeguard
from support.dag_fakes import FakeRedshiftData, FakeS3

from amp_dags import flash

COLUMNS = ("dt", "listeners", "listened_hours", "live_plays")
DAY = date(2026, 11, 25)


def record(day: str, listeners: int | None, hours: str | None, live_plays: int | None = 3) -> list[dict]:
    """A row as the Data API has it: DECIMAL and DATE are texts.

    https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_Field.html
    """

    def field(value, kind):
        return {"isNull": True} if value is None else {kind: value}

    return [
        {"stringValue": day},
        field(listeners, "longValue"),
        field(hours, "stringValue"),
        field(live_plays, "longValue"),
    ]


class Rows(HTMLParser):
    """The rows of the first table, by their headings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.elements: list[str] = []
        self._cell = False
        self.feed(html)
        self.by_name = {row[0]: row[1:] for row in self.rows}

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._cell = True

    def handle_endtag(self, tag):
        self._cell = self._cell and tag not in ("td", "th")

    def handle_data(self, data):
        if self._cell:
            self.rows[-1][-1] += data


@pytest.fixture
def s3(monkeypatch):
    fake = FakeS3()
    monkeypatch.setattr(ExecutorSafeguard, "test_mode", True)
    monkeypatch.setattr(S3Hook, "conn", fake)
    return fake


@pytest.fixture
def written(prepared, s3):
    """Runs the task for the 24th and the 25th; the pages by their keys."""

    def write(*records: list[dict]) -> dict[str, Rows]:
        client = FakeRedshiftData(rows=records)
        client.columns = COLUMNS
        task, context = prepared("lake_daily", "write_flash")
        task.hook.__dict__["conn"] = client
        assert task.execute(context) == "s3://the-transformed-bucket/_pages/daily_flash/2026-11-25.html"
        [sent] = client.sent
        assert {one["name"]: one["value"] for one in sent["Parameters"]} == {
            "first_day": "2026-11-24",
            "last_day": "2026-11-25",
        }
        assert {bucket for bucket, _ in s3.kept} == {"the-transformed-bucket"}
        assert {one["ContentType"] for one in s3.kept.values()} == {"text/html; charset=utf-8"}
        return {key: Rows(request["Body"].decode()) for (_, key), request in s3.kept.items()}

    return write


def test_each_day_of_the_run_has_a_page_with_its_changes(written):
    pages = written(
        record("2026-11-18", 1000, "80.00"), record("2026-11-24", 1250, "99.93"), record("2026-11-25", 1200, "120.00")
    )
    assert sorted(pages) == [f"_pages/daily_flash/2026-11-{day}.html" for day in (24, 25)]
    newest = pages["_pages/daily_flash/2026-11-25.html"].by_name
    assert newest[""][0] == "2026-11-25"
    assert newest["Listeners"] == ["1,200", "−50 (−4.0 %)", "+200 (+20.0 %)"]  # noqa: RUF001
    # 20.07 more than 99.93
    assert newest["Listened hours"] == ["120.0", "+20.1 (+20.1 %)", "+40.0 (+50.0 %)"]
    assert newest["Live plays"] == ["3", "0 (0.0 %)", "0 (0.0 %)"]


def test_a_number_that_the_mart_has_not_is_a_dash_and_never_zero(written):
    pages = written(record("2026-11-24", 0, "0.00"), record("2026-11-25", 7, None, None))
    newest = pages["_pages/daily_flash/2026-11-25.html"].by_name
    assert newest["Listeners"] == ["7", "+7", "–"]  # noqa: RUF001  of nothing there are no per cent
    assert newest["Listened hours"] == ["–", "–", "–"]  # noqa: RUF001
    assert newest["Live plays"] == ["–", "–", "–"]  # noqa: RUF001


def test_a_day_that_the_mart_has_not_says_so(written):
    pages = written(record("2026-11-24", 10, "1.00"))
    newest = pages["_pages/daily_flash/2026-11-25.html"]
    assert newest.by_name["Listeners"] == ["–", "–", "–"]  # noqa: RUF001
    assert newest.by_name["2026-11-25"] == ["–"]  # noqa: RUF001
    html = flash.page({date(2026, 11, 24): {"listeners": 10, "listened_hours": Decimal(1)}}, DAY)
    assert "There are no numbers of this day." in html


def test_without_any_rows_there_is_a_page_that_says_so(written):
    pages = written()
    assert "strong" in pages["_pages/daily_flash/2026-11-25.html"].elements


def test_a_plot_has_a_bar_for_each_day_that_has_a_number():
    days = {date(2026, 11, day): {"listeners": day, "listened_hours": None} for day in (1, 24, 25)}
    html = flash.page(days, DAY)
    bars = re.findall(r'<rect [^>]*height="([\d.]+)"><title>([^<]+)</title>', html)
    assert bars == [("4.4", "2026-11-01: 1"), ("105.6", "2026-11-24: 24"), ("110.0", "2026-11-25: 25")]


def test_the_page_loads_nothing_and_runs_nothing():
    html = flash.page({DAY: {"listeners": 1, "listened_hours": Decimal(1)}}, DAY)
    assert not re.search(r"<script|<link|<img|src=|href=|https?://|\son\w+=", html)
    assert "default-src 'none'" in html


def test_what_the_data_api_gives_is_read_by_its_types():
    results = [{"ColumnMetadata": [{"name": name} for name in COLUMNS], "Records": [record("2026-11-25", 5, "1.50")]}]
    assert flash.days_of(results) == {DAY: {"listeners": 5, "listened_hours": Decimal("1.50"), "live_plays": 3}}
