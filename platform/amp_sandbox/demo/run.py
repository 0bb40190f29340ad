"""Brings the sandbox up, publishes a story, makes tables of it, accounts for all of it, and gathers what to show."""

import time
from dataclasses import dataclass

from amp_sandbox.audit import Audit, StreamAudit, TransformedAudit, Unsettled, audit, unsettled
from amp_sandbox.batch.plan import DAYS
from amp_sandbox.batch.run import today
from amp_sandbox.dags.following import DagRun
from amp_sandbox.dags.run import run as run_dag
from amp_sandbox.demo.engagement import ShowEngagement, busiest_shows
from amp_sandbox.demo.hops import HopSummary, summarise
from amp_sandbox.demo.trending import TrendingShow, trending_shows
from amp_sandbox.lake import connection
from amp_sandbox.progress import OnProgress, Step, ignore, step
from amp_sandbox.publish import ledger
from amp_sandbox.publish.seed import Plan, Progress, Seeded, seed
from amp_sandbox.publish.streams import app_events, catalog_changes, streams
from amp_sandbox.runtime import choice
from amp_sandbox.settings import Settings

DAG = "lake_daily"
SETTLE_SECONDS = 120.0
_PHASES = {"catalogue": "load the catalogue", "publish": "publish changes and events"}


@dataclass(frozen=True)
class Example:
    """A command to try next, and what it does."""

    command: str
    what: str


@dataclass(frozen=True)
class Demo:
    """What the demo did and found."""

    seeded: Seeded
    hops: tuple[HopSummary, ...]
    audit: tuple[StreamAudit, ...]
    trending: tuple[TrendingShow, ...]
    daily: DagRun
    transformed: tuple[TransformedAudit, ...]
    engagement: tuple[ShowEngagement, ...]
    examples: tuple[Example, ...]
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, and nothing arrived twice."""
        return not any(stream.lost or stream.duplicates for stream in self.audit) and not any(
            table.lost or table.duplicates for table in self.transformed
        )

    @property
    def in_flight(self) -> int:
        """How many records were still on their way at the end."""
        return sum(stream.in_flight for stream in self.audit)


def demo(settings: Settings, changes: int, events: int, on_progress: OnProgress = ignore) -> Demo:
    """Send so many changes and events through the platform.

    Starts and deploys the sandbox when that is needed. Ctrl-C while publishing ends the demo after the requests in
    flight, as KeyboardInterrupt.
    """
    from amp_sandbox.runtime.up import up

    started = time.monotonic()
    up(settings, on_progress)
    choice.of(settings).start_airflow(settings, on_progress, wait=False)  # it comes up while data is published
    before = unsettled(settings, streams(settings))  # flawed messages of an earlier run, perhaps
    seeded = publish(settings, Plan(changes=changes, events=events), on_progress)
    if seeded.interrupted:
        raise KeyboardInterrupt
    settle(settings, SETTLE_SECONDS, on_progress, besides=before.queued)
    with step(on_progress, "look at the lake"):
        hops = summarise(settings, seeded.run)
        trending = trending_shows(settings)
    done = run_dag(settings, DAG, {"date": today().isoformat(), "days": DAYS}, on_progress)
    with step(on_progress, "look at the tables"):
        engagement = busiest_shows(settings)
    # Of what was published, again, and of the rows that the jobs have read.
    accounts = settle(settings, SETTLE_SECONDS, on_progress, besides=before.queued)
    return Demo(
        seeded=seeded,
        hops=tuple(hops),
        audit=accounts.streams,
        trending=tuple(trending),
        daily=done,
        transformed=accounts.transformed,
        engagement=tuple(engagement),
        examples=examples(settings, seeded.run),
        seconds=time.monotonic() - started,
    )


def publish(settings: Settings, plan: Plan, on_progress: OnProgress) -> Seeded:
    """Publish a plan, with steps that tell rate and time left."""
    meter = Meter(on_progress)
    seeded = seed(settings, plan, meter.show)
    meter.finish(failed=seeded.interrupted)
    return seeded


def settle(settings: Settings, seconds: float, on_progress: OnProgress, besides: int = 0) -> Audit:
    """Audit when nothing is in flight any more, or after so many seconds; with a step that tells what is waited for.

    `besides` is how many messages may stay in queues.
    """
    with step(on_progress, "account for every record") as detail:
        found = audit(settings, seconds, lambda waiting: _show_wait(waiting, on_progress), besides=besides)
        detail.append(f"{sum(stream.published for stream in found.streams):,} published")
    return found


def examples(settings: Settings, run: str) -> tuple[Example, ...]:
    """Commands to try next, with ids of a run."""
    change, event = (_an_id(settings, stream.name, run) for stream in (catalog_changes(settings), app_events(settings)))
    by_type = "select event_type, count(*) from raw.app_events group by all order by 2 desc"
    favourites = "select * from amp_transformed.show_recommendations limit 5"
    found = [
        Example(f"sandbox trace {change}", "a catalogue change, hop by hop") if change else None,
        Example(f"sandbox trace {event}", "an app event, hop by hop") if event else None,
        Example(f'sandbox sql "{by_type}"', "the lake as it arrived, in SQL"),
        Example(f'sandbox sql "{favourites}"', "a table that the jobs made, found through the Data Catalog"),
        Example(
            'sandbox sql --user analyst "select * from marts.trending_shows"', "a mart of the warehouse, as a user"
        ),
        Example("sandbox seed --bad --changes 0 --events 0", "flawed input: see where it ends, with sandbox audit"),
        Example("sandbox logs lambda/catalog-ingest", "what a function logged"),
        Example('eval "$(sandbox env)"; aws s3 ls --recursive s3://' + settings.raw_bucket, "any AWS client"),
    ]
    return tuple(example for example in found if example)


class Meter:
    """Turns counts into steps: how many of how many, at which rate, and how long it will still take."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress = on_progress
        self._phase = ""
        self._started = 0.0
        self._detail = ""

    def show(self, progress: Progress) -> None:
        """Take a count."""
        if progress.phase != self._phase:
            self.finish()
            self._phase, self._started = progress.phase, time.monotonic()
        seconds = time.monotonic() - self._started
        rate = progress.done / seconds if seconds else 0
        self._detail = f"{progress.done:,} of {progress.total:,}"
        if rate:
            self._detail += f", {rate:,.0f}/s"
            if progress.done < progress.total:
                self._detail += f", {(progress.total - progress.done) / rate:.0f} s left"
        self._on_progress(Step(_PHASES[self._phase], "started", seconds, self._detail))

    def finish(self, *, failed: bool = False) -> None:
        """The phase is over."""
        if self._phase:
            seconds = time.monotonic() - self._started
            name = _PHASES[self._phase]
            self._on_progress(Step(name, "failed" if failed else "done", seconds, self._detail))
            self._phase = ""


def _show_wait(waiting: Unsettled, on_progress: OnProgress) -> None:
    told = f"{waiting.settled:,} of {waiting.published:,} delivered"
    if waiting.queued:
        told += f", {waiting.queued:,} in the queue"
    on_progress(Step("account for every record", "started", 0.0, told))


def _an_id(settings: Settings, stream: str, run: str) -> str | None:
    files = [path for path in ledger.files(settings, stream) if run in path]
    if not files:
        return None
    with connection.local() as db:
        row = db.execute(
            f"SELECT record_id FROM {ledger.relation('$files')} ORDER BY sent_ms DESC, record_id LIMIT 1",  # noqa: S608
            {"files": files},
        ).fetchone()
    return str(row[0]) if row else None
