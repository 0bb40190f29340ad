"""Whatever a record holds, a page shows it as text: no value changes what elements a page has."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import Request

from amp_sandbox.console import site, tables
from amp_sandbox.console.collect import Facts, Number
from amp_sandbox.console.flow import hops
from amp_sandbox.console.pages import SECTIONS
from amp_sandbox.console.pages.hop import Link
from amp_sandbox.console.pages.states import STATE_WORDS
from amp_sandbox.console.pages.trace import ENDS
from amp_sandbox.console.platform_state import Platform
from amp_sandbox.console.reports.plots import Interval, Series, across, intervals, over_time
from amp_sandbox.console.reports.report import Change, Column, Content, Figure, Report, Sheet, table_of
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings
from amp_sandbox.trace import Hop, Trace

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</pre></details><h1>",
    "</title><script>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; &#60;",
    "<!-- --> ]]>",
    "\ud83d half a pair",
    "\x00\x0b\x1f",
)
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=200))


class Elements(HTMLParser):
    """The elements of a page in their order, each with its attributes' names, and the addresses that it leads to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *(name for name, _ in attrs)))
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "data-action")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def rendered(template: str, **values: Any) -> Elements:
    app = SimpleNamespace(state=SimpleNamespace(settings=Settings(), sections=SECTIONS, token="t", live=None))
    request = Request({"type": "http", "path": "/", "headers": [], "query_string": b"", "app": app, "method": "GET"})
    answer = site.page(cast(Request, request), template, **values)
    return Elements(bytes(answer.body).decode())


def a_table(value: str) -> tables.Table:
    cells = (
        tables.text(value),
        tables.identifier(value, "/object?key=x"),
        tables.record(value or "x"),
        tables.problem(value),
        tables.mark(value, "failing"),
        tables.Cell(f"{value}{'x' * 100}", "body"),
    )
    return tables.Table(value, (value,) * len(cells), [cells], value, value, f"note {value}")


def a_report(value: str) -> Report:
    return Report("daily-flash", value, value, lambda _ask, _days: a_content(value))


def a_sheet(value: str) -> Sheet:
    return Sheet("sheet", value, [Column("title", value, "text"), Column("id", value, "id")], [{"title": value}], value)


def a_content(value: str) -> Content:
    """With a plot of each kind."""
    drawings = (
        over_time("over", value, [value, f"x{value}"], [Series(value, [1, 2]), Series(f"x{value}", [1, None])]),
        across("across", value, [f"x{value}"], [Series(value, [1])], unit="x"),
        intervals("intervals", value, [Interval(value, 1, 0, 2), Interval(value, None, None, None)], "x"),
    )
    return Content([a_sheet(value)], drawings, [Figure(value, value, [Change(value, value, f"x{value}")])], f"x{value}")


def pages(value: str) -> dict[str, Elements]:
    """Every template that shows what others wrote, with that value wherever one can be."""
    table = a_table(value)
    facts = Facts("failing", value, value, (Number(value, value, bad=True),), f"x{value}")
    known = hops(Settings())
    hop = Hop("queue", datetime(2026, 3, 2, tzinfo=UTC), {"detail": value, "row": {"title": value, "more": [value]}})
    return {
        "tables": rendered("tables.html", tables=[table]),
        "map": rendered(
            "map.html",
            hops=known,
            facts=dict.fromkeys(known, facts),
            words=STATE_WORDS,
            platform=Platform(False, f"x{value}", value),
            verdict=None,
            empty=False,
        ),
        "hop": rendered(
            "hop.html",
            hop=known["queue"],
            facts=facts,
            words=STATE_WORDS,
            tables=[table],
            links=[Link(value, "/x", f"x{value}")],
            neighbours=((), ()),
            crawlers=[value],
        ),
        "detail": rendered("detail.html", title=value, back=Link(value, "/"), tables=[table], command=f"x {value}"),
        "trace": rendered(
            "trace.html",
            wanted=value,
            found=Trace(value, value, "failed", (hop,)),
            steps=[(hop, 0.5, "/hops/queue")],
            end=ENDS["failed"],
            problem=None,
        ),
        "no trace": rendered(
            "trace.html",
            wanted=value,
            found=None,
            steps=(),
            end=None,
            problem=SandboxError(value, f"x{value}", f"x{value}"),
        ),
        "problem": rendered("problem.html", problem=SandboxError(value, f"x{value}", f"x{value}")),
        "reports": rendered("reports.html", reports=[a_report(value)], newest=value),
        "report": rendered(
            "report.html",
            report=a_report(value),
            problem=None,
            known=value,
            given={"from": value, "to": value},
            ranges=[(value, "?from=2026-03-02")],
            content=a_content(value),
            tables=[(table_of(a_sheet(value)), "/reports/x/y.csv")],
            query="from=2026-03-02",
        ),
        "bad days": rendered(
            "report.html",
            report=a_report(value),
            problem=SandboxError(value, f"x{value}"),
            given={"from": value, "to": value},
        ),
        "log": rendered("log.html", source=value, lines=[f"x{value}"]),
        "logs": rendered("logs.html", services=[value], functions=[value]),
    }


HARMLESS = pages("word")


@given(texts)
@example("")
def test_no_value_changes_what_a_page_is_made_of(value: str) -> None:
    shown = pages(value or "word")
    for name, page in shown.items():
        assert page.elements == HARMLESS[name].elements, name


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_becomes_an_address(value: str) -> None:
    for name, page in pages(value).items():
        for address in page.addresses:
            assert address.startswith(("/", "#")), (name, address)
            assert not address.startswith("//"), (name, address)


def test_a_value_is_shown_as_it_was_written() -> None:
    assert "<script>alert(1)</script>" in "".join(pages("<script>alert(1)</script>")["log"].words)


def test_a_hop_of_a_trace_needs_no_row() -> None:
    hops_seen = (Hop("published to Kinesis", None, {"run": "r"}), Hop("queue", None, {}))
    page = rendered(
        "trace.html",
        wanted="x",
        found=Trace("x", "app-events", "landed", hops_seen),
        steps=[(hop, None, "/hops/app") for hop in hops_seen],
        end=ENDS["landed"],
        problem=None,
    )
    assert "It is in the lake." in page.words
