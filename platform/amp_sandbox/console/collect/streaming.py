"""The numbers of the streaming path: announcements and events, the queue, the functions, the streams, Firehose.

Counts come from who counts anyway: the publishers' ledger, SQS's attributes, Firehose's store, Lambda's metrics.
Nothing is listed and no message is received.

**Left out:** announcements and events that somebody published with another tool: the ledger does not know them. They
are in the numbers of every later hop.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from amp_sandbox import aws
from amp_sandbox.audit import sources
from amp_sandbox.console.collect.facts import Collector, Facts, Found, Number, Rates, State
from amp_sandbox.console.collect.ledger_counts import LedgerCounts
from amp_sandbox.console.formats import ago, duration, number, rate, size
from amp_sandbox.publish.streams import Stream, app_events, catalog_changes, queue_url
from amp_sandbox.settings import Settings

# Behind by more than this, something holds it up: several times the buffer interval.
_LATE_BUFFERS = 5
_LATE_SECONDS = 20.0


def streaming_collectors(settings: Settings, rates: Rates) -> tuple[Collector, ...]:
    """The collectors of the two lanes up to the lake."""
    counts = LedgerCounts(settings)
    catalogue, events = catalog_changes(settings), app_events(settings)
    return (
        Collector(("topic", "app"), 1, partial(_published, counts, rates, catalogue, events)),
        Collector(("queue",), 1, partial(_queue, settings, rates)),
        Collector(
            ("catalog_stream", "catalog_delivery", "events_stream", "events_delivery", "raw"),
            1,
            partial(_deliveries, settings, rates, {"catalog": catalogue, "events": events}),
        ),
    )


def _published(counts: LedgerCounts, rates: Rates, catalogue: Stream, events: Stream) -> Found:
    return {
        "topic": _publications(counts.lines(catalogue.name), rates, "topic", "announced"),
        "app": _publications(counts.lines(events.name), rates, "app", "sent"),
    }


def _publications(count: int, rates: Rates, name: str, unit: str) -> Facts:
    speed = rates.of(name, count)
    state: State = "moving" if speed else ("ready" if count else "idle")
    return Facts(state, number(count), unit, (Number("now", rate(speed)),))


def _queue(settings: Settings, rates: Rates) -> Found:
    waiting, being_handled, delayed = _depth(settings, settings.queue_name)
    dead = sum(_depth(settings, settings.dead_letter_queue_name))
    held = waiting + being_handled + delayed
    state: State = "failing" if dead else ("moving" if held else "ready")
    numbers = (
        Number("being handled", number(being_handled)),
        Number("dead letters", number(dead), bad=dead > 0),
    )
    return {"queue": Facts(state, number(waiting + delayed), "waiting", numbers)}


def _depth(settings: Settings, queue: str) -> tuple[int, int, int]:
    names = [f"ApproximateNumberOfMessages{name}" for name in ("", "NotVisible", "Delayed")]
    attributes = aws.client(settings, "sqs").get_queue_attributes(
        QueueUrl=queue_url(settings, queue), AttributeNames=names
    )["Attributes"]
    waiting, being_handled, delayed = (int(attributes[name]) for name in names)
    return waiting, being_handled, delayed


def _deliveries(settings: Settings, rates: Rates, streams: Mapping[str, Stream]) -> Found:
    found: dict[str, Facts] = {}
    told: list[tuple[Stream, dict[str, Any]]] = []
    for prefix, stream in streams.items():
        facts = sources.delivery_facts(settings, stream)
        behind = _oldest_behind(settings, stream, facts)
        found[f"{prefix}_stream"] = _stream(facts, behind, rates, stream)
        found[f"{prefix}_delivery"] = _firehose(settings, facts, behind, rates, stream)
        told.append((stream, facts))
    return found | {"raw": _raw(told, rates)}


def _stream(facts: dict[str, Any], behind: float | None, rates: Rates, stream: Stream) -> Facts:
    read = _settled(facts) + facts["buffered"]["records"]
    speed = rates.of(f"{stream.name} read", read)
    state: State = "moving" if speed or behind is not None else ("ready" if read else "idle")
    numbers = (Number("now", rate(speed)), Number("shards", number(len(facts["checkpoints"]))))
    return Facts(state, number(read), "read", numbers)


def _firehose(settings: Settings, facts: dict[str, Any], behind: float | None, rates: Rates, stream: Stream) -> Facts:
    landed, failed = _records(facts)
    speed = rates.of(f"{stream.name} landed", landed)
    late = behind is not None and behind > max(_LATE_SECONDS, _LATE_BUFFERS * settings.buffer_seconds)
    numbers = (
        Number("now", rate(speed)),
        Number("behind", "nothing" if behind is None else duration(behind), bad=late),
        Number("failed", number(failed), bad=failed > 0),
    )
    problem = facts["last_error"] or facts["failure"]
    state: State = "failing" if problem else "waiting" if late else "moving" if speed or behind is not None else "ready"
    if state == "ready" and not landed:
        state = "idle"
    return Facts(state, number(landed), "landed", numbers, str(problem or ""))


def _raw(told: Sequence[tuple[Stream, dict[str, Any]]], rates: Rates) -> Facts:
    landed = {stream.lake_prefix: _records(facts)[0] for stream, facts in told}
    objects = sum(facts["delivered"].get("data_objects", 0) for _, facts in told)
    written = sum(facts["delivered"].get("data_bytes", 0) for _, facts in told)
    failed = sum(_records(facts)[1] for _, facts in told)
    last = max((at for _, facts in told if (at := facts["last_delivery_at"])), default=None)
    state: State = "moving" if rates.of("raw", objects) else "ready" if objects else "idle"
    numbers = (
        *(Number(prefix, number(records)) for prefix, records in landed.items()),
        Number("errors/", number(failed), bad=failed > 0),
        Number("size", size(written)),
        Number("newest", ago(last)),
    )
    return Facts("failing" if failed else state, number(objects), "objects", numbers)


def _records(facts: dict[str, Any]) -> tuple[int, int]:
    """How many records Firehose wrote to the lake, and to the error prefix."""
    counts = {name: value for name, value in facts["delivered"].items() if name.endswith("_records")}
    landed = counts.pop("data_records", 0)
    return landed, sum(counts.values())


def _settled(facts: dict[str, Any]) -> int:
    return sum(shard["records"] for shard in facts["checkpoints"].values())


def _oldest_behind(settings: Settings, stream: Stream, facts: dict[str, Any]) -> float | None:
    """How many seconds ago the oldest record arrived that is not in the lake yet; None when all are."""
    after = {shard: state["sequence"] for shard, state in facts["checkpoints"].items()}
    arrived = [record.arrived_ms for record in sources.stream_records(settings, stream, after, limit=1)]
    return max(0.0, time.time() - min(arrived) / 1000) if arrived else None
