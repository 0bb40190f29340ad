"""Firehose's operations on the tags of a delivery stream.

**Left out:** tags on requests as a means of access control; nothing here reads them.
"""

from amp_sandbox.firehose import errors, store
from amp_sandbox.firehose.checks import require_distinct_tags, require_stream
from amp_sandbox.protocol import Answer, Context, Request, operation

MAX_TAGS = 50
"""https://docs.aws.amazon.com/firehose/latest/dev/limits.html"""


@operation("firehose", "TagDeliveryStream")
def tag_delivery_stream(ctx: Context, req: Request) -> Answer:
    """Add tags to a delivery stream, replacing those of the same keys.

    https://docs.aws.amazon.com/firehose/latest/APIReference/API_TagDeliveryStream.html
    """
    stream = require_stream(ctx, req["DeliveryStreamName"])
    tags = require_distinct_tags(req["Tags"])
    with store.transaction(ctx.db):
        if len(store.list_tags(ctx.db, stream.name) | tags) > MAX_TAGS:
            raise errors.limit_exceeded(f"A delivery stream can have {MAX_TAGS} tags; {stream.name} would have more.")
        store.set_tags(ctx.db, stream.name, tags)
    return {}


@operation("firehose", "UntagDeliveryStream")
def untag_delivery_stream(ctx: Context, req: Request) -> Answer:
    """Take tags off a delivery stream; keys that it does not have are no error.

    https://docs.aws.amazon.com/firehose/latest/APIReference/API_UntagDeliveryStream.html
    """
    stream = require_stream(ctx, req["DeliveryStreamName"])
    store.remove_tags(ctx.db, stream.name, req["TagKeys"])
    return {}


@operation("firehose", "ListTagsForDeliveryStream")
def list_tags_for_delivery_stream(ctx: Context, req: Request) -> Answer:
    """List a delivery stream's tags by key, a page at a time.

    https://docs.aws.amazon.com/firehose/latest/APIReference/API_ListTagsForDeliveryStream.html
    """
    stream = require_stream(ctx, req["DeliveryStreamName"])
    after = req.get("ExclusiveStartTagKey") or ""
    limit = req.get("Limit") or MAX_TAGS
    tags = [{"Key": key, "Value": value} for key, value in store.list_tags(ctx.db, stream.name).items() if key > after]
    return {"Tags": tags[:limit], "HasMoreTags": len(tags) > limit}
