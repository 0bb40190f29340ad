"""Glue's operations on the runs of crawlers, and on their schedules.

StartCrawler only writes to the store; `crawls.engine` does the work.

**Left out:** DPU hours: nobody is billed, and DPUHour is 0.
"""

import operator
import statistics
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from amp_sandbox.glue import errors, store
from amp_sandbox.glue.checks import position_of, require_crawler
from amp_sandbox.glue.schedules import require_schedule
from amp_sandbox.glue.shapes import describe_crawl
from amp_sandbox.glue.store import Crawl, Crawler
from amp_sandbox.protocol import Answer, Context, Request, operation
from amp_sandbox.protocol.pages import page_of
from amp_sandbox.standins.sqlite import transaction

_PAGE = 20
_METRICS_PAGE = 100
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "GT": operator.gt,
    "GE": operator.ge,
    "LT": operator.lt,
    "LE": operator.le,
    "EQ": operator.eq,
    "NE": operator.ne,
}
_ORDERED = ("START_TIME", "END_TIME", "DPU_HOUR")


@operation("glue", "StartCrawler")
def start_crawler(ctx: Context, req: Request) -> Answer:
    """Begin a crawl; crawls of several crawlers run one after the other, and RUNNING is said of those that wait too.

    https://docs.aws.amazon.com/glue/latest/webapi/API_StartCrawler.html
    """
    crawler = require_crawler(ctx, req["Name"])
    if not store.start_crawl(ctx.db, crawler.id, str(uuid.uuid4()), at=ctx.now()):
        raise errors.crawler_running(crawler.name)
    return {}


@operation("glue", "StopCrawler")
def stop_crawler(ctx: Context, req: Request) -> Answer:
    """End a crawl as soon as the object that it reads is read; the catalogue is as it was.

    https://docs.aws.amazon.com/glue/latest/webapi/API_StopCrawler.html
    """
    with transaction(ctx.db):
        crawler = require_crawler(ctx, req["Name"])
        if crawler.state == store.STOPPING:
            raise errors.crawler_stopping(crawler.name)
        if crawler.state != store.RUNNING:
            raise errors.crawler_not_running(crawler.name)
        store.set_state(ctx.db, crawler.id, store.STOPPING)
    return {}


@operation("glue", "StartCrawlerSchedule")
def start_crawler_schedule(ctx: Context, req: Request) -> Answer:
    """Turn a crawler's schedule on.

    https://docs.aws.amazon.com/glue/latest/webapi/API_StartCrawlerSchedule.html
    """
    with transaction(ctx.db):
        crawler = require_crawler(ctx, req["CrawlerName"])
        if not crawler.definition.get("Schedule"):
            raise errors.no_schedule(crawler.name)
        if crawler.schedule_state == store.SCHEDULED:
            raise errors.scheduler_running(crawler.name)
        store.set_schedule_state(ctx.db, crawler.id, store.SCHEDULED)
    return {}


@operation("glue", "StopCrawlerSchedule")
def stop_crawler_schedule(ctx: Context, req: Request) -> Answer:
    """Turn a crawler's schedule off; a crawl under way goes on.

    https://docs.aws.amazon.com/glue/latest/webapi/API_StopCrawlerSchedule.html
    """
    with transaction(ctx.db):
        crawler = require_crawler(ctx, req["CrawlerName"])
        if crawler.schedule_state != store.SCHEDULED:
            raise errors.scheduler_not_running(crawler.name)
        store.set_schedule_state(ctx.db, crawler.id, store.NOT_SCHEDULED)
    return {}


@operation("glue", "UpdateCrawlerSchedule")
def update_crawler_schedule(ctx: Context, req: Request) -> Answer:
    """Give a crawler another schedule, which is on; without one, it has none.

    https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateCrawlerSchedule.html
    """
    schedule = req.get("Schedule")
    with transaction(ctx.db):
        crawler = require_crawler(ctx, req["CrawlerName"])
        definition = {name: value for name, value in crawler.definition.items() if name != "Schedule"}
        if schedule:
            require_schedule(schedule)
            definition["Schedule"] = schedule
        store.update_crawler(ctx.db, crawler.id, definition, at=ctx.now())
        store.set_schedule_state(ctx.db, crawler.id, store.SCHEDULED if schedule else store.NOT_SCHEDULED)
    return {}


@operation("glue", "GetCrawlerMetrics")
def get_crawler_metrics(ctx: Context, req: Request) -> Answer:
    """Show how long crawlers take, and what the latest crawl of each changed of the tables.

    https://docs.aws.amazon.com/glue/latest/webapi/API_GetCrawlerMetrics.html
    """
    wanted = req.get("CrawlerNameList")
    found = store.list_crawlers(ctx.db, after=position_of(req, str) or "")
    named = (crawler for crawler in found if not wanted or crawler.name in wanted)
    page, token = page_of(named, req.get("MaxResults") or _METRICS_PAGE, lambda crawler: crawler.name)
    return {"CrawlerMetricsList": [_metrics(ctx, crawler) for crawler in page], **token}


@operation("glue", "ListCrawls")
def list_crawls(ctx: Context, req: Request) -> Answer:
    """List the crawls of a crawler that all Filters hold for, the newest first, a page at a time.

    Times in filters are milliseconds since 1970, as on AWS.

    https://docs.aws.amazon.com/glue/latest/webapi/API_ListCrawls.html
    """
    crawler = require_crawler(ctx, req["CrawlerName"])
    filters = [_filter(given) for given in req.get("Filters") or []]
    found = store.list_crawls(ctx.db, crawler.id, before=position_of(req, int))
    matching = (crawl for crawl in found if all(holds(crawl) for holds in filters))
    page, token = page_of(matching, req.get("MaxResults") or _PAGE, lambda crawl: crawl.number)
    return {"Crawls": [describe_crawl(crawler, crawl) for crawl in page], **token}


def _metrics(ctx: Context, crawler: Crawler) -> Answer:
    ended = [one for one in store.list_crawls(ctx.db, crawler.id) if one.ended_at is not None]
    seconds = list(_seconds(ended))
    tables = (ended[0].summary or {}).get("TABLE", {}) if ended else {}
    return {
        "CrawlerName": crawler.name,
        "TimeLeftSeconds": 0,
        "StillEstimating": crawler.state != store.READY,
        "LastRuntimeSeconds": seconds[0] if seconds else 0,
        "MedianRuntimeSeconds": statistics.median(seconds) if seconds else 0,
        "TablesCreated": tables.get("ADD", 0),
        "TablesUpdated": tables.get("UPDATE", 0),
        "TablesDeleted": tables.get("DELETE", 0),
    }


def _seconds(crawls: list[Crawl]) -> Iterator[float]:
    for crawl in crawls:
        assert crawl.ended_at is not None
        yield crawl.ended_at - crawl.started_at


def _filter(given: Mapping[str, str]) -> Callable[[Crawl], bool]:
    """Whether a crawl passes a filter."""
    field, name, text = given.get("FieldName"), given.get("FilterOperator"), given.get("FieldValue")
    if not field or not name or text is None:
        raise errors.invalid_input("A filter needs a FieldName, a FilterOperator and a FieldValue.")
    if field not in _ORDERED and name not in ("EQ", "NE"):
        raise errors.invalid_input(f"{field} can be filtered by EQ and NE, not by {name}.")
    compare = _OPERATORS[name]
    if field in _ORDERED:
        try:
            wanted: Any = float(text)
        except ValueError as error:
            raise errors.invalid_input(f"The filter of {field} needs a number, not {text!r:.100}.") from error
    else:
        wanted = text

    def holds(crawl: Crawl) -> bool:
        value = _field(crawl, field)
        return value is not None and compare(value, wanted)

    return holds


def _field(crawl: Crawl, field: str) -> Any:
    match field:
        case "CRAWL_ID":
            return crawl.id
        case "STATE":
            return crawl.state
        case "START_TIME":
            return crawl.started_at * 1000
        case "END_TIME":
            return None if crawl.ended_at is None else crawl.ended_at * 1000
    return 0.0  # DPU_HOUR
