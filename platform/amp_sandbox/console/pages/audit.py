"""The audit's verdict: where every published record is."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from amp_sandbox.console import site
from amp_sandbox.console.auditor import Auditor, Verdict
from amp_sandbox.console.tables import Cell, Table, count, identifier, record

STREAM_COUNTS = ("published", "landed", "in_flight", "dead_lettered", "failed", "lost", "duplicates", "unrecorded")
ROW_COUNTS = ("raw", "awaiting", "transformed", "quarantined", "lost", "duplicates", "unexplained")


def show(request: Request) -> Response:
    """The latest verdict, and the button for another."""
    verdict = _auditor(request).latest
    return site.page(request, "audit.html", verdict=verdict, tables=_tables(verdict) if verdict else ())


def run(request: Request) -> Response:
    """Audit now; the page is loaded again afterwards."""
    verdict = _auditor(request).ask()
    return JSONResponse({"told": "Nothing is lost." if verdict.audit.clean else f"{verdict.lost} are lost."})


def _auditor(request: Request) -> Auditor:
    found: Auditor = request.app.state.auditor
    return found


def _tables(verdict: Verdict) -> list[Table]:
    tables = [_account("Streams", STREAM_COUNTS, verdict.audit.streams)]
    if verdict.audit.transformed:
        tables.append(_account("Rows that the jobs have read", ROW_COUNTS, verdict.audit.transformed))
    lost = [(identifier(stream), record(one)) for stream, ids in verdict.audit.lost.items() for one in ids]
    if lost:
        tables.append(Table("Lost", ("stream", "record"), lost, "", note="A few of each; open one to trace it."))
    return tables


def _account(title: str, names: Sequence[str], accounts: Sequence[Any]) -> Table:
    rows = [(identifier(one.stream), *(_number(name, getattr(one, name)) for name in names)) for one in accounts]
    return Table(title, ("stream", *(name.replace("_", " ") for name in names)), rows, "No stream.")


def _number(name: str, value: int) -> Cell:
    shown = count(value)
    return Cell(shown.value, "bad") if value and name == "lost" else shown


SECTION = site.Section(
    "Audit", "/audit", (Route("/audit", show, methods=["GET"]), Route("/audit", run, methods=["POST"]))
)
