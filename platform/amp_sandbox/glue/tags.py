"""Glue's operations on tags.

**Left out:** tags of anything but databases and crawlers, which are refused: the other resources that AWS lets be
tagged are not served, and tables cannot be tagged there either.
"""

from amp_sandbox.glue import errors, store
from amp_sandbox.glue.checks import folded
from amp_sandbox.glue.store import Tagged
from amp_sandbox.protocol import Answer, Context, Request, not_implemented, operation
from amp_sandbox.standins.sqlite import transaction

MAX_TAGS = 50
"""https://docs.aws.amazon.com/glue/latest/dg/monitor-tags.html"""


@operation("glue", "TagResource")
def tag_resource(ctx: Context, req: Request) -> Answer:
    """Add tags to a database or a crawler, replacing those of the same keys.

    Left out: other resources (refused).
    https://docs.aws.amazon.com/glue/latest/webapi/API_TagResource.html
    """
    tags = req["TagsToAdd"]
    with transaction(ctx.db):
        kind, owner = _require_tagged(ctx, req)
        if len(store.list_tags(ctx.db, kind, owner) | tags) > MAX_TAGS:
            raise errors.invalid_input(f"A resource can have {MAX_TAGS} tags; {req['ResourceArn']} would have more.")
        store.set_tags(ctx.db, kind, owner, tags)
    return {}


@operation("glue", "UntagResource")
def untag_resource(ctx: Context, req: Request) -> Answer:
    """Take tags off a database or a crawler; keys that it does not have are no error.

    Left out: other resources (refused).
    https://docs.aws.amazon.com/glue/latest/webapi/API_UntagResource.html
    """
    kind, owner = _require_tagged(ctx, req)
    store.remove_tags(ctx.db, kind, owner, req["TagsToRemove"])
    return {}


@operation("glue", "GetTags")
def get_tags(ctx: Context, req: Request) -> Answer:
    """Show a database's or a crawler's tags.

    Left out: other resources (refused).
    https://docs.aws.amazon.com/glue/latest/webapi/API_GetTags.html
    """
    return {"Tags": store.list_tags(ctx.db, *_require_tagged(ctx, req))}


def _require_tagged(ctx: Context, req: Request) -> tuple[Tagged, int]:
    """What has the tags: its kind, and the id of its row."""
    arn = req["ResourceArn"]
    _, _, resource = arn.partition(":glue:")
    kind, _, name = resource.removeprefix(f"{ctx.region}:{ctx.account_id}:").partition("/")
    if kind == "database":
        database = store.get_database(ctx.db, folded(name))
        if database is None:
            raise errors.not_found(f"Database {folded(name)}")
        return "database", database.id
    if kind == "crawler":
        crawler = store.get_crawler(ctx.db, name)
        if crawler is None:
            raise errors.not_found(f"Crawler {name}")
        return "crawler", crawler.id
    what = f"databases and crawlers of {ctx.region} and {ctx.account_id}"
    raise not_implemented(f"tags of {arn}: only {what} have tags")
