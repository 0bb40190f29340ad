"""EMR on EKS's operations on tags of virtual clusters and job runs."""

from amp_sandbox.emr_containers import errors, store
from amp_sandbox.emr_containers.checks import require_cluster
from amp_sandbox.emr_containers.shapes import cluster_arn, run_arn
from amp_sandbox.protocol import Answer, Context, Request, operation
from amp_sandbox.standins.sqlite import transaction
from amp_sandbox.standins.tags import list_tags, remove_tags, set_tags

MAX_TAGS = 50
"""https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_TagResource.html"""


@operation("emr-containers", "TagResource")
def tag_resource(ctx: Context, req: Request) -> Answer:
    """Add tags, replacing those of the same keys.

    https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_TagResource.html
    """
    with transaction(ctx.db):
        arn = _require_resource(ctx, req["resourceArn"])
        if len(list_tags(ctx.db, arn) | req["tags"]) > MAX_TAGS:
            raise errors.invalid(f"A resource can have {MAX_TAGS} tags; {arn} would have more.")
        set_tags(ctx.db, arn, req["tags"])
    return {}


@operation("emr-containers", "UntagResource")
def untag_resource(ctx: Context, req: Request) -> Answer:
    """Take tags off; keys that there are none of are no error.

    https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_UntagResource.html
    """
    remove_tags(ctx.db, _require_resource(ctx, req["resourceArn"]), req["tagKeys"])
    return {}


@operation("emr-containers", "ListTagsForResource")
def list_tags_for_resource(ctx: Context, req: Request) -> Answer:
    """Show the tags of a resource.

    https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_ListTagsForResource.html
    """
    return {"tags": list_tags(ctx.db, _require_resource(ctx, req["resourceArn"]))}


def _require_resource(ctx: Context, arn: str) -> str:
    """An ARN of something that exists; anything else is not found."""
    parts = arn.split("/")
    if len(parts) == 3 and arn == cluster_arn(ctx, parts[2]):
        require_cluster(ctx, parts[2])
        return arn
    if len(parts) == 5 and arn == run_arn(ctx, parts[2], parts[4]):
        require_cluster(ctx, parts[2])
        if store.get_run(ctx.db, parts[2], parts[4]) is not None:
            return arn
    raise errors.not_found(f"Resource {arn}")
