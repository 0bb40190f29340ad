"""The reports: which there are, each for a range of days, and its tables as files."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from amp_sandbox.console import site
from amp_sandbox.console.reports import REPORTS, source
from amp_sandbox.console.reports.csv_file import csv_of
from amp_sandbox.console.reports.days import BadDaysError, Days, asked
from amp_sandbox.console.reports.report import Content, Report, table_of
from amp_sandbox.console.reports.source import Ask

RANGES = (7, 28, 90)


def index(request: Request) -> Response:
    """All reports, and how new their data is."""
    with source.analyst(site.settings_of(request)) as ask:
        known = _known(ask)
    newest = known.last if known else None
    return site.page(request, "reports.html", reports=list(REPORTS.values()), newest=newest)


def show(request: Request) -> Response:
    """A report of the days that are asked for."""
    report = _report(request)
    try:
        with source.analyst(site.settings_of(request)) as ask:
            known = _known(ask)
            days = asked(request.query_params, known or _today())
            content = report.build(ask, days) if known else None
    except BadDaysError as error:
        return site.page(request, "report.html", 400, report=report, problem=error, given=request.query_params)
    return site.page(
        request,
        "report.html",
        report=report,
        problem=None,
        days=days,
        known=known,
        given={"from": days.first.isoformat(), "to": days.last.isoformat()},
        ranges=_ranges(days.last),
        **_shown(report, content, days),
    )


def content(request: Request) -> Response:
    """What is in a report, alone."""
    report = _report(request)
    with source.analyst(site.settings_of(request)) as ask:
        days = _asked(request, ask)
        found = report.build(ask, days)
    return site.page(request, "report_content.html", report=report, **_shown(report, found, days))


def download(request: Request) -> Response:
    """One of a report's tables as a CSV file."""
    report = _report(request)
    with source.analyst(site.settings_of(request)) as ask:
        days = _asked(request, ask)
        sheets = {sheet.name: sheet for sheet in report.build(ask, days).sheets}
    name = request.path_params["sheet"]
    if name not in sheets:
        raise HTTPException(404, f"There is no table {name} in this report")
    # All of the file's name is ours: of the request, what was found is in it and nothing that was typed.
    file = f"amp-{report.name}-{name}-{days.first}-{days.last}.csv"
    return Response(
        csv_of(sheets[name]).encode("utf-8", "replace"),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{file}"'},
    )


def _report(request: Request) -> Report:
    name = request.path_params["name"]
    if name not in REPORTS:
        raise HTTPException(404, f"There is no report {name}")
    return REPORTS[name]


def _asked(request: Request, ask: Ask) -> Days:
    try:
        return asked(request.query_params, _known(ask) or _today())
    except BadDaysError as error:
        raise HTTPException(400, f"{error.what.rstrip('.')}: {error.why}".rstrip(".")) from None


def _known(ask: Ask) -> Days | None:
    """From the oldest to the newest day that the marts have; None before there are any."""
    rows = ask("known_days")
    return Days(rows[0]["oldest"], rows[0]["newest"]) if rows and rows[0]["newest"] else None


def _today() -> Days:
    today = datetime.now(UTC).date()
    return Days(today, today)


def _shown(report: Report, found: Content | None, days: Days) -> Mapping[str, Any]:
    """A report's content, with its tables as the page's, each with the address of its file."""
    query = urlencode({"from": days.first.isoformat(), "to": days.last.isoformat()})
    tables = (
        [(table_of(one), f"/reports/{report.name}/{one.name}.csv?{query}") for one in found.sheets] if found else []
    )
    return {"content": found, "tables": tables, "query": query}


def _ranges(last: date) -> list[tuple[str, str]]:
    """Ranges that are often wanted, and their addresses."""
    return [
        (f"{n} days", "?" + urlencode({"from": (last - timedelta(days=n - 1)).isoformat(), "to": last.isoformat()}))
        for n in RANGES
    ]


SECTION = site.Section(
    "Reports",
    "/reports",
    (
        Route("/reports", index, methods=["GET"]),
        Route("/reports/{name}", show, methods=["GET"]),
        Route("/reports/{name}/content", content, methods=["GET"]),
        Route("/reports/{name}/{sheet}.csv", download, methods=["GET"]),
    ),
)
