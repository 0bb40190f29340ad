"""Crawls, Spark's runs and Airflow's on one page, and the button that starts a crawl."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from amp_sandbox import aws
from amp_sandbox.console import site
from amp_sandbox.console.collect.batch import crawlers
from amp_sandbox.console.records import batch


def show(request: Request) -> Response:
    """The newest runs of everything."""
    return site.page(
        request,
        "runs.html",
        tables=_tables(request),
        crawlers=[one["Name"] for one in crawlers(site.settings_of(request))],
    )


def content(request: Request) -> Response:
    """The tables alone."""
    return site.page(request, "tables.html", tables=_tables(request))


def crawl(request: Request) -> Response:
    """Start a crawl."""
    settings, name = site.settings_of(request), request.path_params["crawler"]
    if name not in {one["Name"] for one in crawlers(settings)}:
        raise HTTPException(404, f"There is no crawler {name}")
    glue = aws.client(settings, "glue")
    try:
        glue.start_crawler(Name=name)
    except glue.exceptions.CrawlerRunningException:
        return JSONResponse({"told": f"{name} is crawling already."})
    return JSONResponse({"told": f"{name} has begun to crawl."})


def _tables(request: Request) -> list[object]:
    settings = site.settings_of(request)
    return [*batch.job_runs(settings), *batch.dag_runs(settings), *batch.crawls(settings)]


SECTION = site.Section(
    "Runs",
    "/runs",
    (
        Route("/runs", show, methods=["GET"]),
        Route("/runs/content", content, methods=["GET"]),
        Route("/runs/crawlers/{crawler}", crawl, methods=["POST"]),
    ),
)
