"""What the store keeps and what AWS shows: definitions from inputs, and descriptions from rows."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from amp_sandbox.glue import store
from amp_sandbox.glue.store import Crawl, Crawler, Database, Partition, Table
from amp_sandbox.protocol import Context, refuse_unsupported

LOG_GROUP = "/aws-glue/crawlers"
"""Where crawls write their logs, each crawler in a stream of its name.
https://docs.aws.amazon.com/glue/latest/dg/monitor-crawler.html"""

_LAST_CRAWL = {store.COMPLETED: "SUCCEEDED", store.FAILED: "FAILED", store.STOPPED: "CANCELLED"}
_LONGEST_ERROR = 2048
# What AWS gives a database of which nothing is said: IAM alone decides on its tables.
# https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html
_IAM_ONLY = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]


def definition(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An input as it is kept: without the member that names it, times as seconds since 1970."""
    refuse_unsupported(given, "StorageDescriptor.SchemaReference")
    kept = {member: value for member, value in given.items() if member != name and value is not None}
    return {member: value.timestamp() if isinstance(value, datetime) else value for member, value in kept.items()}


def describe_database(ctx: Context, database: Database) -> dict[str, Any]:
    """AWS's Database."""
    return {
        "CreateTableDefaultPermissions": _IAM_ONLY,
        **database.definition,
        "Name": database.name,
        "CreateTime": database.created_at,
        "CatalogId": ctx.account_id,
    }


def describe_table(ctx: Context, table: Table) -> dict[str, Any]:
    """AWS's Table."""
    return {
        "Retention": 0,
        **table.definition,
        "Name": table.name,
        "DatabaseName": table.database,
        "CreateTime": table.created_at,
        "UpdateTime": table.updated_at,
        "CreatedBy": f"arn:aws:iam::{ctx.account_id}:root",
        "IsRegisteredWithLakeFormation": False,
        "CatalogId": ctx.account_id,
        "VersionId": str(table.version),
    }


def describe_partition(ctx: Context, table: Table, partition: Partition, *, columns: bool = True) -> dict[str, Any]:
    """AWS's Partition; without the columns of its storage if those are not wanted."""
    shown = {
        **partition.definition,
        "Values": list(partition.values),
        "DatabaseName": table.database,
        "TableName": table.name,
        "CreationTime": partition.created_at,
        "CatalogId": ctx.account_id,
    }
    if not columns and "StorageDescriptor" in shown:
        storage = shown["StorageDescriptor"]
        shown["StorageDescriptor"] = {member: value for member, value in storage.items() if member != "Columns"}
    return shown


def describe_crawler(ctx: Context, crawler: Crawler) -> dict[str, Any]:
    """AWS's Crawler."""
    given = crawler.definition
    shown = {
        "Classifiers": [],
        "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
        "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
        **{member: value for member, value in given.items() if member != "Schedule"},
        "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"}
        | (given.get("SchemaChangePolicy") or {}),
        "Name": crawler.name,
        "State": crawler.state,
        "CrawlElapsedTime": 0,
        "CreationTime": crawler.created_at,
        "LastUpdated": crawler.updated_at,
        "Version": crawler.version,
    }
    if given.get("Schedule"):
        shown["Schedule"] = {"ScheduleExpression": given["Schedule"], "State": crawler.schedule_state}
    if crawler.state != store.READY:
        started = next(store.list_crawls(ctx.db, crawler.id)).started_at
        shown["CrawlElapsedTime"] = int((ctx.now() - started) * 1000)
    last = store.last_crawl(ctx.db, crawler.id)
    if last is not None:
        shown["LastCrawl"] = {"Status": _LAST_CRAWL[last.state], "StartTime": last.started_at, **_log_of(crawler, last)}
    return shown


def describe_crawl(crawler: Crawler, crawl: Crawl) -> dict[str, Any]:
    """AWS's CrawlerHistory; Summary is compact JSON, as it can have 255 characters."""
    shown = {"CrawlId": crawl.id, "State": crawl.state, "StartTime": crawl.started_at, "DPUHour": 0.0}
    if crawl.ended_at is not None:
        shown["EndTime"] = crawl.ended_at
    if crawl.summary is not None:
        shown["Summary"] = json.dumps(crawl.summary, separators=(",", ":"))
    return shown | _log_of(crawler, crawl)


def _log_of(crawler: Crawler, crawl: Crawl) -> dict[str, str]:
    """Why a crawl failed, and where its log is."""
    log = {"LogGroup": LOG_GROUP, "LogStream": crawler.name, "MessagePrefix": crawl.id}
    return log if crawl.error is None else log | {"ErrorMessage": crawl.error[:_LONGEST_ERROR]}


def error_detail(code: str, message: str) -> dict[str, str]:
    """AWS's ErrorDetail, of one item in a batch."""
    return {"ErrorCode": code, "ErrorMessage": message}
