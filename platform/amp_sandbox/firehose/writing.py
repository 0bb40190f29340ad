"""Makes S3 objects of closed buffers: names them, encodes them, and tells which records are in them.

The functions are called by the engine's tick (`plan_object`, `delivery`) or by its runner (`encode`).
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from amp_sandbox.firehose import formats, prefix, store
from amp_sandbox.firehose.buffers import Buffer
from amp_sandbox.firehose.destination import Destination
from amp_sandbox.firehose.prefix import ObjectFacts
from amp_sandbox.firehose.shards import DATA, Direct, Outcome, Record, Shard

Converter = Callable[[Sequence[Record]], tuple[bytes | None, list[Record], list[Outcome]]]
"""Makes a file of records: its bytes (None without any), the records in it, and those that did not fit."""


class Encoded(NamedTuple):
    """An object ready to be written (`body` is None when no record is left for it), and the records left out."""

    body: bytes | None
    records: Sequence[Record]
    failed: list[Outcome]


@dataclass
class PlannedObject:
    """A buffer on its way to S3, under the key that all attempts use."""

    buffer: Buffer
    key: str
    name: str
    records: Sequence[Record] = field(default_factory=list)
    body: bytes = b""
    delivery_id: int | None = None


def plan_object(buffer: Buffer, destination: Destination, stream: str, version: int, now: float) -> PlannedObject:
    """Give a buffer its key: the evaluated prefix, and a name as AWS forms it."""
    is_data = buffer.route.output == DATA
    oldest = min(record.arrived_ms for record in buffer.records) / 1000
    evaluated = prefix.evaluate(
        destination.data_prefix if is_data else destination.error_prefix,
        ObjectFacts(
            arrival=datetime.fromtimestamp(oldest, UTC),
            zone=destination.time_zone,
            error_type="" if is_data else buffer.route.output,
            lambda_keys=dict(buffer.route.lambda_keys),
            query_keys=dict(buffer.route.query_keys),
        ),
    )
    base = prefix.object_name(stream, version, datetime.fromtimestamp(now, UTC), uuid.uuid4(), "")
    extension = destination.extension if is_data or destination.conversion is None else ""
    return PlannedObject(buffer, f"{evaluated}{base}{extension}", base)


def encode(planned: PlannedObject, destination: Destination, convert: Converter | None) -> Encoded:
    """The object's bytes. Error output is compressed like the data, and never converted."""
    records = planned.buffer.records
    if convert is not None and planned.buffer.route.output == DATA:
        return Encoded(*convert(records))
    chunks = [record.data for record in records]
    return Encoded(formats.compress(chunks, destination.compression, planned.name), records, [])


def delivery(planned: PlannedObject, destination: Destination, source_created: str, now: float) -> store.Delivery:
    """What the store keeps of an object. Records of an earlier incarnation of the source have no position."""
    ordinals = positions(planned.records)
    ends: dict[str, tuple[str, str, int]] = {}
    for record in planned.records:
        first, _, count = ends.get(record.shard.id, (record.sequence, "", 0))
        ends[record.shard.id] = (first, record.sequence, count + 1)
    return store.Delivery(
        kind=planned.buffer.route.output,
        bucket=destination.bucket,
        key=planned.key,
        records=len(planned.records),
        bytes=len(planned.body),
        first_arrival_ms=min(record.arrived_ms for record in planned.records),
        last_arrival_ms=max(record.arrived_ms for record in planned.records),
        shards=ends,
        positions={shard.id: numbers for shard, numbers in ordinals.items() if shard.source_created == source_created},
        source_created=source_created,
        planned_at=now,
    )


def positions(records: Sequence[Record]) -> dict[Shard | Direct, list[int]]:
    """The records' positions, by shard."""
    found: dict[Shard | Direct, list[int]] = {}
    for record in records:
        found.setdefault(record.shard, []).append(record.ordinal)
    return found
