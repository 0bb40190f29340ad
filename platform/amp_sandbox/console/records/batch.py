"""Crawls, tables of the Data Catalog, Spark's runs and Airflow's."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from amp_sandbox import aws
from amp_sandbox.console.collect import airflow, batch
from amp_sandbox.console.formats import plural
from amp_sandbox.console.tables import Cell, Table, count, identifier, in_address, mark, moment, problem, seconds, text
from amp_sandbox.dags.following import run_url
from amp_sandbox.settings import Settings

SHOWN = 25

_STATES: Mapping[str, str] = {
    "COMPLETED": "ready",
    "SUCCEEDED": "ready",
    "success": "ready",
    "FAILED": "failing",
    "failed": "failing",
    "CANCELLED": "waiting",
    "STOPPED": "waiting",
}

_DONE: Mapping[str, str] = {"ADD": "added", "UPDATE": "changed", "DELETE": "removed"}


def crawls(settings: Settings) -> Sequence[Table]:
    """The newest crawls of every crawler."""
    glue = aws.client(settings, "glue")
    found = [
        (crawler["Name"], crawl)
        for crawler in batch.crawlers(settings)
        for crawl in glue.list_crawls(CrawlerName=crawler["Name"], MaxResults=SHOWN)["Crawls"]
    ]
    found.sort(key=lambda one: one[1]["StartTime"], reverse=True)
    rows = [
        (
            moment(crawl["StartTime"]),
            identifier(name),
            state(crawl["State"]),
            seconds(_between(crawl["StartTime"], crawl.get("EndTime"))),
            text(_changes(crawl.get("Summary"))),
            problem(crawl.get("ErrorMessage", "")),
        )
        for name, crawl in found[:SHOWN]
    ]
    columns = ("began", "crawler", "state", "took", "changed", "problem")
    empty = "No crawl yet. New objects in the lake start one by themselves."
    return (Table("Crawls", columns, rows, empty, "sandbox seed"),)


def catalogue(settings: Settings) -> Sequence[Table]:
    """The tables of both databases."""
    return tuple(_tables(settings, database) for database in batch.DATABASES)


def job_runs(settings: Settings) -> Sequence[Table]:
    """Spark's newest runs."""
    rows = [
        (
            moment(run["createdAt"]),
            text(run.get("name")),
            identifier(run["id"]),
            state(run["state"]),
            seconds(_between(run["createdAt"], run.get("finishedAt"))),
            problem(run.get("stateDetails", "") if run["state"] == "FAILED" else ""),
        )
        for run in batch.job_runs(settings)[:SHOWN]
    ]
    columns = ("created", "job", "run", "state", "took", "problem")
    return (Table("Spark runs", columns, rows, "No job has run yet.", "sandbox batch"),)


def dag_runs(settings: Settings) -> Sequence[Table]:
    """Airflow's newest runs; when it does not run, how to start it."""
    columns = ("for", "DAG", "run", "state", "took")
    title = "DAG runs"
    if not airflow.is_up(settings):
        return (
            Table(title, columns, (), "Airflow does not run; it is started when it is needed.", "sandbox dag list"),
        )
    rows = [
        (
            moment(_time(run["run_after"])),
            text(run["dag_id"]),
            identifier(run["dag_run_id"], run_url(settings, run["dag_id"], run["dag_run_id"])),
            state(run["state"]),
            seconds(_between(_time(run["start_date"]), _time(run["end_date"]))),
        )
        for run in airflow.dag_runs(settings, SHOWN)
    ]
    return (Table(title, columns, rows, "No DAG has run yet.", "sandbox dag run lake_daily"),)


def state(word: str) -> Cell:
    """The state of a run; what is not at its end is moving."""
    return mark(word.lower().replace("_", " "), _STATES.get(word, "moving"))


def _tables(settings: Settings, database: str) -> Table:
    rows = [
        (
            identifier(table["Name"], f"/hops/catalog/{in_address(database)}/{in_address(table['Name'])}"),
            count(len(table["StorageDescriptor"]["Columns"])),
            text(", ".join(key["Name"] for key in table.get("PartitionKeys", []))),
            count(_number(table.get("Parameters", {}).get("recordCount"))),
            moment(table.get("UpdateTime")),
        )
        for table in batch.tables(settings, database)
    ]
    columns = ("table", "columns", "partitioned by", "records", "updated")
    return Table(database, columns, rows, "No tables yet: nothing was crawled.", "sandbox batch")


def _changes(summary: str | None) -> str:
    """What a crawl changed, from the summary that Glue gives: counts of actions, by kind."""
    actions = {kind: done for kind, done in json.loads(summary or "{}").items() if kind in ("TABLE", "PARTITION")}
    parts = [
        f"{plural(n, kind.lower())} {_DONE[action]}" for kind, done in actions.items() for action, n in done.items()
    ]
    return ", ".join(parts)


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return (end - start).total_seconds() if start and end else None


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() else None
