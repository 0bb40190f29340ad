"""Glue's operations on crawlers: what they are told to do.

**Left out:**

* the role is asked for when a crawler is made, and not assumed: everyone on this machine may read everything;
* quotas of crawlers: there are none.

`crawler_config` lists the options that are refused.
"""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from amp_sandbox.glue import crawler_config, errors, store
from amp_sandbox.glue.checks import position_of, require_crawler
from amp_sandbox.glue.schedules import require_schedule
from amp_sandbox.glue.shapes import describe_crawler
from amp_sandbox.protocol import Answer, Context, Request, operation
from amp_sandbox.protocol.pages import page_of
from amp_sandbox.standins.sqlite import transaction

_PAGE = 100
_UNSUPPORTED = (*crawler_config.UNSUPPORTED, "CatalogId")


@operation("glue", "CreateCrawler", refuses=_UNSUPPORTED)
def create_crawler(ctx: Context, req: Request) -> Answer:
    """Make a crawler of places in S3; it is READY at once.

    Left out: CRAWL_EVENT_MODE with its queues, lineage, and options of Configuration other than Grouping's and
    CrawlerOutput's AddOrUpdateBehavior (refused, each by name). Accepted and of no effect: what the Role allows, as
    nothing here enforces permissions.
    https://docs.aws.amazon.com/glue/latest/webapi/API_CreateCrawler.html
    """
    definition = _require_valid(ctx, {name: value for name, value in req.items() if name not in ("Name", "Tags")})
    try:
        store.create_crawler(ctx.db, req["Name"], definition, req.get("Tags") or {}, at=ctx.now())
    except store.ExistsError as error:
        raise errors.already_exists(f"Crawler {req['Name']}") from error
    return {}


@operation("glue", "UpdateCrawler", refuses=_UNSUPPORTED)
def update_crawler(ctx: Context, req: Request) -> Answer:
    """Change what is given of a crawler; what is not given stays.

    Its next crawl reads everything again, also with CRAWL_NEW_FOLDERS_ONLY.

    Left out: as of CreateCrawler.
    https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateCrawler.html
    """
    with transaction(ctx.db):
        crawler = require_crawler(ctx, req["Name"])
        if crawler.state != store.READY:
            raise errors.crawler_running(crawler.name)
        given = {name: value for name, value in req.items() if name != "Name" and value is not None}
        definition = _require_valid(ctx, crawler.definition | given)
        store.update_crawler(ctx.db, crawler.id, definition, at=ctx.now())
        store.forget_folders(ctx.db, crawler.id)
        if "Schedule" in given:
            state = store.SCHEDULED if given["Schedule"] else store.NOT_SCHEDULED
            store.set_schedule_state(ctx.db, crawler.id, state)
    return {}


@operation("glue", "DeleteCrawler")
def delete_crawler(ctx: Context, req: Request) -> Answer:
    """Remove a crawler that is READY, with its history; the tables that it made stay.

    https://docs.aws.amazon.com/glue/latest/webapi/API_DeleteCrawler.html
    """
    with transaction(ctx.db):
        crawler = require_crawler(ctx, req["Name"])
        if crawler.state != store.READY:
            raise errors.crawler_running(crawler.name)
        store.delete_crawler(ctx.db, crawler.id)
    return {}


@operation("glue", "GetCrawler")
def get_crawler(ctx: Context, req: Request) -> Answer:
    """Show a crawler, what it does, and how its last crawl ended.

    https://docs.aws.amazon.com/glue/latest/webapi/API_GetCrawler.html
    """
    return {"Crawler": describe_crawler(ctx, require_crawler(ctx, req["Name"]))}


@operation("glue", "GetCrawlers")
def get_crawlers(ctx: Context, req: Request) -> Answer:
    """Show all crawlers in alphabetical order, a page at a time.

    https://docs.aws.amazon.com/glue/latest/webapi/API_GetCrawlers.html
    """
    found = store.list_crawlers(ctx.db, after=position_of(req, str) or "")
    page, token = page_of(found, req.get("MaxResults") or _PAGE, lambda crawler: crawler.name)
    return {"Crawlers": [describe_crawler(ctx, crawler) for crawler in page], **token}


@operation("glue", "BatchGetCrawlers")
def batch_get_crawlers(ctx: Context, req: Request) -> Answer:
    """Show the crawlers of those names; names that nothing has are CrawlersNotFound.

    https://docs.aws.amazon.com/glue/latest/webapi/API_BatchGetCrawlers.html
    """
    found = {name: store.get_crawler(ctx.db, name) for name in req["CrawlerNames"]}
    return {
        "Crawlers": [describe_crawler(ctx, crawler) for crawler in found.values() if crawler is not None],
        "CrawlersNotFound": [name for name, crawler in found.items() if crawler is None],
    }


@operation("glue", "ListCrawlers")
def list_crawlers(ctx: Context, req: Request) -> Answer:
    """List the names of crawlers that have all those Tags, in alphabetical order, a page at a time.

    https://docs.aws.amazon.com/glue/latest/webapi/API_ListCrawlers.html
    """
    wanted = (req.get("Tags") or {}).items()
    found = store.list_crawlers(ctx.db, after=position_of(req, str) or "")
    tagged = (one for one in found if wanted <= store.list_tags(ctx.db, "crawler", one.id).items())
    page, token = page_of(tagged, req.get("MaxResults") or _PAGE, lambda crawler: crawler.name)
    return {"CrawlerNames": [crawler.name for crawler in page], **token}


def _require_valid(ctx: Context, definition: Mapping[str, Any]) -> dict[str, Any]:
    """A crawler's definition as it is kept."""
    crawler_config.parse(definition)
    if definition.get("Schedule"):
        require_schedule(definition["Schedule"])
    _require_role(ctx, definition["Role"])
    return {name: value for name, value in definition.items() if value not in (None, "", [], {})}


def _require_role(ctx: Context, role: str) -> None:
    name = role.rpartition("/")[2]
    try:
        ctx.aws("iam").get_role(RoleName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        raise errors.invalid_input(f"Service is unable to assume role {role}: it does not exist.") from error
