"""Creators and users: the catalogue service's latest snapshots, at or before `--date`, to tables of the same names.

`snapshot_date` says of which day a row is. A line that does not fit goes to `_quarantine/creators/` or
`_quarantine/users/`; of an id that is there twice, the highest version stays.

**Left out:** the snapshot of shows: `show_catalog` makes the tables of shows from their changes. A snapshot that cannot
be decompressed is an error, not quarantined: without it the table would be empty, and it can be exported again.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from amp_spark import quarantine
from amp_spark.catalog_columns import CREATORS, USERS
from amp_spark.columns import Column
from amp_spark.errors import JobError
from amp_spark.job import Arguments, parse_args, run
from amp_spark.parse import REASON, parse
from amp_spark.raw import Objects, objects_of, read_lines
from amp_spark.report import Tally, write_report
from amp_spark.storage import entries, require_root
from amp_spark.tables import write_table


@dataclass(frozen=True)
class Kind:
    """A kind of snapshot: its name, which is its table's too, its id and its columns."""

    name: str
    key: str
    columns: tuple[Column, ...]


KINDS = (Kind("creators", "creator_id", CREATORS), Kind("users", "user_id", USERS))


def read(session: SparkSession, raw: str, kind: Kind, last: str) -> tuple[Objects, str]:
    """The objects of the latest snapshot at or before a date, and its date."""
    root = f"{raw}/snapshots/{kind.name}"
    days = [one.name.removeprefix("dt=") for one in entries(session, root) if one.name.startswith("dt=")]
    # A folder may be there without an object in it, where folders are objects themselves.
    for day in sorted((day for day in days if day <= last), reverse=True):
        found = [one for one in entries(session, f"{root}/dt={day}") if not one.is_folder]
        if found:
            return objects_of(found), day
    raise JobError(f"there is no snapshot up to {last} below {root}; run the export of the catalogue first")


def typed(raw_lines: DataFrame, kind: Kind) -> DataFrame:
    """The columns of each line, and why it does not fit."""
    return parse(raw_lines, kind.columns)


def deduplicated(rows: DataFrame, kind: Kind) -> DataFrame:
    """Mark the row of each id that stays: sound ones first, then the highest version."""
    copies = Window.partitionBy(F.coalesce(kind.key, F.xxhash64("raw").cast("string")))
    order = (F.col(REASON).isNotNull(), F.desc_nulls_last("version"), F.xxhash64("raw"))
    return rows.withColumn("is_first", F.row_number().over(copies.orderBy(*order)) == 1)


def profiles(rows: DataFrame, kind: Kind, snapshot_date: str) -> DataFrame:
    """The table."""
    kept = rows.where(F.col("is_first") & F.col(REASON).isNull())
    names = [column.name for column in kind.columns]
    return kept.select(*names, F.lit(snapshot_date).cast("date").alias("snapshot_date"))


def tally(rows: DataFrame, kind: Kind) -> Tally:
    """What the report says of the rows of a kind."""
    has_id, kept = F.col("is_first") & F.col(kind.key).isNotNull(), F.col("is_first") & F.col(REASON).isNull()
    counted = (F.count(F.lit(1)), F.count_if(has_id), F.count_if(kept), F.count(REASON))
    return Tally(*rows.select(*counted).collect()[0])


def write(session: SparkSession, args: Arguments, kind: Kind, rows: DataFrame, counts: Tally, day: str) -> None:
    """Write the table of a kind and its quarantine."""
    table = profiles(rows, kind, day)
    write_table(table, args.table(kind.name), [kind.key])
    bad_dates = [day] if counts.quarantined else []
    quarantine.write(session, args.transformed, kind.name, quarantine.rejected(rows), (), [day], bad_dates)


def main(argv: Sequence[str]) -> None:
    """Replace both tables."""
    run(parse_args("profiles", argv, takes_days=False), _work)


def _work(session: SparkSession, args: Arguments) -> None:
    require_root(session, args.raw)
    require_root(session, args.transformed)
    inputs: list[str] = []
    found = []
    # Both are read before one is replaced.
    for kind in KINDS:
        there, day = read(session, args.raw, kind, args.date.isoformat())
        objects, (rows, counts) = read_lines(session, there, partial(_rows, kind))
        if objects.unreadable:
            bad = objects.unreadable[0]
            raise JobError(f"{bad.uri} cannot be read: {bad.reason}; export the snapshot of {day} again")
        inputs += objects.uris
        found.append((kind, rows, counts, day))
    for kind, rows, counts, day in found:
        write(session, args, kind, rows, counts, day)
    write_report(session, args, {kind.name: counts for kind, _, counts, _ in found}, inputs)


def _rows(kind: Kind, raw_lines: DataFrame) -> tuple[DataFrame, Tally]:
    rows = deduplicated(typed(raw_lines, kind), kind).persist()
    return rows, tally(rows, kind)


if __name__ == "__main__":
    main(sys.argv[1:])
