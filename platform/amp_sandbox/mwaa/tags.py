"""MWAA's operations on tags of environments."""

from amp_sandbox.mwaa import errors
from amp_sandbox.mwaa.checks import require_environment
from amp_sandbox.mwaa.shapes import environment_arn
from amp_sandbox.protocol import Answer, Context, Request, operation
from amp_sandbox.standins.sqlite import transaction
from amp_sandbox.standins.tags import list_tags, remove_tags, set_tags

MAX_TAGS = 50
"""https://docs.aws.amazon.com/mwaa/latest/API/API_TagResource.html"""


@operation("mwaa", "TagResource")
def tag_resource(ctx: Context, req: Request) -> Answer:
    """Add tags, replacing those of the same keys.

    https://docs.aws.amazon.com/mwaa/latest/API/API_TagResource.html
    """
    with transaction(ctx.db):
        arn = _require_resource(ctx, req["ResourceArn"])
        if len(list_tags(ctx.db, arn) | req["Tags"]) > MAX_TAGS:
            raise errors.invalid(f"A resource can have {MAX_TAGS} tags; {arn} would have more.")
        set_tags(ctx.db, arn, req["Tags"])
    return {}


@operation("mwaa", "UntagResource")
def untag_resource(ctx: Context, req: Request) -> Answer:
    """Take tags off; keys that there are none of are no error.

    https://docs.aws.amazon.com/mwaa/latest/API/API_UntagResource.html
    """
    remove_tags(ctx.db, _require_resource(ctx, req["ResourceArn"]), req["tagKeys"])
    return {}


@operation("mwaa", "ListTagsForResource")
def list_tags_for_resource(ctx: Context, req: Request) -> Answer:
    """Show the tags of an environment.

    https://docs.aws.amazon.com/mwaa/latest/API/API_ListTagsForResource.html
    """
    return {"Tags": list_tags(ctx.db, _require_resource(ctx, req["ResourceArn"]))}


def _require_resource(ctx: Context, arn: str) -> str:
    """An ARN of an environment that exists; anything else is not found."""
    name = arn.rpartition("/")[2]
    if arn != environment_arn(ctx, name):
        raise errors.not_found(f"Resource {arn}")
    require_environment(ctx, name)
    return arn
