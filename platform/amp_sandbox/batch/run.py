"""One pass over the lake: snapshots of the catalogue, crawl of raw, Spark jobs, crawl of transformed, marts.

Every step is the AWS call that a scheduler makes: Lambda Invoke, StartCrawler, StartJobRun, ExecuteStatement. A pass
for the same date rebuilds what an earlier one wrote.

**Left out:** a schedule, retries and alarms, which are a scheduler's.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from amp_sandbox import aws
from amp_sandbox.batch.crawls import Crawl, crawl
from amp_sandbox.batch.jobs import JobRun, start, wait
from amp_sandbox.batch.plan import STAGES, Job
from amp_sandbox.errors import SandboxError
from amp_sandbox.marts import Built, build
from amp_sandbox.progress import OnProgress, Step, ignore, step
from amp_sandbox.runtime import choice
from amp_sandbox.settings import Settings
from amp_sandbox.stack import stack_outputs


@dataclass(frozen=True)
class Snapshot:
    """What an export from the catalogue service wrote."""

    kind: str
    documents: int
    key: str


@dataclass(frozen=True)
class Batch:
    """What a pass did."""

    date: date
    days: int
    snapshots: tuple[Snapshot, ...]
    crawls: tuple[Crawl, ...]
    runs: tuple[JobRun, ...]
    marts: tuple[Built, ...]
    seconds: float


def today() -> date:
    """The current date in UTC, which is the lake's."""
    return datetime.now(UTC).date()


def batch(
    settings: Settings, day: date, days: int, only: Sequence[str] = (), on_progress: OnProgress = ignore
) -> Batch:
    """Rebuild the transformed tables of `day` and, where a job does, of the `days` up to it; then the marts.

    With `only`, run just the jobs of these names, without snapshots; the transformed bucket is crawled and the marts
    are built all the same.
    Raises SandboxError at the first step that fails.
    """
    started = time.monotonic()
    outputs = stack_outputs(settings)
    snapshots: tuple[Snapshot, ...] = ()
    crawls = []
    if not only:
        with step(on_progress, "snapshot the catalogue") as detail:
            snapshots = _snapshots(settings, outputs, day)
            detail.append(", ".join(f"{one.documents:,} {one.kind}" for one in snapshots))
        crawls.append(_crawl(settings, outputs["RawCrawler"], "crawl raw", on_progress))
    choice.of(settings).start_spark(settings, on_progress)
    runs: list[JobRun] = []
    for stage in STAGES:
        jobs = [job for job in stage if not only or job.name in only]
        runs += _run_stage(settings, outputs, jobs, day, days, on_progress)
    crawls.append(_crawl(settings, outputs["TransformedCrawler"], "crawl transformed", on_progress))
    marts = build(settings, day - timedelta(days=days - 1), day, on_progress)
    return Batch(day, days, snapshots, tuple(crawls), tuple(runs), marts, time.monotonic() - started)


def _snapshots(settings: Settings, outputs: Mapping[str, str], day: date) -> tuple[Snapshot, ...]:
    function = outputs["CatalogExportFunction"]
    answer = aws.client(settings, "lambda").invoke(
        FunctionName=function, Payload=json.dumps({"date": day.isoformat()}).encode()
    )
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise SandboxError(
            "The catalogue could not be exported.",
            f"{told.get('errorType', '')}: {told.get('errorMessage', '')}",
            f"See: sandbox logs lambda/{function.removesuffix(f'-{settings.stage}')}",
        )
    return tuple(Snapshot(one["kind"], one["documents"], one["key"]) for one in told["snapshots"])


def _crawl(settings: Settings, crawler: str, name: str, on_progress: OnProgress) -> Crawl:
    with step(on_progress, name) as detail:
        done = crawl(settings, crawler)
        detail.append(str(done))
    return done


def _run_stage(
    settings: Settings,
    outputs: Mapping[str, str],
    jobs: Sequence[Job],
    day: date,
    days: int,
    on_progress: OnProgress,
) -> list[JobRun]:
    """Queue the jobs of a stage together and wait for each; EMR runs as many at a time as it has room for."""
    started = [(job, start(settings, outputs, job, day, days)) for job in jobs]
    runs = []
    for job, run_id in started:
        name = f"job {job.name}"
        with step(on_progress, name) as detail:
            begun = time.monotonic()
            run = wait(settings, outputs, job, run_id, _Teller(on_progress, name, begun))
            detail.append(run.run_id)
            runs.append(run)
    return runs


class _Teller:
    """Tells of the state of a run while it is waited for."""

    def __init__(self, on_progress: OnProgress, name: str, begun: float) -> None:
        self._on_progress, self._name, self._begun = on_progress, name, begun

    def __call__(self, state: str) -> None:
        self._on_progress(Step(self._name, "started", time.monotonic() - self._begun, state))
