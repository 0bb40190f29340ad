"""Redshift's operations on tags, of clusters alone."""

from amp_sandbox.protocol import Answer, Context, Request, operation
from amp_sandbox.redshift import errors, store
from amp_sandbox.redshift.checks import arn_of, require_tags
from amp_sandbox.redshift.store import Cluster
from amp_sandbox.standins.sqlite import transaction


@operation("redshift", "CreateTags")
def create_tags(ctx: Context, req: Request) -> Answer:
    """Add tags to a cluster.

    https://docs.aws.amazon.com/redshift/latest/APIReference/API_CreateTags.html
    """
    with transaction(ctx.db):
        cluster = _require_resource(ctx, req["ResourceName"])
        tags = require_tags(req["Tags"])
        require_tags([{"Key": key, "Value": value} for key, value in {**cluster.tags, **tags}.items()])
        store.set_tags(ctx.db, cluster.name, tags)
    return {}


@operation("redshift", "DeleteTags")
def delete_tags(ctx: Context, req: Request) -> Answer:
    """Remove tags from a cluster.

    https://docs.aws.amazon.com/redshift/latest/APIReference/API_DeleteTags.html
    """
    cluster = _require_resource(ctx, req["ResourceName"])
    store.remove_tags(ctx.db, cluster.name, req["TagKeys"])
    return {}


@operation("redshift", "DescribeTags", refuses=["Marker"])
def describe_tags(ctx: Context, req: Request) -> Answer:
    """Show tags: all, those of one cluster, or those with one of some keys or values.

    https://docs.aws.amazon.com/redshift/latest/APIReference/API_DescribeTags.html
    """
    name, kind = req.get("ResourceName"), req.get("ResourceType")
    if name and kind:
        raise errors.invalid_combination("Give either ResourceName or ResourceType.")
    clusters = [_require_resource(ctx, name)] if name else store.list_clusters(ctx.db)
    keys, values = req.get("TagKeys") or [], req.get("TagValues") or []
    shown = [
        {
            "Tag": {"Key": key, "Value": value},
            "ResourceName": arn_of(ctx, cluster.name),
            "ResourceType": "cluster",
        }
        for cluster in clusters
        for key, value in cluster.tags.items()
        if (not keys or key in keys) and (not values or value in values) and kind in (None, "cluster")
    ]
    return {"TaggedResources": shown}


def _require_resource(ctx: Context, arn: str) -> Cluster:
    for cluster in store.list_clusters(ctx.db):
        if arn_of(ctx, cluster.name) == arn:
            return cluster
    raise errors.resource_not_found(arn)
