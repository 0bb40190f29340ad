"""The catalogue's changes: raw lines to `shows_history` (every change) and `shows_current` (the last of each show).

Both are rebuilt from all raw objects up to `--date`, so that a change that comes late finds its place among the others.
`shows_history` is a slowly changing dimension of type 2: one row per `change_id`, valid from the moment of the change
until that of the show's next.

A change carries the show as the catalogue had it when the change was looked up, and two quick changes may be looked up
in the other order. So changes are in the order of the show's `version`, then `changed_at`, then `change_id`; and none
begins before the one it follows. Changes at the same moment are all kept; only the last of them is valid for any time.

**Left out:** rebuilding only some days: a catalogue is small. A cancelled show stays in `shows_current`, as
`status` and `change_type` say.
"""

import sys
from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from amp_spark import quarantine
from amp_spark.catalog_columns import CHANGES
from amp_spark.errors import JobError
from amp_spark.job import Arguments, parse_args, run
from amp_spark.parse import REASON, parse
from amp_spark.raw import Objects, objects_of, read_lines
from amp_spark.report import Tally, write_report
from amp_spark.storage import entries, entries_of, require_root
from amp_spark.tables import write_table

SOURCE = "show_catalog"
NAMES = tuple(column.name for column in CHANGES)
HISTORY_KEYS = ("show_id", "change_number")


def read(session: SparkSession, raw: str, last: str) -> tuple[Objects, list[str]]:
    """The raw objects up to a date, and the dates there are folders of."""
    root = f"{raw}/show_catalog"
    days = [entry for entry in entries(session, root) if entry.is_folder and entry.name.startswith("dt=")]
    wanted = [entry for entry in days if entry.name.removeprefix("dt=") <= last]
    if not wanted:
        raise JobError(f"there are no catalogue changes up to {last} below {root}; let Firehose deliver some first")
    found = [one for listed in entries_of(session, [entry.uri for entry in wanted]) for one in listed]
    return objects_of([one for one in found if not one.is_folder]), [one.name.removeprefix("dt=") for one in wanted]


def typed(raw_lines: DataFrame) -> DataFrame:
    """The columns of each line, and why it is no change."""
    return parse(raw_lines, CHANGES)


def deduplicated(rows: DataFrame) -> DataFrame:
    """Mark the row of each change that stays: sound ones first, then what was ingested first."""
    copies = Window.partitionBy(F.coalesce("change_id", F.xxhash64("raw").cast("string")))
    order = (F.col(REASON).isNotNull(), F.col("ingested_at"), F.xxhash64("raw"), F.col("object"))
    return rows.withColumn("is_first", F.row_number().over(copies.orderBy(*order)) == 1)


def history(rows: DataFrame) -> DataFrame:
    """One row per change, with the time for which it was the show's last."""
    changes = rows.where(F.col("is_first") & F.col(REASON).isNull()).select(*NAMES)
    of_show = Window.partitionBy("show_id").orderBy(F.asc_nulls_first("version"), "changed_at", "change_id")
    so_far = of_show.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    numbered = changes.withColumn("change_number", F.row_number().over(of_show)).withColumn(
        "valid_from", F.max("changed_at").over(so_far)
    )
    in_order = Window.partitionBy("show_id").orderBy("change_number")
    valid_to = F.lead("valid_from").over(in_order)
    return numbered.withColumn("valid_to", valid_to).withColumn("is_current", F.col("valid_to").isNull())


def current(changes: DataFrame) -> DataFrame:
    """The last row of each show's history."""
    return changes.where("is_current").drop("valid_to", "is_current", "change_number")


def tally(rows: DataFrame) -> Tally:
    """What the report says of the rows: one is written for each that stays and is sound."""
    stays, sound = F.col("is_first"), F.col(REASON).isNull()
    counted = (F.count(F.lit(1)), F.count_if(stays & F.col("change_id").isNotNull()), F.count_if(stays & sound))
    return Tally(*rows.select(*counted, F.count(REASON)).collect()[0])


def write(session: SparkSession, args: Arguments, rows: DataFrame, objects: Objects, dates: Sequence[str]) -> None:
    """Write the tables and the quarantine."""
    changes = history(rows).persist()
    write_table(changes, args.table("shows_history"), HISTORY_KEYS)
    write_table(current(changes), args.table("shows_current"), ["show_id"])
    bad = quarantine.rejected(rows)
    bad_dates = [row.dt for row in bad.select("dt").distinct().collect()]
    quarantine.write(session, args.transformed, SOURCE, bad, objects.unreadable, dates, bad_dates)


def main(argv: Sequence[str]) -> None:
    """Rebuild both tables."""
    run(parse_args("show_catalog", argv, takes_days=False), _work)


def _work(session: SparkSession, args: Arguments) -> None:
    require_root(session, args.raw)
    require_root(session, args.transformed)

    def work(raw_lines: DataFrame) -> tuple[DataFrame, Tally]:
        rows = deduplicated(typed(raw_lines)).persist()
        return rows, tally(rows)

    there, dates = read(session, args.raw, args.date.isoformat())
    objects, (rows, counts) = read_lines(session, there, work)
    write(session, args, rows, objects, dates)
    unreadable = [one.uri for one in objects.unreadable]
    write_report(session, args, {"shows_history": counts}, objects.uris, unreadable)


if __name__ == "__main__":
    main(sys.argv[1:])
