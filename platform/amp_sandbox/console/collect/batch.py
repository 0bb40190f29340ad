"""The numbers of the batch path: crawls, tables of the Data Catalog, Spark's runs, what they wrote.

The transformed bucket is listed again only when another run has ended, as nobody else writes there.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amp_sandbox import aws
from amp_sandbox.console.collect.facts import Collector, Facts, Found, Number, State
from amp_sandbox.console.formats import NONE, ago, number, size
from amp_sandbox.settings import Settings

DATABASES = ("amp_raw", "amp_transformed")
RUNS_UNDER_WAY = ("PENDING", "SUBMITTED", "RUNNING", "CANCEL_PENDING")


def batch_collectors(settings: Settings) -> tuple[Collector, ...]:
    """The collectors between the two buckets."""
    jobs = _Jobs(settings)
    return (
        Collector(("crawlers",), 2, lambda: {"crawlers": _crawlers(crawlers(settings))}),
        Collector(("catalog",), 5, lambda: {"catalog": _catalog(settings)}),
        Collector(("spark", "transformed"), 3, jobs.collect),
    )


def crawlers(settings: Settings) -> list[dict[str, Any]]:
    """Every crawler of this sandbox's stage, as Glue describes it."""
    pages = aws.client(settings, "glue").get_paginator("get_crawlers").paginate()
    return [one for page in pages for one in page["Crawlers"]]


def tables(settings: Settings, database: str) -> list[dict[str, Any]]:
    """The tables of a database; none when there is no such database."""
    glue = aws.client(settings, "glue")
    try:
        pages = list(glue.get_paginator("get_tables").paginate(DatabaseName=database))
    except glue.exceptions.EntityNotFoundException:
        return []
    return [table for page in pages for table in page["TableList"]]


def job_runs(settings: Settings) -> list[dict[str, Any]]:
    """Every run on the sandbox's virtual cluster, the newest first."""
    emr = aws.client(settings, "emr-containers")
    clusters = [one for one in emr.list_virtual_clusters()["virtualClusters"] if one["state"] == "RUNNING"]
    pages = [
        page
        for cluster in clusters
        for page in emr.get_paginator("list_job_runs").paginate(virtualClusterId=cluster["id"])
    ]
    return [run for page in pages for run in page["jobRuns"]]


def _crawlers(found: Sequence[dict[str, Any]]) -> Facts:
    running = [one["Name"] for one in found if one["State"] != "READY"]
    last = [one["LastCrawl"] for one in found if "LastCrawl" in one]
    failed = [one["Name"] for one in found if one.get("LastCrawl", {}).get("Status") == "FAILED"]
    newest = max((crawl["StartTime"] for crawl in last), default=None)
    state: State = "failing" if failed else "moving" if running else "ready" if last else "idle"
    numbers = (Number("running", number(len(running))), Number("failed", number(len(failed)), bad=bool(failed)))
    note = f"The last crawl of {' and '.join(failed)} failed." if failed else ""
    return Facts(
        state, ago(newest) if newest else NONE, "last crawl began" if newest else "no crawl yet", numbers, note
    )


def _catalog(settings: Settings) -> Facts:
    raw, transformed = (len(tables(settings, database)) for database in DATABASES)
    state: State = "ready" if raw + transformed else "idle"
    numbers = (Number("raw", number(raw)), Number("transformed", number(transformed)))
    return Facts(state, number(raw + transformed), "tables", numbers)


@dataclass
class _Jobs:
    """Spark's runs, and what the transformed bucket held when the last one ended."""

    settings: Settings
    listed_after: tuple[int, Any] = (-1, None)
    objects: int = 0
    bytes: int = 0

    def collect(self) -> Found:
        """The two hops; the bucket is listed when a run has ended since."""
        runs = job_runs(self.settings)
        ended = [run for run in runs if run["state"] not in RUNS_UNDER_WAY]
        latest = (len(ended), max((run["finishedAt"] for run in ended if "finishedAt" in run), default=None))
        if latest != self.listed_after:
            self._list()
            self.listed_after = latest
        return {"spark": _runs(runs), "transformed": self._bucket(latest[1])}

    def _list(self) -> None:
        pages = aws.client(self.settings, "s3").get_paginator("list_objects_v2")
        self.objects = self.bytes = 0
        for page in pages.paginate(Bucket=self.settings.transformed_bucket):
            for entry in page.get("Contents", []):
                self.objects += 1
                self.bytes += entry["Size"]

    def _bucket(self, latest: Any) -> Facts:
        numbers = (Number("size", size(self.bytes)), Number("last run ended", ago(latest)))
        return Facts("ready" if self.objects else "idle", number(self.objects), "objects", numbers)


def _runs(runs: Sequence[dict[str, Any]]) -> Facts:
    states = Counter(run["state"] for run in runs)
    under_way = sum(states[state] for state in RUNS_UNDER_WAY)
    failed = states["FAILED"]
    last_failed = next((run for run in runs if run["state"] not in RUNS_UNDER_WAY), {}).get("state") == "FAILED"
    numbers = (
        Number("under way", number(under_way)),
        Number("failed", number(failed), bad=failed > 0),
    )
    state: State = "failing" if last_failed else "moving" if under_way else "ready" if runs else "idle"
    note = f"The last run failed: {runs[0].get('name', runs[0]['id'])}." if last_failed and not under_way else ""
    names = [run.get("name", "a job") for run in runs if run["state"] in RUNS_UNDER_WAY]
    return Facts(state, number(states["COMPLETED"]), "completed", numbers, note or _running(names))


def _running(names: Sequence[str]) -> str:
    return f"Now: {', '.join(names)}." if names else ""
