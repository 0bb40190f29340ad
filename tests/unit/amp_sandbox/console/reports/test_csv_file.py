import csv
import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amp_sandbox.console.reports.csv_file import csv_of
from amp_sandbox.console.reports.report import Column, Sheet


def sheet(*rows: dict[str, Any]) -> Sheet:
    columns = [Column("dt", "Day", "day"), Column("title", "Show", "text"), Column("n", "Number", "decimal")]
    return Sheet("s", "S", columns, rows)


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_values_are_written_for_programs() -> None:
    rows = [
        {"dt": date(2026, 3, 2), "title": 'Say "hi", all', "n": Decimal("1234.50")},
        {"dt": datetime(2026, 3, 2, 10, 5, 7), "title": "two\nlines", "n": 0.1},  # noqa: DTZ001
        {"dt": None, "title": None, "n": None, "more": "is not of the sheet"},
        {"title": "", "n": 1_000_000},
    ]
    assert read(csv_of(sheet(*rows))) == [
        ["dt", "title", "n"],
        ["2026-03-02", 'Say "hi", all', "1234.50"],
        ["2026-03-02 10:05:07", "two\nlines", "0.1"],
        ["", "", ""],
        ["", "", "1000000"],
    ]


def test_lines_end_as_the_standard_says() -> None:
    assert csv_of(sheet({"title": "a"})) == "dt,title,n\r\n,a,\r\n"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])  # noqa: RUF001
def test_a_text_that_a_spreadsheet_takes_for_a_formula_begins_with_an_apostrophe(start: str) -> None:
    """https://owasp.org/www-community/attacks/CSV_Injection"""
    [_, [_, title, _]] = read(csv_of(sheet({"title": f"{start}cmd|' /C calc'!A0"})))
    assert title == f"'{start}cmd|' /C calc'!A0"


def test_a_negative_number_is_a_number() -> None:
    assert read(csv_of(sheet({"n": -1.5}, {"n": Decimal("-2")}, {"n": -3})))[1:] == [
        ["", "", "-1.5"],
        ["", "", "-2"],
        ["", "", "-3"],
    ]


@given(st.lists(st.text(max_size=40), max_size=5))
def test_every_text_comes_back_whole_and_is_no_formula(titles: list[str]) -> None:
    found = read(csv_of(sheet(*({"title": one} for one in titles))))[1:]
    assert len(found) == len(titles)
    for [_, title, _], wanted in zip(found, titles, strict=True):
        assert title.removeprefix("'") == wanted.removeprefix("'")
        assert not title.startswith(("=", "+", "-", "@", "\t", "\r"))
