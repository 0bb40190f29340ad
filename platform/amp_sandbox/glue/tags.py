"""Glue's operations on tags.

**Left out:** tags of anything but a database, which are refused: the other resources that AWS lets be tagged are not
served, and tables cannot be tagged there either.
"""

from amp_sandbox.glue import errors, store
from amp_sandbox.glue.checks import folded
from amp_sandbox.glue.store import Database
from amp_sandbox.protocol import Answer, Context, Request, not_implemented, operation
from amp_sandbox.standins.sqlite import transaction

MAX_TAGS = 50
"""https://docs.aws.amazon.com/glue/latest/dg/monitor-tags.html"""


@operation("glue", "TagResource")
def tag_resource(ctx: Context, req: Request) -> Answer:
    """Add tags to a database, replacing those of the same keys.

    Left out: resources other than databases (refused).
    https://docs.aws.amazon.com/glue/latest/webapi/API_TagResource.html
    """
    tags = req["TagsToAdd"]
    with transaction(ctx.db):
        database = _require_tagged(ctx, req)
        if len(store.list_tags(ctx.db, database.id) | tags) > MAX_TAGS:
            raise errors.invalid_input(f"A resource can have {MAX_TAGS} tags; {req['ResourceArn']} would have more.")
        store.set_tags(ctx.db, database.id, tags)
    return {}


@operation("glue", "UntagResource")
def untag_resource(ctx: Context, req: Request) -> Answer:
    """Take tags off a database; keys that it does not have are no error.

    Left out: resources other than databases (refused).
    https://docs.aws.amazon.com/glue/latest/webapi/API_UntagResource.html
    """
    store.remove_tags(ctx.db, _require_tagged(ctx, req).id, req["TagsToRemove"])
    return {}


@operation("glue", "GetTags")
def get_tags(ctx: Context, req: Request) -> Answer:
    """Show a database's tags.

    Left out: resources other than databases (refused).
    https://docs.aws.amazon.com/glue/latest/webapi/API_GetTags.html
    """
    return {"Tags": store.list_tags(ctx.db, _require_tagged(ctx, req).id)}


def _require_tagged(ctx: Context, req: Request) -> Database:
    arn = req["ResourceArn"]
    _, _, resource = arn.partition(":glue:")
    kind, _, name = resource.removeprefix(f"{ctx.region}:{ctx.account_id}:").partition("/")
    if kind != "database":
        raise not_implemented(f"tags of {arn}: only databases of {ctx.region} and {ctx.account_id} have tags")
    database = store.get_database(ctx.db, folded(name))
    if database is None:
        raise errors.not_found(f"Database {folded(name)}")
    return database
