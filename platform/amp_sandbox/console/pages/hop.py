"""A hop's page: what it is, its numbers, what it holds just now, and where else to look.

`/hops/<name>/content` is the part with the tables alone, which the page's script loads again while it is open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from amp_sandbox import aws
from amp_sandbox.console import site
from amp_sandbox.console.collect import airflow
from amp_sandbox.console.collect.batch import DATABASES, crawlers
from amp_sandbox.console.flow import Hop, hops
from amp_sandbox.console.pages.states import NOTHING, STATE_WORDS, live_of
from amp_sandbox.console.records import CONTENTS, lake, warehouse
from amp_sandbox.console.tables import Table, identifier, text
from amp_sandbox.settings import Settings


@dataclass(frozen=True)
class Link:
    """Somewhere else to look; `note` says what for, or what is needed to get in."""

    title: str
    url: str
    note: str = ""


_PAGES: Mapping[str, tuple[Link, ...]] = {
    "queue": (Link("Dead letters", "/dead-letters", "what was put aside, why, and back again"),),
    "ingest": (Link("Its whole log", "/logs/lambda/catalog-ingest"),),
    "flattener": (Link("Its whole log", "/logs/lambda/show-flattener"),),
    "event_transform": (Link("Its whole log", "/logs/lambda/event-transform"),),
    "warehouse": (Link("Reports", "/reports", "what the marts are for"),),
}


async def show(request: Request) -> Response:
    """The page; its tables come with it."""
    hop = _hop(request)
    facts = (await live_of(request).now()).hops.get(hop.name, NOTHING)
    settings = site.settings_of(request)
    tables = await site.in_thread(CONTENTS[hop.name], settings)
    links = await site.in_thread(_links, settings, hop)
    return site.page(
        request,
        "hop.html",
        hop=hop,
        facts=facts,
        words=STATE_WORDS,
        tables=tables,
        links=links,
        neighbours=_neighbours(settings, hop),
        crawlers=[one["Name"] for one in await site.in_thread(crawlers, settings)] if hop.name == "crawlers" else [],
    )


def content(request: Request) -> Response:
    """The tables alone."""
    hop = _hop(request)
    return site.page(request, "tables.html", tables=CONTENTS[hop.name](site.settings_of(request)))


def show_object(request: Request) -> Response:
    """An object of the raw bucket: its first lines."""
    key = request.query_params.get("key", "")
    found = lake.object_lines(site.settings_of(request), key) if key else None
    if found is None:
        raise HTTPException(404, f"There is no object {key} in the raw bucket")
    lines, count = found
    shown = f"The first {len(lines)} of {count:,} lines." if count > len(lines) else ""
    table = Table("Lines", ("line",), [(line,) for line in lines], "The object is empty.", note=shown)
    command = f"aws s3 cp s3://{site.settings_of(request).raw_bucket}/{key} - | gunzip"
    return site.page(
        request, "detail.html", title=key, back=Link("Lake: raw", "/hops/raw"), tables=[table], command=command
    )


def show_table(request: Request) -> Response:
    """A table of the Data Catalog: its columns."""
    database, name = request.path_params["database"], request.path_params["table"]
    glue = aws.client(site.settings_of(request), "glue")
    try:
        table = glue.get_table(DatabaseName=database, Name=name)["Table"] if database in DATABASES else None
    except glue.exceptions.EntityNotFoundException:
        table = None
    if table is None:
        raise HTTPException(404, f"There is no table {name} in {database}")
    rows = [
        (identifier(one["Name"]), identifier(one["Type"]), text("")) for one in table["StorageDescriptor"]["Columns"]
    ]
    rows += [
        (identifier(one["Name"]), identifier(one["Type"]), text("partition")) for one in table.get("PartitionKeys", [])
    ]
    columns = Table(
        "Columns", ("column", "type", ""), rows, "It has no columns.", note=table["StorageDescriptor"]["Location"]
    )
    command = f'sandbox sql "select * from {database}.{name} limit 5"'  # noqa: S608 - shown, not run
    return site.page(
        request,
        "detail.html",
        title=f"{database}.{name}",
        back=Link("Data Catalog", "/hops/catalog"),
        tables=[columns],
        command=command,
    )


def show_mart(request: Request) -> Response:
    """A mart: its newest rows."""
    name = request.path_params["mart"]
    table = warehouse.rows_of(site.settings_of(request), name)
    if table is None:
        raise HTTPException(404, f"There is no mart {name}")
    command = f'sandbox sql --user analyst "select * from marts.{name}"'  # noqa: S608 - shown, not run
    return site.page(
        request,
        "detail.html",
        title=table.title,
        back=Link("Warehouse", "/hops/warehouse"),
        tables=[table],
        command=command,
    )


def _hop(request: Request) -> Hop:
    found = hops(site.settings_of(request)).get(request.path_params["name"])
    if found is None:
        raise HTTPException(404, f"There is no hop {request.path_params['name']}")
    return found


def _links(settings: Settings, hop: Hop) -> Sequence[Link]:
    if hop.name == "spark":
        return (
            Link(
                "Spark history", f"http://127.0.0.1:{settings.spark_history_port}", "stage by stage, once a job has run"
            ),
            Link("Spark master", f"http://127.0.0.1:{settings.spark_master_ui_port}", "while jobs run"),
        )
    if hop.name == "airflow" and airflow.is_up(settings):
        return (Link("Airflow", settings.airflow_url, "name and password: sandbox dag login"),)
    return _PAGES.get(hop.name, ())


def _neighbours(settings: Settings, hop: Hop) -> tuple[Sequence[Hop], Sequence[Hop]]:
    """The hops that data comes from, and those it goes on to."""
    known = hops(settings)
    before = [known[a] for a, b in FLOW if b == hop.name]
    after = [known[b] for a, b in FLOW if a == hop.name]
    return before, after


FLOW: tuple[tuple[str, str], ...] = (
    ("topic", "queue"),
    ("queue", "ingest"),
    ("ingest", "catalog_stream"),
    ("catalog_stream", "catalog_delivery"),
    ("catalog_delivery", "flattener"),
    ("flattener", "catalog_delivery"),
    ("catalog_delivery", "raw"),
    ("app", "events_stream"),
    ("events_stream", "events_delivery"),
    ("events_delivery", "event_transform"),
    ("event_transform", "events_delivery"),
    ("events_delivery", "raw"),
    ("raw", "crawlers"),
    ("raw", "spark"),
    ("crawlers", "catalog"),
    ("spark", "transformed"),
    ("catalog", "warehouse"),
    ("transformed", "warehouse"),
    ("airflow", "crawlers"),
    ("airflow", "spark"),
    ("airflow", "warehouse"),
)
"""What hands on to what."""

ROUTES = (
    Route("/hops/{name}", show, methods=["GET"]),
    Route("/hops/{name}/content", content, methods=["GET"]),
    Route("/hops/catalog/{database}/{table}", show_table, methods=["GET"]),
    Route("/hops/warehouse/{mart}", show_mart, methods=["GET"]),
    Route("/object", show_object, methods=["GET"]),
)
