"""Follows one record from its publication to where it is now.

The ledger says when and where it was published. For a catalogue change, the log of `catalog_ingest` names its place on
the Kinesis stream; an app event's place is in the ledger. With the place on the stream, Firehose's deliveries name the
few objects that can hold the record, and these are opened. A record without a place is looked for in every object.

**Left out:** retries that left no trace, such as an invocation that ended before it could log. Logs that were deleted.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from amp_sandbox import aws
from amp_sandbox.audit import sources
from amp_sandbox.errors import SandboxError
from amp_sandbox.lake import connection
from amp_sandbox.publish import ledger
from amp_sandbox.publish.streams import Stream, record_id, streams
from amp_sandbox.settings import Settings
from amp_sandbox.trace import logs

_NEAR_MISSES = 3


@dataclass(frozen=True)
class Hop:
    """One place on the way. `at` is None where nothing tells the time; `facts` are particular to the place."""

    place: str
    at: datetime | None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trace:
    """A record's way. `state` is landed, failed, dead_lettered, or in_flight when it has not come to an end yet."""

    record_id: str
    stream: str
    state: str
    hops: tuple[Hop, ...]


@dataclass(frozen=True)
class _Place:
    """A place on a Kinesis stream."""

    shard_id: str
    sequence: str


def trace(settings: Settings, wanted: str) -> Trace:
    """Follow the record with that id; raises SandboxError, with similar ids, when nothing is known of it."""
    found: list[Trace] = []
    for stream in streams(settings):
        published = _published(settings, stream, wanted)
        hops, places = _before_firehose(settings, stream, wanted, published)
        if published or hops:
            found.append(_follow(settings, stream, wanted, hops, places))
    if not found:
        found = [t for s in streams(settings) if (t := _follow(settings, s, wanted, [], [])).state != "in_flight"]
    if not found:
        raise _unknown(settings, wanted)
    return found[0]


def _follow(settings: Settings, stream: Stream, wanted: str, hops: list[Hop], places: Sequence[_Place]) -> Trace:
    hops = [*hops, *(_on_kinesis(settings, stream, place) for place in places)]
    hops += _in_objects(settings, stream, wanted, places)
    ends = {"lake row": "landed", "error prefix": "failed", "dead-letter queue": "dead_lettered"}
    states = [ends[hop.place] for hop in hops if hop.place in ends]
    latest = datetime.max.replace(tzinfo=UTC)
    ordered = sorted(hops, key=lambda hop: hop.at or latest)
    return Trace(wanted, stream.name, min(states, key=list(ends.values()).index, default="in_flight"), tuple(ordered))


def _published(settings: Settings, stream: Stream, wanted: str) -> list[ledger.Publication]:
    files = ledger.files(settings, stream.name)
    if not files:
        return []
    with connection.local() as db:
        rows = db.execute(
            f"SELECT * FROM {ledger.relation('$files')} WHERE record_id = $wanted ORDER BY sent_ms",  # noqa: S608
            {"files": files, "wanted": wanted},
        ).fetchall()
    return [ledger.Publication(*row) for row in rows]


def _before_firehose(
    settings: Settings, stream: Stream, wanted: str, published: Sequence[ledger.Publication]
) -> tuple[list[Hop], list[_Place]]:
    """The hops up to the Kinesis stream, and the record's places there."""
    if stream.queue is None:
        hops = [Hop("published to Kinesis", _time(p.sent_ms), _publication(p)) for p in published]
        return hops, [_Place(*p.position.split(":", 1)) for p in published if p.acked_ms is not None]
    hops = [Hop("published to SNS", _time(p.sent_ms), _publication(p)) for p in published]
    messages: list[str] = []
    for place, queue in (("queue", stream.queue), ("dead-letter queue", stream.dead_letter_queue)):
        for message in sources.queue_messages(settings, queue) if queue else []:
            if record_id(stream, message["Body"].encode()) == wanted:
                hops.append(_queued(place, message))
                messages.append(message["MessageId"])
    since = min((p.sent_ms for p in published), default=0)
    lines = logs.lines_about(settings, settings.function_name("catalog-ingest"), [wanted, *messages], since)
    hops += [Hop("catalog-ingest", _time(line.at_ms), line.facts) for line in lines]
    return hops, [
        _Place(line.facts["shard_id"], line.facts["sequence_number"])
        for line in lines
        if {"shard_id", "sequence_number"} <= line.facts.keys()
    ]


def _publication(publication: ledger.Publication) -> dict[str, Any]:
    if publication.acked_ms is None:
        return {"answer": "none; it was sent again"}
    return {"acknowledged_after_ms": publication.acked_ms - publication.sent_ms, "position": publication.position}


def _queued(place: str, message: dict[str, Any]) -> Hop:
    attributes = message["Attributes"]
    facts = {"message_id": message["MessageId"], "receives": int(attributes["ApproximateReceiveCount"])}
    # A dead letter keeps the time at which it was sent to its first queue; when it was moved, nothing tells.
    return Hop(place, _time(int(attributes["SentTimestamp"])) if place == "queue" else None, facts)


def _on_kinesis(settings: Settings, stream: Stream, place: _Place) -> Hop:
    kinesis = aws.client(settings, "kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamName=stream.name,
        ShardId=place.shard_id,
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=place.sequence,
    )["ShardIterator"]
    records = kinesis.get_records(ShardIterator=iterator, Limit=1)["Records"]
    facts = {"stream": stream.name, "shard": place.shard_id, "sequence_number": place.sequence}
    at = records[0]["ApproximateArrivalTimestamp"].astimezone(UTC) if records else None
    return Hop("Kinesis", at, facts)


def _in_objects(settings: Settings, stream: Stream, wanted: str, places: Sequence[_Place]) -> Iterator[Hop]:
    """The objects that hold the record, and what they say of it."""
    delivered = {delivery["key"]: delivery for delivery in sources.deliveries(settings, stream)}
    if places:
        keys = [key for key, delivery in delivered.items() if any(_may_hold(delivery, place) for place in places)]
    else:
        keys = [key for prefix in (stream.lake_prefix, stream.error_prefix) for key in _keys(settings, prefix)]
    for key in (key for key in keys if key.startswith(stream.error_prefix)):
        for record in sources.error_records(settings, key):
            if record_id(stream, record.data) == wanted:
                yield Hop("error prefix", _delivered_at(delivered, key) or _time(record.ended_ms), _error(key, record))
    yield from _rows(settings, stream, wanted, [key for key in keys if key.startswith(stream.lake_prefix)], delivered)


def _rows(
    settings: Settings, stream: Stream, wanted: str, keys: Sequence[str], delivered: dict[str, dict[str, Any]]
) -> Iterator[Hop]:
    if not keys:
        return
    prefix = f"s3://{settings.raw_bucket}/"
    with connection.private(settings) as db:
        rows = db.execute(
            "SELECT filename, json FROM read_ndjson_objects($uris, filename = true, ignore_errors = true)"  # noqa: S608
            f" WHERE json ->> '{stream.id_field}' = $wanted",
            {"uris": [prefix + key for key in keys], "wanted": wanted},
        ).fetchall()
    for name, row in rows:
        key = name.removeprefix(prefix)
        at = _delivered_at(delivered, key)
        yield Hop("Firehose delivery", at, {"object": name, "records": delivered.get(key, {}).get("records")})
        yield Hop("lake row", at, {"row": json.loads(row)})


def _may_hold(delivery: dict[str, Any], place: _Place) -> bool:
    span = delivery["shards"].get(place.shard_id)
    return bool(span) and int(span["first"]) <= int(place.sequence) <= int(span["last"])


def _keys(settings: Settings, prefix: str) -> list[str]:
    return sources.object_keys(settings, prefix)


def _error(key: str, record: sources.ErrorRecord) -> dict[str, Any]:
    return {"reason": f"{record.code}: {record.message}", "attempts": record.attempts, "object": key}


def _delivered_at(delivered: dict[str, dict[str, Any]], key: str) -> datetime | None:
    delivery = delivered.get(key)
    return datetime.fromtimestamp(delivery["delivered_at"], UTC) if delivery else None


def _time(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)


def _unknown(settings: Settings, wanted: str) -> SandboxError:
    files = [path for stream in streams(settings) for path in ledger.files(settings, stream.name)]
    near: list[str] = []
    if files:
        with connection.local() as db:
            rows = db.execute(
                f"SELECT DISTINCT record_id, starts_with(record_id, $wanted) AS begins,"  # noqa: S608
                f" levenshtein(record_id, $wanted) AS distance FROM {ledger.relation('$files')}"
                " WHERE begins OR distance <= greatest(2, length($wanted) // 3)"
                " ORDER BY begins DESC, distance, record_id LIMIT $limit",
                {"files": files, "wanted": wanted, "limit": _NEAR_MISSES},
            ).fetchall()
        near = [row[0] for row in rows]
    kind = re.match(r"[a-z]+_", wanted)
    why = "No publisher recorded it, and it is in no queue, stream or object."
    if kind and kind[0] in ("show_", "user_", "creator_", "sess_", "anon_"):
        why = f"A {kind[0].rstrip('_')} is not a record. Trace the change_id or the event_id of one."
    hint = (
        "Did you mean " + " or ".join(near) + "?"
        if near
        else "Ids are change_id and event_id; see them with sandbox sql."
    )
    return SandboxError(f"Nothing is known of {wanted}.", why, hint)
