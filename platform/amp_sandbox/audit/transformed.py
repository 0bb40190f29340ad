"""What became of the raw rows that Spark jobs have read: in a transformed table, or in quarantine, by id.

Each run of a job leaves a report below `_reports/<job>/` that names the raw objects it read. Of every row in those
objects one of two things must be true: a table has its id, or the quarantine has its line. What is in neither is lost.
Rows in objects that no report names wait for the next run.

    raw == awaiting + transformed + quarantined + lost

A line without an id, which no table can have, is known by its content, and an object that cannot be decompressed by
its address; both are in quarantine or lost.

**One look is not enough** while a job replaces a table: what does not add up is looked at again for as long as the
bucket is being written to, and a few times more.

**Left out:** tables that are made of other tables (sessions, engagement, recommendations): they have no ids of their
own. That a run for the same date gives the same tables is tested with the jobs.
"""

import gzip
import json
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from amp_sandbox import aws
from amp_sandbox.lake import connection
from amp_sandbox.publish.streams import Stream, app_events, catalog_changes, not_deployed
from amp_sandbox.settings import Settings

REPORTS = "_reports/"
QUARANTINE = "_quarantine/"
LOOKS = 3
BUSY_LOOKS = 60  # a job that was killed while it wrote leaves its unfinished objects for ever
_PAUSE_SECONDS = 1.0

_TABLES = """
CREATE TABLE raw (row VARCHAR, read BOOLEAN);
CREATE TABLE transformed (row VARCHAR);
CREATE TABLE quarantined (row VARCHAR);
"""

# A row is known by its id, and one without by its content.
_ROW = """
CASE WHEN json_valid({line}) AND json_type({line}, $path) = 'VARCHAR' THEN json_extract_string({line}, $path)
ELSE md5({line}) END
"""
_ADD_RAW = f"INSERT INTO raw SELECT {_ROW.format(line='line')}, $read FROM lines"  # noqa: S608
_ADD_QUARANTINED = f"""
INSERT INTO quarantined SELECT {_ROW.format(line="line")}
FROM (SELECT coalesce(json_extract_string(line, '$.raw'), json_extract_string(line, '$.object')) AS line FROM lines)
"""  # noqa: S608

_ACCOUNT = """
WITH account AS (
    SELECT row, bool_or(read) AS read,
           row IN (FROM transformed) AS transformed, row IN (FROM quarantined) AS quarantined
    FROM raw GROUP BY row
)
SELECT count(*), count(*) FILTER (NOT read AND NOT transformed AND NOT quarantined),
       count(*) FILTER (transformed), count(*) FILTER (quarantined AND NOT transformed),
       count(*) FILTER (read AND NOT transformed AND NOT quarantined),
       (SELECT count(*) - count(DISTINCT row) FROM transformed),
       (SELECT count(DISTINCT row) FROM transformed WHERE row NOT IN (SELECT row FROM raw))
FROM account
"""


@dataclass(frozen=True)
class Feed:
    """The job that makes tables of a stream's raw rows: its name, the tables' prefix, and its place in quarantine."""

    stream: Stream
    job: str
    table_prefix: str
    quarantine: str


@dataclass(frozen=True)
class TransformedAudit:
    """The account of a stream's raw rows, in distinct rows.

    `awaiting` are in objects that no run has read yet. `duplicates` are rows of the tables whose id another row has,
    and `unexplained` are ids in the tables that no raw object has.
    """

    stream: str
    raw: int
    awaiting: int
    transformed: int
    quarantined: int
    lost: int
    duplicates: int
    unexplained: int

    @property
    def suspicious(self) -> bool:
        """Whether something does not add up, which another look may explain."""
        return bool(self.lost or self.duplicates or self.unexplained)


@dataclass(frozen=True)
class Objects:
    """The objects of a look: those of the feed's tables, its quarantine and reports, and the stream's raw rows."""

    tables: tuple[str, ...]
    quarantine: tuple[str, ...]
    reports: tuple[str, ...]
    raw: tuple[str, ...]
    busy: bool


def audit_transformed(
    settings: Settings, *, sleep: Callable[[float], object] = time.sleep
) -> tuple[TransformedAudit, ...]:
    """The account of each stream whose job has run at least once.

    Raises SandboxError when the sandbox is down or not deployed.
    """
    accounts = []
    for feed in feeds(settings):
        account = _look(settings, feed)
        looks = 1
        while account is not None and account[0].suspicious and looks < (BUSY_LOOKS if account[1] else LOOKS):
            sleep(_PAUSE_SECONDS)
            account = _look(settings, feed)
            looks += 1
        if account is not None:
            accounts.append(account[0])
    return tuple(accounts)


def feeds(settings: Settings) -> tuple[Feed, ...]:
    """The jobs that read raw rows."""
    return (
        Feed(catalog_changes(settings), "show_catalog", "shows_history/", "show_catalog"),
        Feed(app_events(settings), "events", "events_", "events"),
    )


def table_address(bucket: str, key: str) -> str:
    """Where DuckDB reads an object of a table."""
    return f"s3://{bucket}/{key}"


def _look(settings: Settings, feed: Feed) -> tuple[TransformedAudit, bool] | None:
    """One account, and whether a job was writing meanwhile; None before the first run."""
    found = _objects(settings, feed)
    if not found.reports:
        return None
    inputs = _inputs(settings, found.reports)
    with connection.private(settings) as db:
        _gather(settings, db, feed, found, inputs)
        account = TransformedAudit(feed.stream.name, *db.execute(_ACCOUNT).fetchone())
    return account, found.busy or _objects(settings, feed) != found


def _objects(settings: Settings, feed: Feed) -> Objects:
    transformed = list(_keys(settings, settings.transformed_bucket, feed.table_prefix))
    return Objects(
        tables=tuple(key for key in transformed if key.endswith(".parquet") and not _hidden(key)),
        quarantine=tuple(_keys(settings, settings.transformed_bucket, f"{QUARANTINE}{feed.quarantine}/")),
        reports=tuple(_keys(settings, settings.transformed_bucket, f"{REPORTS}{feed.job}/")),
        raw=tuple(_keys(settings, settings.raw_bucket, feed.stream.lake_prefix)),
        busy=any(_hidden(key) and not key.endswith("_SUCCESS") for key in transformed),
    )


def _hidden(key: str) -> bool:
    """Whether Spark is still working on an object, or it is none of the table's."""
    return any(part.startswith(("_", ".")) for part in key.split("/"))


def _keys(settings: Settings, bucket: str, prefix: str) -> Iterable[str]:
    s3 = aws.client(settings, "s3")
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from (entry["Key"] for entry in page.get("Contents", []) if not entry["Key"].endswith("/"))
    except s3.exceptions.NoSuchBucket:
        raise not_deployed(settings, f"the bucket {bucket}") from None


def _read(settings: Settings, bucket: str, key: str) -> bytes:
    body: bytes = aws.client(settings, "s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def _inputs(settings: Settings, reports: Sequence[str]) -> set[str]:
    """The raw objects that runs have read."""
    return {
        uri
        for key in reports
        if key.endswith(".json")
        for uri in json.loads(_read(settings, settings.transformed_bucket, key))["inputs"]
    }


def _gather(settings: Settings, db: Any, feed: Feed, found: Objects, inputs: set[str]) -> None:
    """Fill the connection's tables with what the objects hold."""
    db.execute(_TABLES)
    field = feed.stream.id_field
    for key in found.raw:
        uri = f"s3://{settings.raw_bucket}/{key}"
        rows = _raw_rows(uri, _read(settings, settings.raw_bucket, key))
        _insert(db, _ADD_RAW, rows, {"path": f"$.{field}", "read": uri in inputs})
    for key in found.quarantine:
        lines = _read(settings, settings.transformed_bucket, key).splitlines()
        _insert(db, _ADD_QUARANTINED, [line for line in lines if line.strip()], {"path": f"$.{field}"})
    if found.tables:
        uris = [table_address(settings.transformed_bucket, key) for key in found.tables]
        db.execute(
            f"INSERT INTO transformed SELECT {field} FROM read_parquet($uris, union_by_name = true)",  # noqa: S608
            {"uris": uris},
        )


def _raw_rows(uri: str, body: bytes) -> list[bytes]:
    """The lines of an object; of one that cannot be decompressed, those before the fault, and its address."""
    if not body.startswith(b"\x1f\x8b"):
        return [line for line in body.splitlines() if line.strip()]
    try:
        text, broken = gzip.decompress(body), []
    except (OSError, EOFError, zlib.error):
        text, broken = b"", [uri.encode()]
    return [line for line in text.splitlines() if line.strip()] + broken


def _insert(db: Any, statement: str, lines: Sequence[bytes], values: dict[str, Any]) -> None:
    if lines:
        texts = pa.array([line.decode("utf-8", errors="replace") for line in lines], pa.string())
        db.register("lines", pa.table({"line": texts}))
        db.execute(statement, values)
        db.unregister("lines")
