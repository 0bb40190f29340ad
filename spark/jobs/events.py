"""App events: raw lines to one table per event type, `events_<type>`, by the date on which they happened.

Reads the raw objects of the days up to `--date` and rebuilds those dates of all tables. Events are deduplicated by id
within their type: of copies the earliest stays. A late event is in the partition of its own date, wherever its object
lies. Lines that are no sound event of their folder's type are in `_quarantine/events/`, with the reason.

All types are read in one pass and kept in memory (or on local disk) while the tables are written from there.

**Left out:** an event whose own date is not among the days rebuilt: its partition holds rows that this run does not
see. It is quarantined, until a run with more `--days` takes it.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from amp_spark import quarantine
from amp_spark.errors import JobError
from amp_spark.event_columns import ALL, EVENTS, table_name
from amp_spark.job import Arguments, parse_args, partitions, run
from amp_spark.parse import REASON, first_of, missing_by_type, parse
from amp_spark.raw import Objects, objects_of, read_lines
from amp_spark.report import Tally, write_report
from amp_spark.storage import entries, entries_of, require_root
from amp_spark.tables import write_dates

SOURCE = "events"
KEYS = ("event_time", "event_id")
TABLES_AT_ONCE = 4
_UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


@dataclass(frozen=True)
class Group:
    """Some of the rows read: of a folder's type and date, written to a date or not, and how many there are."""

    raw_type: str
    raw_dt: str
    dt: str | None
    sound: bool
    first: bool
    has_id: bool
    rows: int


def read(session: SparkSession, raw: str, dates: Sequence[str]) -> Objects:
    """The raw objects of some dates."""
    root = f"{raw}/app_events"
    types = [entry.uri for entry in entries(session, root) if entry.name.startswith("event_type=")]
    if not types:
        raise JobError(f"there are no events below {root}; let Firehose deliver some first")
    folders = [f"{one.rstrip('/')}/dt={dt}" for one in types for dt in dates]
    return objects_of([entry for listed in entries_of(session, folders) for entry in listed if not entry.is_folder])


def typed(raw_lines: DataFrame, dates: Sequence[str]) -> DataFrame:
    """The columns of all types, `dt`, and the reason why a line is no event of its folder's type and of these dates."""
    folder, own = F.col("raw_type"), F.col("row.event_type")
    rules = (
        F.when(~folder.isin(list(EVENTS)), F.concat(F.lit("there is no event type "), folder)),
        first_of(missing_by_type(EVENTS, folder)),
        F.when(own != folder, F.concat(F.lit("event_type is not "), folder)),
        F.when(~F.col("row.event_id").rlike(_UUID), F.lit("event_id is not a UUID")),
    )
    rows = parse(raw_lines, ALL, *rules).withColumn("dt", F.date_format("event_time", "yyyy-MM-dd"))
    outside = F.when(~F.col("dt").isin(list(dates)), F.concat(F.col("dt"), F.lit(" is not among the days rebuilt")))
    return rows.withColumn(REASON, F.coalesce(REASON, outside))


def deduplicated(rows: DataFrame) -> DataFrame:
    """Mark the row of each type and id that stays: `is_first`. Sound ones come first, then the earliest.

    What a sound row no longer needs is dropped: its line, and its object's address.
    """
    is_bad = F.col(REASON).isNotNull()
    identity = F.coalesce("event_id", F.col("_content").cast("string"))
    copies = Window.partitionBy("raw_type", identity).orderBy(is_bad, "event_time", "_content", "object")
    return (
        rows.withColumn("_content", F.xxhash64("raw"))
        .withColumn("is_first", F.row_number().over(copies) == 1)
        .drop("_content")
        .withColumn("raw", F.when(is_bad, F.col("raw")))
        .withColumn("object", F.when(is_bad, F.col("object")))
    )


def events_of(rows: DataFrame, event_type: str) -> DataFrame:
    """The table of a type."""
    kept = rows.where((F.col("raw_type") == event_type) & F.col("is_first") & F.col(REASON).isNull())
    return kept.select(*(column.name for column in EVENTS[event_type]), "dt")


def groups(rows: DataFrame) -> DataFrame:
    """How many rows there are of each kind, for the report."""
    sound, has_id = F.col(REASON).isNull(), F.col("event_id").isNotNull()
    by = ("raw_type", "raw_dt", "dt", sound.alias("sound"), F.col("is_first").alias("first"), has_id.alias("has_id"))
    return rows.groupBy(*by).agg(F.count(F.lit(1)).alias("rows"))


def write(
    session: SparkSession, args: Arguments, rows: DataFrame, found: Sequence[Group], objects: Objects
) -> dict[str, Tally]:
    """Write the tables and the quarantine; answers what the report says of the tables."""
    filled: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for group in found:
        if group.sound and group.first and group.dt:
            filled[group.raw_type][group.dt] += group.rows

    def write_type(event_type: str) -> None:
        uri = args.table(table_name(event_type))
        write_dates(session, events_of(rows, event_type), uri, KEYS, args.dates, filled[event_type])

    with ThreadPoolExecutor(TABLES_AT_ONCE) as pool:
        list(pool.map(write_type, EVENTS))
    bad_dates = {group.raw_dt for group in found if not group.sound}
    bad_rows = quarantine.rejected(rows)
    quarantine.write(session, args.transformed, SOURCE, bad_rows, objects.unreadable, args.dates, bad_dates)
    types = {*EVENTS, *(group.raw_type for group in found)}
    return {table_name(one): _tally([group for group in found if group.raw_type == one]) for one in types}


def main(argv: Sequence[str]) -> None:
    """Rebuild the tables of some days."""
    run(parse_args("events", argv, takes_days=True), _work)


def _work(session: SparkSession, args: Arguments) -> None:
    require_root(session, args.raw)
    require_root(session, args.transformed)

    def work(raw_lines: DataFrame) -> tuple[DataFrame, list[Group]]:
        rows = deduplicated(typed(raw_lines, args.dates))
        placed = rows.repartition(partitions(session), "raw_type", "dt")
        kept = placed.sortWithinPartitions("raw_type", "dt", *KEYS).persist()
        return kept, [Group(*row) for row in groups(kept).collect()]

    objects, (kept, found) = read_lines(session, read(session, args.raw, args.dates), work)
    tables = write(session, args, kept, found, objects)
    write_report(session, args, tables, objects.uris, [one.uri for one in objects.unreadable])


def _tally(found: Sequence[Group]) -> Tally:
    return Tally(
        rows_read=sum(group.rows for group in found),
        distinct_ids=sum(group.rows for group in found if group.first and group.has_id),
        written=sum(group.rows for group in found if group.first and group.sound),
        quarantined=sum(group.rows for group in found if not group.sound),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
