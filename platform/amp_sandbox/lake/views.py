"""The views `raw.show_catalog` and `raw.app_events` over the objects of the raw bucket.

A view has the columns of `columns`, whatever is in the lake, so that an empty lake answers with no rows instead of an
error, and a column has the same type in every session. A column that only the data has, as it was added to the
pipeline a minute ago, comes after them, with the type that DuckDB sees in the newest objects.

**Left out:** other formats than Firehose's gzipped JSON lines below these prefixes, and objects in other places.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amp_sandbox import aws
from amp_sandbox.lake import columns
from amp_sandbox.publish.streams import app_events, catalog_changes, not_deployed
from amp_sandbox.settings import Settings

NEWEST_OBJECTS = 20


@dataclass(frozen=True)
class View:
    """A view of the lake: its name, where its objects are, its known columns and its partition columns."""

    name: str
    prefix: str
    columns: Mapping[str, str]
    partitions: Sequence[str]


def views(settings: Settings) -> tuple[View, ...]:
    """The lake's views."""
    return (
        View("raw.show_catalog", catalog_changes(settings).lake_prefix, columns.SHOW_CATALOG, ("dt",)),
        View("raw.app_events", app_events(settings).lake_prefix, columns.app_events(), ("event_type", "dt")),
    )


def create_views(settings: Settings, db: Any) -> None:
    """Make the views in a connection that reads the sandbox's S3."""
    db.execute("CREATE SCHEMA IF NOT EXISTS raw")
    db.execute("SET schema = 'raw'")  # SHOW TABLES lists them
    for view in views(settings):
        create_view(db, view, f"s3://{settings.raw_bucket}/", _newest(settings, view))


def create_view(db: Any, view: View, root: str, newest: Sequence[str]) -> None:
    """Make one view over the objects below `root`; `newest` are the newest of them, none when there is none."""
    known = dict(view.columns)
    added = {name: kind for name, kind in _detected(db, newest).items() if name not in known}
    body = _reading(view, known | added, f"{root}{view.prefix}**/*.gz") if newest else _empty(known)
    db.execute(f"CREATE OR REPLACE VIEW {view.name} AS {body}")


def _reading(view: View, types: Mapping[str, str], pattern: str) -> str:
    listed = ", ".join(f"{_quoted(name)}: {_quoted(kind)}" for name, kind in types.items())
    partitions = ", ".join(f"{name}: {types[name]}" for name in view.partitions)
    names = ", ".join(_identifier(name) for name in types)
    return (
        f"SELECT {names} FROM read_json({_quoted(pattern)}, format = 'newline_delimited', compression = 'gzip',"  # noqa: S608
        f" columns = {{{listed}}}, hive_partitioning = true, hive_types = {{{partitions}}})"
    )


def _empty(types: Mapping[str, str]) -> str:
    listed = ", ".join(f"NULL::{kind} AS {_identifier(name)}" for name, kind in types.items())
    return f"SELECT {listed} WHERE false"


def _newest(settings: Settings, view: View) -> list[str]:
    s3 = aws.client(settings, "s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=settings.raw_bucket, Prefix=view.prefix)
    try:
        entries = [entry for page in pages for entry in page.get("Contents", []) if entry["Key"].endswith(".gz")]
    except s3.exceptions.NoSuchBucket:
        raise not_deployed(settings, f"the bucket {settings.raw_bucket}") from None
    entries.sort(key=lambda entry: entry["LastModified"], reverse=True)
    return [f"s3://{settings.raw_bucket}/{entry['Key']}" for entry in entries[:NEWEST_OBJECTS]]


def _detected(db: Any, uris: Sequence[str]) -> dict[str, str]:
    """The columns that DuckDB sees in these objects, partition columns included."""
    import duckdb

    if not uris:
        return {}
    listed = ", ".join(_quoted(uri) for uri in uris)
    try:
        rows = db.execute(
            f"DESCRIBE SELECT * FROM read_json([{listed}], format = 'newline_delimited', compression = 'gzip',"  # noqa: S608
            " union_by_name = true)"
        ).fetchall()
    except duckdb.Error:
        return {}  # an object that is no JSON; the query that reads it will say so
    return {row[0]: row[1] for row in rows}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
