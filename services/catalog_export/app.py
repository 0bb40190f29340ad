"""Dated snapshots of the catalogue in the raw bucket: shows, creators and users as they were at the end of a day.

Asked with `{"date": "2026-11-25"}`, or by an EventBridge schedule, which gets the day before that of the event. A day
that is over is exported as of its last millisecond, and so is the same whenever it is asked for. The current day is
exported as of now; its snapshot is replaced by each later one of that day.

Nothing is written before all exports are here and whole: one that breaks off, or that the catalogue refuses, leaves the
snapshots that there are.

**Left out:** days to come, which are refused; other compression than gzip.
"""

import logging
import os
import re
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import boto3
import urllib3
from botocore.config import Config

from catalogue import KINDS, Export, fetch_export

log = logging.getLogger(__name__)
logging.getLogger().setLevel(os.environ.get("LOG_LEVEL", "INFO"))

RESERVE_SECONDS = 10.0  # for writing what was read, before Lambda ends the invocation

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def required(name: str) -> str:
    """Return the environment variable; fail the start of the function, naming it, if there is none."""
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"the environment variable {name} is not set")
    return value


CATALOG_API_URL = required("CATALOG_API_URL").rstrip("/")
BUCKET = required("RAW_BUCKET")

# Made once for each execution environment, so that connections are kept between invocations.
http = urllib3.PoolManager()
s3 = boto3.client("s3", config=Config(connect_timeout=2, read_timeout=30, retries={"mode": "standard"}))


class Context(Protocol):
    """What is used of the context that Lambda gives."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""


def lambda_handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Export a day; answer what was written. Raises when an export cannot be had, and writes none then."""
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS
    now = datetime.now(UTC)
    day = requested_day(event, now.date())
    # The end of a day that is not over is not known yet. One moment for all kinds, the catalogue's own now.
    as_of = f"{day}T23:59:59.999Z" if day < now.date() else None
    with ExitStack() as files:
        exports: list[Export] = []
        for kind in KINDS:
            file = files.enter_context(tempfile.TemporaryFile())
            exports.append(fetch_export(http, CATALOG_API_URL, kind, as_of, file, deadline))
            as_of = exports[-1].as_of
        return {"snapshots": [put_snapshot(export, day) for export in exports]}


def requested_day(event: Mapping[str, Any], today: date) -> date:
    """The day that an invocation asks for. Raises ValueError when it asks for none, or for one that has not begun."""
    if event.get("source") == "aws.events":
        return datetime.fromisoformat(event["time"]).astimezone(UTC).date() - timedelta(days=1)
    asked = event.get("date")
    if event.keys() != {"date"} or not isinstance(asked, str) or not _DATE.fullmatch(asked):
        raise ValueError('the event must be {"date": "YYYY-MM-DD"}')
    day = date.fromisoformat(asked)
    if day > today:
        raise ValueError(f"{day} has not begun; today is {today}, in UTC")
    return day


def put_snapshot(export: Export, day: date) -> dict[str, Any]:
    """Write a snapshot, in one request: readers see the old one or the new one, and never a part."""
    key = f"snapshots/{export.kind}/dt={day}/{export.kind}.ndjson.gz"
    export.file.seek(0)
    s3.put_object(
        Bucket=BUCKET,
        Key=key,
        Body=export.file,
        ContentType="application/x-ndjson",
        Metadata={"as-of": export.as_of, "documents": str(export.documents)},
    )
    facts = {"kind": export.kind, "documents": export.documents, "key": key}
    log.info("exported", extra=facts | {"as_of": export.as_of, "bytes": export.size})
    return facts
