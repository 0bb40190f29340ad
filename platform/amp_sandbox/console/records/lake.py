"""What lies in the two buckets of the lake: the newest objects, what could not be delivered, what an object holds."""

from collections.abc import Sequence
from typing import Any

from amp_sandbox import aws
from amp_sandbox.audit import sources
from amp_sandbox.console.formats import plural
from amp_sandbox.console.tables import (
    Cell,
    Table,
    body,
    count,
    identifier,
    in_address,
    moment,
    problem,
    record,
    size,
    text,
)
from amp_sandbox.publish.streams import Stream, app_events, catalog_changes, record_id, streams
from amp_sandbox.settings import Settings

SHOWN = 20
LINES_SHOWN = 50
FAILED_OBJECTS_READ = 10

_COLUMNS = ("written", "object", "records", "size")


def catalogue_deliveries(settings: Settings) -> Sequence[Table]:
    """The newest objects of the stream of show changes."""
    return _deliveries(settings, catalog_changes(settings))


def event_deliveries(settings: Settings) -> Sequence[Table]:
    """The newest objects of the stream of the app's events."""
    return _deliveries(settings, app_events(settings))


def raw(settings: Settings) -> Sequence[Table]:
    """The newest objects of the raw bucket, the snapshots, and the newest records that could not be delivered."""
    return (
        *_errors(settings, streams(settings)),
        Table("Newest objects", _COLUMNS, _objects(settings, streams(settings)), "The lake is empty.", "sandbox seed"),
        _snapshots(settings),
    )


def transformed(settings: Settings) -> Sequence[Table]:
    """The tables of the transformed bucket, by their folders."""
    found: dict[str, list[dict[str, Any]]] = {}
    pages = aws.client(settings, "s3").get_paginator("list_objects_v2").paginate(Bucket=settings.transformed_bucket)
    for page in pages:
        for entry in page.get("Contents", []):
            found.setdefault(entry["Key"].partition("/")[0], []).append(entry)
    rows = [
        (
            identifier(f"{folder}/"),
            count(len(entries)),
            size(sum(entry["Size"] for entry in entries)),
            moment(max(entry["LastModified"].timestamp() for entry in entries)),
        )
        for folder, entries in sorted(found.items())
    ]
    note = (
        "_quarantine/ holds rows that broke a rule, with the reason; _reports/ what each run read and wrote;"
        " _pages/ the daily flash."
    )
    columns = ("folder", "objects", "size", "newest")
    return (Table("Tables", columns, rows, "No job has run yet.", "sandbox batch", note if rows else ""),)


def object_lines(settings: Settings, key: str) -> tuple[list[Cell], int] | None:
    """The first lines of an object of the raw bucket, and how many it has; None when there is no such object."""
    content = sources.read_object(settings, key)
    if content is None:
        return None
    lines = content.splitlines()
    return [body(line) for line in lines[:LINES_SHOWN]], len(lines)


def _deliveries(settings: Settings, stream: Stream) -> Sequence[Table]:
    made = _objects(settings, (stream,))
    title, empty = "Newest objects", "Nothing was delivered yet."
    return (*_errors(settings, (stream,)), Table(title, _COLUMNS, made, empty, "sandbox seed"))


def _objects(settings: Settings, of: Sequence[Stream]) -> list[tuple[Cell, ...]]:
    newest = sorted(
        (one for stream in of for one in sources.deliveries(settings, stream, limit=SHOWN)),
        key=lambda one: float(one["delivered_at"]),
        reverse=True,
    )
    return [
        (moment(one["delivered_at"]), _object(one["key"]), count(one["records"]), size(one["bytes"]))
        for one in newest[:SHOWN]
    ]


def _object(key: str) -> Cell:
    return identifier(key, f"/object?key={in_address(key)}")


def _errors(settings: Settings, of: Sequence[Stream]) -> Sequence[Table]:
    """The newest records that could not be delivered; no table when there are none."""
    rows: list[tuple[Cell, ...]] = []
    left_out = 0
    for stream in of:
        failed = [one for one in sources.deliveries(settings, stream) if one["kind"] != "data"]
        left_out += max(0, len(failed) - FAILED_OBJECTS_READ)
        for one in failed[:FAILED_OBJECTS_READ]:
            rows += [_failed(stream, error) for error in sources.error_records(settings, one["key"])]
    if not rows:
        return ()
    rows.sort(key=lambda row: row[0].value, reverse=True)
    hidden = len(rows) > SHOWN or left_out
    note = f"The newest {SHOWN}; all are below errors/ in the bucket." if hidden else ""
    columns = ("failed", "id", "reason", "record")
    return (Table("Records that could not be delivered", columns, rows[:SHOWN], "", note=note),)


def _failed(stream: Stream, error: sources.ErrorRecord) -> tuple[Cell, ...]:
    reason = f"{error.code}: {error.message}" + (f" ({plural(error.attempts, 'attempt')})" if error.attempts else "")
    return moment(error.ended_ms / 1000), record(record_id(stream, error.data)), problem(reason), body(error.data)


def _snapshots(settings: Settings) -> Table:
    s3 = aws.client(settings, "s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=settings.raw_bucket, Prefix="snapshots/")
    entries = [entry for page in pages for entry in page.get("Contents", [])]
    newest = sorted(entries, key=lambda entry: entry["LastModified"], reverse=True)[:SHOWN]
    rows = [(moment(e["LastModified"].timestamp()), _object(e["Key"]), text(""), size(e["Size"])) for e in newest]
    empty = "No snapshot of the catalogue yet; one is made each night, and by every pass of the batch."
    return Table("Snapshots of the catalogue", _COLUMNS, rows, empty, "sandbox batch")
