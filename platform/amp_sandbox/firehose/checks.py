"""Checks that several of Firehose's operations share."""

from collections.abc import Sequence
from typing import Any

from amp_sandbox.firehose import errors, store
from amp_sandbox.firehose.store import Stream
from amp_sandbox.protocol import Context


def require_stream(ctx: Context, name: str) -> Stream:
    """The delivery stream of that name, in whatever status."""
    stream = store.get_stream(ctx.db, name)
    if stream is None:
        raise errors.stream_not_found(name, ctx.account_id)
    return stream


def require_distinct_tags(tags: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The tags of a request by key; no key may come twice."""
    by_key = {tag["Key"]: tag.get("Value", "") for tag in tags}
    if len(by_key) < len(tags):
        raise errors.invalid_argument("Two of the Tags have the same Key.")
    return by_key


def stream_type(stream: Stream) -> str:
    """DirectPut or KinesisStreamAsSource."""
    kind: str = stream.definition.get("DeliveryStreamType") or "DirectPut"
    return kind
