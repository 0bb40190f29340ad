"""The newest publications, messages and records on the way to Firehose."""

import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from amp_sandbox import aws
from amp_sandbox.audit import sources
from amp_sandbox.console.formats import plural
from amp_sandbox.console.tables import Table, body, count, identifier, moment, record, text
from amp_sandbox.publish import ledger
from amp_sandbox.publish.streams import Stream, app_events, catalog_changes, record_id
from amp_sandbox.settings import Settings

SHOWN = 20
MOST_LISTED = 1_000
"""A longer queue is not listed, as LocalStack would have to answer with every message of it."""

_READ_AT_ONCE = 500
_READ_BEFORE_SECONDS = 5.0


def announcements(settings: Settings) -> Sequence[Table]:
    """The newest announcements of show changes, as their publishers recorded them."""
    return (_publications(settings, catalog_changes(settings), "Newest announcements"),)


def app_publications(settings: Settings) -> Sequence[Table]:
    """The newest events of the app, as their publishers recorded them."""
    return (_publications(settings, app_events(settings), "Newest events"),)


def catalogue_records(settings: Settings) -> Sequence[Table]:
    """The newest records on the stream of show changes."""
    return (_newest_records(settings, catalog_changes(settings)),)


def event_records(settings: Settings) -> Sequence[Table]:
    """The newest records on the stream of the app's events."""
    return (_newest_records(settings, app_events(settings)),)


def queue(settings: Settings) -> Sequence[Table]:
    """The messages that wait or are being handled."""
    stream = catalog_changes(settings)
    name = settings.queue_name
    held = sources.waiting_messages(settings, name)
    columns = ("sent", "change", "received", "message")
    empty = "Nothing waits: the function has handled everything."
    if held > MOST_LISTED:
        told = f"{plural(held, 'message')} are too many to list without slowing the queue down."
        return (Table("Messages", columns, (), told),)
    messages = sources.queue_messages(settings, name)
    rows = [
        (
            moment(int(message["Attributes"]["SentTimestamp"]) / 1000),
            record(record_id(stream, message["Body"].encode())),
            count(int(message["Attributes"].get("ApproximateReceiveCount", 0))),
            body(message["Body"]),
        )
        for message in messages[:SHOWN]
    ]
    return (Table("Messages", columns, rows, empty, note="Listed without being received: no consumer misses one."),)


def _publications(settings: Settings, stream: Stream, title: str) -> Table:
    rows = [
        (moment(line.sent_ms / 1000), record(line.record_id), _answered(line), identifier(line.position))
        for line in _newest_publications(settings, stream)
    ]
    where = "SNS message" if stream.queue else "shard and sequence number"
    return Table(title, ("sent", "id", "acknowledged", where), rows, "Nothing was published yet.", "sandbox seed")


def _answered(line: ledger.Publication) -> Any:
    return text("no answer; sent again" if line.acked_ms is None else f"after {line.acked_ms - line.sent_ms} ms")


def _newest_publications(settings: Settings, stream: Stream) -> list[ledger.Publication]:
    found: list[ledger.Publication] = []
    for path in reversed(ledger.files(settings, stream.name)):
        with Path(path).open(errors="replace") as lines:
            # The last line may be half written.
            newest = [_publication(line) for line in deque(lines, maxlen=SHOWN) if line.endswith("\n")]
        found += reversed(newest)
        if len(found) >= SHOWN:
            break
    return found[:SHOWN]


def _publication(line: str) -> ledger.Publication:
    name, sent, acknowledged, position = line.rstrip("\n").split(",", 3)
    return ledger.Publication(name, int(sent), int(acknowledged) if acknowledged else None, position)


def _newest_records(settings: Settings, stream: Stream) -> Table:
    records = sorted(_tail(settings, stream), key=lambda one: one[1]["ApproximateArrivalTimestamp"], reverse=True)
    rows = [
        (
            moment(one["ApproximateArrivalTimestamp"].timestamp()),
            record(record_id(stream, one["Data"])),
            identifier(shard.removeprefix("shardId-").lstrip("0") or "0"),
            body(one["Data"]),
        )
        for shard, one in records[:SHOWN]
    ]
    return Table(
        "Newest records", ("arrived", "id", "shard", "record"), rows, "Nothing is on the stream yet.", "sandbox seed"
    )


def _tail(settings: Settings, stream: Stream) -> list[tuple[str, dict[str, Any]]]:
    """The last records of each shard: those since shortly before the newest that Firehose delivered."""
    kinesis = aws.client(settings, "kinesis")
    newest = [one["last_arrival_ms"] / 1000 for one in sources.deliveries(settings, stream, limit=1)]
    since = (newest[0] if newest else time.time()) - _READ_BEFORE_SECONDS
    found: list[tuple[str, dict[str, Any]]] = []
    for shard in sources.shards(settings, stream):
        position = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": datetime.fromtimestamp(since, UTC)}
        iterator = kinesis.get_shard_iterator(StreamName=stream.name, ShardId=shard, **position)["ShardIterator"]
        newest_of_shard: deque[dict[str, Any]] = deque(maxlen=SHOWN)
        while iterator:
            answer = kinesis.get_records(ShardIterator=iterator, Limit=_READ_AT_ONCE)
            newest_of_shard.extend(answer["Records"])
            iterator = answer.get("NextShardIterator") if answer["Records"] else None
        found += [(shard, one) for one in newest_of_shard]
    return found
