"""The sandbox's own pages on a delivery stream, for `audit`, `status` and `trace`.

They show what AWS keeps to itself: how far each shard is delivered, what still waits, and which records went into
which object.

**Left out:** deliveries older than the store keeps (`store.DELIVERIES_KEPT`).
"""

from collections.abc import Callable, Mapping
from typing import Any

from amp_sandbox.firehose import errors, store
from amp_sandbox.firehose.checks import require_stream, stream_type
from amp_sandbox.firehose.store import Checkpoint, Delivery
from amp_sandbox.protocol import Context
from amp_sandbox.standins.service import View

# What the engine has on its way for the stream of a name; None when it does not deliver it.
Facts = Callable[[str], Mapping[str, Any] | None]

_DELIVERIES_SHOWN = 100


def stream_views(facts: Facts) -> dict[str, View]:
    """The pages by path; `facts` tells what the engine has on its way for a stream."""

    def show(ctx: Context, params: Mapping[str, str]) -> dict[str, Any]:
        return show_stream(ctx, params["name"], facts(params["name"]))

    return {"streams/{name}": show, "streams/{name}/deliveries": show_deliveries}


def show_stream(ctx: Context, name: str, facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """How far a delivery stream has come: checkpoints, records that wait, deliveries, the latest error."""
    stream = require_stream(ctx, name)
    stored = store.count_records(ctx.db, stream.id)
    latest = store.recent_deliveries(ctx.db, stream.id, limit=1)
    source = stream.definition.get("KinesisStreamSourceConfiguration") or {}
    on_its_way = facts or {"buffered_records": 0, "buffered_bytes": 0, "last_error": None}
    return {
        "name": stream.name,
        "type": stream_type(stream),
        "status": stream.status,
        "failure": stream.failure,
        "version": stream.version,
        "source_arn": source.get("KinesisStreamARN"),
        "checkpoints": {kept.shard_id: _checkpoint(kept) for kept in store.all_checkpoints(ctx.db, stream.id)},
        "stored": {"records": stored.records, "bytes": stored.bytes},
        "buffered": {"records": on_its_way["buffered_records"], "bytes": on_its_way["buffered_bytes"]},
        "delivered": store.get_stats(ctx.db, stream.id),
        "last_delivery_at": latest[0].delivered_at if latest else None,
        "last_error": on_its_way["last_error"],
    }


def show_deliveries(ctx: Context, params: Mapping[str, str]) -> dict[str, Any]:
    """The newest objects of a delivery stream, newest first, each with the sequence numbers it holds by shard."""
    stream = require_stream(ctx, params["name"])
    limit = params.get("limit", str(_DELIVERIES_SHOWN))
    if not limit.isdecimal() or not 1 <= int(limit) <= store.DELIVERIES_KEPT:
        raise errors.invalid_argument(f"limit must be between 1 and {store.DELIVERIES_KEPT}, not {limit!r}.")
    return {"deliveries": [_shown(delivery) for delivery in store.recent_deliveries(ctx.db, stream.id, int(limit))]}


def _checkpoint(kept: Checkpoint) -> dict[str, Any]:
    return {
        "sequence": kept.sequence,
        "records": kept.ordinal,
        "settled_ahead": kept.settled.count(1),
        "finished": kept.finished,
        "updated_at": kept.updated_at,
    }


def _shown(delivery: Delivery) -> dict[str, Any]:
    return {
        "kind": delivery.kind,
        "bucket": delivery.bucket,
        "key": delivery.key,
        "records": delivery.records,
        "bytes": delivery.bytes,
        "first_arrival_ms": delivery.first_arrival_ms,
        "last_arrival_ms": delivery.last_arrival_ms,
        "delivered_at": delivery.delivered_at,
        "shards": {
            shard: {"first": first, "last": last, "records": records}
            for shard, (first, last, records) in delivery.shards.items()
        },
    }
