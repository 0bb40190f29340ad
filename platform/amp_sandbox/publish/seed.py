"""Seeding: tells the story of a generated world to the platform, as Amp's own systems would.

The catalogue service gets the world's creators, shows and users. Then changes and events are published side by side:
a changed show is stored in the catalogue service and announced on SNS, never further down the path; an event is put on
Kinesis. As fast as the services take them or, with a rate, as if they happened now.

Up to half of a run's changes announce shows that the catalogue has had all along, the most popular creators' first, as
the lake only knows of shows that were announced. The others are new shows, changes and cancellations.

The world follows from the seed and today's date. A second run on a sandbox publishes other changes and events of the
same world, as the number of a run is that of the runs in the ledger.

**Left out:** order between publications; see `publisher`.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from amp_sandbox import aws
from amp_sandbox.publish import ledger
from amp_sandbox.publish.catalog import CatalogApi, Imported
from amp_sandbox.publish.publisher import Message, Publisher, Refused, Target
from amp_sandbox.publish.streams import Stream, not_deployed, record_id
from amp_sandbox.publish.streams import app_events as app_events_stream
from amp_sandbox.publish.streams import catalog_changes as catalog_changes_stream
from amp_sandbox.publish.targets import KinesisTarget, SnsTarget
from amp_sandbox.settings import Settings
from amp_seed import AppEvent, Size, World, app_events, catalog_changes, preset
from amp_seed.flaws import Flaw, bad_events, bad_messages

WORLD_DAYS = 7
_TICK_SECONDS = 0.1  # how long a message may wait for others of its batch when a rate is given
_PROGRESS_EVERY = 200

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class Plan:
    """What to publish. With a `rate` (events a second), events carry the time at which they are published."""

    changes: int = 200
    events: int = 20_000
    seed: int = 7
    size: Size = "small"
    rate: float | None = None
    bad: bool = False


@dataclass(frozen=True)
class Progress:
    """How far a run is: `done` of `total` in its present phase, "catalogue" or "publish"."""

    phase: str
    done: int
    total: int


@dataclass(frozen=True)
class Planted:
    """A flawed input that was published on purpose, or refused."""

    stream: str
    name: str
    why: str
    record_id: str
    published: bool


@dataclass
class Seeded:
    """What a run published; `interrupted` when Ctrl-C ended it before its plan was done."""

    run: str
    catalogue: Imported = field(default_factory=Imported)
    changes: int = 0
    events: int = 0
    repeated: int = 0
    late: int = 0
    resent: int = 0
    refused: list[Refused] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    interrupted: bool = False
    seconds: float = 0.0


class _Change(NamedTuple):
    """A change to announce, and the show to store before; None when the catalogue has it already."""

    message: dict[str, str]
    show: dict[str, Any] | None


OnProgress = Callable[[Progress], None]


def seed(settings: Settings, plan: Plan, on_progress: OnProgress = lambda _: None) -> Seeded:
    """Publish what the plan says.

    Ctrl-C ends it early: requests in flight are waited for, the ledger is whole, and what was published is answered.
    Messages that a service can never take are in `refused`. Raises SandboxError when a service refuses or does not
    answer for long; what was published until then is in the ledger.
    """
    started = time.monotonic()
    result = Seeded(ledger.new_run())
    world = World(preset(plan.size, seed=plan.seed, start=_today() - timedelta(days=WORLD_DAYS), days=WORLD_DAYS))
    _require_deployed(settings)
    try:
        _load_catalogue(settings, world, result, on_progress)
        _publish(settings, plan, world, result, on_progress)
    except KeyboardInterrupt:
        result.interrupted = True
    result.seconds = time.monotonic() - started
    return result


def _today() -> date:
    return datetime.now(UTC).date()


def _require_deployed(settings: Settings) -> None:
    """Ask once for what will be published to, so that a sandbox that is down or empty is told at once."""
    kinesis, sns = aws.client(settings, "kinesis"), aws.client(settings, "sns")
    try:
        kinesis.describe_stream_summary(StreamName=settings.events_stream)
    except kinesis.exceptions.ResourceNotFoundException:
        raise not_deployed(settings, f"the stream {settings.events_stream}") from None
    try:
        sns.get_topic_attributes(TopicArn=settings.topic_arn)
    except sns.exceptions.NotFoundException:
        raise not_deployed(settings, f"the topic {settings.topic_name}") from None


def _load_catalogue(settings: Settings, world: World, result: Seeded, on_progress: OnProgress) -> None:
    config = world.config
    total = 2 * config.creators + config.shows + config.listeners  # every creator has a user account too
    done = 0
    on_progress(Progress("catalogue", 0, total))
    for part in CatalogApi(settings.catalog_api_url).load(_documents(world)):
        result.catalogue += part
        done += part.stored + part.unchanged + part.refused
        on_progress(Progress("catalogue", done, total))


def _documents(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from (("creator", creator) for creator in world.creators())
    yield from (("show", show) for show in world.shows())
    yield from (("user", user) for user in world.users())


def _publish(settings: Settings, plan: Plan, world: World, result: Seeded, on_progress: OnProgress) -> None:
    changes, events = catalog_changes_stream(settings), app_events_stream(settings)
    number = len(ledger.runs(settings))

    def publisher(stream: Stream, target: Target) -> Publisher:
        return Publisher(target, ledger.LedgerFile(ledger.folder(settings, stream.name), result.run))

    announce = publisher(changes, SnsTarget(aws.client(settings, "sns"), settings.topic_arn))
    put = publisher(events, KinesisTarget(aws.client(settings, "kinesis"), events.name))
    try:
        with announce, put:
            if plan.bad:
                result.planted += _plant(changes, announce, bad_messages(world))
                result.planted += _plant(events, put, bad_events(world))
            catalogue = CatalogApi(settings.catalog_api_url)
            pace = _Pace(plan.rate, (announce, put))
            for done, row in enumerate(_rows(world, plan, number)):
                if isinstance(row, _Change):
                    if row.show is not None:
                        catalogue.put_show(row.show)
                    announce.put(Message(row.message["change_id"], _encode(row.message).encode()))
                else:
                    pace.wait()
                    put.put(Message(row.event["event_id"], _encode(row.event).encode(), row.partition_key))
                    result.repeated += row.is_duplicate
                    result.late += row.is_late
                if done % _PROGRESS_EVERY == 0:
                    on_progress(Progress("publish", done, plan.changes + plan.events))
            announce.flush()
            put.flush()
            on_progress(Progress("publish", plan.changes + plan.events, plan.changes + plan.events))
    finally:
        result.changes, result.events = announce.published, put.published
        result.resent = announce.resent + put.resent
        result.refused = announce.refused + put.refused


def _rows(world: World, plan: Plan, number: int) -> Iterator[_Change | AppEvent]:
    """Changes and events side by side: after a third of the events come a third of the changes."""
    clock = (lambda: datetime.now(UTC)) if plan.rate else None
    changes = _changes(world, plan.changes, number, clock)
    events = app_events(world, plan.events, run=number, clock=clock)
    told = 0
    total = plan.changes + plan.events
    for done in range(1, total + 1):
        if told * total < done * plan.changes:
            told += 1
            yield next(changes)
        else:
            yield next(events)


def _changes(world: World, count: int, number: int, clock: Callable[[], datetime] | None) -> Iterator[_Change]:
    """Announce shows that are known already, each in one run at most; then tell what changes."""
    most = count // 2
    rank = {creator["creator_id"]: place for place, creator in enumerate(world.creators())}
    shows = sorted(world.shows(), key=lambda show: rank[show["creator"]["creator_id"]])[number * most :][:most]
    for show in shows:
        change_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"announcement of {show['show_id']}"))
        message = {"change_id": change_id, "change_type": "show_created", "show_id": show["show_id"]}
        yield _Change({**message, "changed_at": show["updated_at"]}, None)
    for change in catalog_changes(world, count - len(shows), run=number, clock=clock):
        yield _Change(change.message, change.show)


def _plant(stream: Stream, publisher: Publisher, flaws: Iterable[Flaw]) -> Iterator[Planted]:
    for flaw in flaws:
        found = record_id(stream, flaw.data)
        taken = publisher.put(Message(found, flaw.data, flaw.key))
        yield Planted(stream.name, flaw.name, flaw.why, found, taken)


class _Pace:
    """Holds events back to a rate, and sends what is gathered before it waits."""

    def __init__(self, rate: float | None, publishers: Sequence[Publisher]) -> None:
        self._rate, self._publishers = rate, publishers
        self._started = time.monotonic()
        self._count = 0

    def wait(self) -> None:
        """Wait until the next event is due. Waits shorter than a tick are left to add up."""
        if self._rate is None:
            return
        ahead = self._started + self._count / self._rate - time.monotonic()
        self._count += 1
        if ahead >= _TICK_SECONDS:
            for publisher in self._publishers:
                publisher.send()
            time.sleep(ahead)
