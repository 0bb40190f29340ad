"""Sessions: one row per visit to the app, put together from the events of the visit, by the date on which it began.

Rebuilds the days up to `--date` from the tables of the job `events`. Two days before them are read as well, the longest
that a session lasts, so that the rest of an earlier one is not taken for another. A session that goes on after `--date`
has `is_complete` false, until a run for a later date with more `--days` sees its end.

**Left out:** events outside any session: listener counts, and notifications that nobody opened.
"""

import sys
from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from amp_spark.event_columns import EVENTS
from amp_spark.events_read import read_events
from amp_spark.job import Arguments, days_before, parse_args, run
from amp_spark.playback import playbacks
from amp_spark.report import Tally, require_run, write_report
from amp_spark.storage import require_root
from amp_spark.tables import write_dates

TABLE = "sessions"
LONGEST_DAYS = 2
TYPES = tuple(name for name, columns in EVENTS.items() if any(one.name == "session_id" for one in columns))
_COUNTED = {
    "screen_viewed": "screens_viewed",
    "button_clicked": "buttons_clicked",
    "search_performed": "searches",
    "playback_started": "plays",
    "chat_message": "chat_messages",
    "poll_voted": "poll_votes",
    "call_in_requested": "call_ins",
    "follow_created": "follows",
    "promotion_clicked": "promotion_clicks",
}
_FROM_START = ("launch", "network", "language", "timezone")
_FROM_FIRST = ("user_id", "device_platform", "device_os_version", "device_app_version")
_OF_SOME = (*_FROM_START, "reason", "likes", "variant", "screen")


def read(session: SparkSession, args: Arguments) -> dict[str, DataFrame]:
    """The events that sessions of these days can have."""
    return read_events(session, args.transformed, TYPES, days_before(args.date, args.days + LONGEST_DAYS))


def sessions(events: Mapping[str, DataFrame]) -> DataFrame:
    """One row per session, with its date in `dt`."""
    seen = visits(events)
    heard = (
        playbacks(events)
        .groupBy("session_id")
        .agg(
            F.sum("listened_seconds").alias("listened_seconds"),
            F.sum(F.when(F.col("is_live"), F.col("listened_seconds")).otherwise(0)).alias("live_listened_seconds"),
            F.countDistinct("show_id").alias("shows_played"),
        )
    )
    counts = ("listened_seconds", "live_listened_seconds", "shows_played")
    return seen.join(heard, "session_id", "left").fillna(0, subset=list(counts))


def visits(events: Mapping[str, DataFrame]) -> DataFrame:
    """What the events themselves tell of each session."""
    together = reduce(DataFrame.unionByName, (_of_session(rows, name) for name, rows in events.items()))
    first = F.struct("event_time", "event_id")
    began, ended = _is("session_started"), _is("session_ended")
    found = together.groupBy("session_id").agg(
        *(F.min_by(name, first).alias(name) for name in _FROM_FIRST),
        F.min(F.when(began, F.col("event_time"))).alias("session_started"),
        F.min("event_time").alias("first_event"),
        F.max(F.when(ended, F.col("event_time"))).alias("session_ended"),
        F.max("event_time").alias("last_event"),
        *(F.min_by(name, F.when(began, first)).alias(name) for name in _FROM_START),
        F.max_by("reason", F.when(ended, first)).alias("end_reason"),
        F.min_by("screen", F.when(_is("screen_viewed"), first)).alias("first_screen"),
        F.count(F.lit(1)).alias("events"),
        *(F.count_if(_is(event_type)).alias(name) for event_type, name in _COUNTED.items()),
        F.coalesce(F.sum("likes"), F.lit(0)).alias("likes"),
        F.count_if(_is("promotion_shown") & (F.col("variant") == "treatment")).alias("promotions_shown"),
    )
    whole = F.col("session_started").isNotNull() & F.col("session_ended").isNotNull()
    return (
        found.withColumn("is_anonymous", F.col("user_id").startswith("anon_"))
        .withColumn("is_complete", whole)
        .withColumn("started_at", F.coalesce("session_started", "first_event"))
        .withColumn("ended_at", F.greatest(F.coalesce("session_ended", "last_event"), "started_at"))
        .withColumn("duration_seconds", _seconds("started_at", "ended_at"))
        .withColumn("dt", F.date_format("started_at", "yyyy-MM-dd"))
        .drop("session_started", "session_ended", "first_event", "last_event")
    )


def of_dates(rows: DataFrame, dates: Sequence[str]) -> DataFrame:
    """The sessions that began on some dates."""
    return rows.where(F.col("dt").isin(list(dates)))


def write(session: SparkSession, args: Arguments, rows: DataFrame) -> Tally:
    """Replace the dates' sessions; answers what the report says of them."""
    kept = rows.repartition("dt").persist()
    by_date = {row["dt"]: row["count"] for row in kept.groupBy("dt").count().collect()}
    write_dates(session, kept, args.table(TABLE), ["started_at", "session_id"], args.dates, by_date)
    written = sum(by_date.values())
    return Tally(rows_read=written, distinct_ids=written, written=written)


def main(argv: Sequence[str]) -> None:
    """Rebuild the sessions of some days."""
    run(parse_args(TABLE, argv, takes_days=True), _work)


def _work(session: SparkSession, args: Arguments) -> None:
    require_root(session, args.transformed)
    require_run(session, args, "events")
    rows = of_dates(sessions(read(session, args)), args.dates)
    write_report(session, args, {TABLE: write(session, args, rows)})


def _is(event_type: str) -> Column:
    return F.col("event_type") == event_type


def _seconds(since: str, until: str) -> Column:
    """Whole seconds between two moments, as the app counts them."""
    return F.floor((F.unix_micros(until) - F.unix_micros(since)) / 1_000_000)


def _of_session(rows: DataFrame, event_type: str) -> DataFrame:
    """The columns that sessions are made of; null where a type has no such column, or means another thing by it."""
    has = {column.name for column in EVENTS[event_type]}
    if event_type != "session_ended":
        has -= {"reason"}
    some = [F.col(name) if name in has else F.lit(None).cast(_type(name)).alias(name) for name in _OF_SOME]
    return rows.where(F.col("session_id").isNotNull()).select(
        "session_id", *_FROM_FIRST, "event_time", "event_id", F.lit(event_type).alias("event_type"), *some
    )


def _type(name: str) -> str:
    return "int" if name == "likes" else "string"


if __name__ == "__main__":
    main(sys.argv[1:])
