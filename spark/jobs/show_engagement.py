"""How shows are listened to: `show_engagement_hourly` and `show_engagement_daily`, one row per show and hour or day.

Rebuilds the days up to `--date` from the tables of the job `events`. The time of a playback is divided among the hours
that it spans, so that it adds up to what was listened. Hours and days are those of UTC. A playback that goes on after
`--date` is counted when a later run sees its end; run with `--days 2` or more.

`peak_listeners` is the highest listener count that the backend told of, for live shows; null when it told of none.
`follows` are new followers of the show's creator, in sessions in which the show was played.

**Left out:** shows that nothing happened to; they have no row.
"""

import sys
from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from amp_spark.catalog_columns import CHANGES
from amp_spark.events_read import read_events
from amp_spark.job import Arguments, parse_args, run
from amp_spark.playback import TYPES as PLAYBACK_TYPES
from amp_spark.playback import playbacks
from amp_spark.report import Tally, require_run, write_report
from amp_spark.schemas import table_schema
from amp_spark.storage import require_root
from amp_spark.tables import read_table, write_dates

HOURLY, DAILY = "show_engagement_hourly", "show_engagement_daily"
TYPES = (
    *PLAYBACK_TYPES,
    *("listener_count", "like_sent", "chat_message", "call_in_requested", "poll_voted", "co_host_joined"),
    *("follow_created", "promotion_shown", "promotion_clicked", "screen_viewed"),
)
_SUMS = (
    *("plays", "live_plays", "listened_seconds", "live_listened_seconds", "likes", "chat_messages", "call_ins"),
    *("poll_votes", "co_hosts_joined", "follows", "promotions_shown", "promotions_held_back", "promotion_clicks"),
    "page_views",
)


def read(session: SparkSession, args: Arguments) -> tuple[dict[str, DataFrame], DataFrame]:
    """The events of the days, and who made which show."""
    events = read_events(session, args.transformed, TYPES, args.dates)
    shows = read_table(session, args.table("shows_current"), table_schema(CHANGES), "show_catalog")
    return events, shows.select("show_id", "creator_id")


def activity(events: Mapping[str, DataFrame], shows: DataFrame) -> DataFrame:
    """What happened to shows: `show_id`, the `hour`, and what it adds to each measure."""
    played = playbacks(events)
    one = F.lit(1)
    counts = {
        "chat_message": {"chat_messages": one, "chatter": F.col("user_id")},
        "call_in_requested": {"call_ins": one},
        "poll_voted": {"poll_votes": one},
        "co_host_joined": {"co_hosts_joined": one},
        "like_sent": {"likes": F.col("likes")},
        "listener_count": {"listener_count": F.col("listener_count")},
        "promotion_shown": {
            "promotions_shown": (F.col("variant") == "treatment").cast("int"),
            "promotions_held_back": (F.col("variant") == "holdout").cast("int"),
        },
        "promotion_clicked": {"promotion_clicks": one},
        "screen_viewed": {"page_views": one},
        "playback_started": {"plays": one, "live_plays": F.col("is_live").cast("int")},
    }
    parts = [_measured(events[event_type], told) for event_type, told in counts.items()]
    parts.append(_listening(played))
    parts.append(_measured(_follows(events["follow_created"], played, shows), {"follows": one}))
    return reduce(DataFrame.unionByName, parts).where(F.col("show_id").isNotNull())


def hourly(happened: DataFrame) -> DataFrame:
    """One row per show and hour."""
    return _summed(happened, "hour").withColumn("dt", F.date_format("hour", "yyyy-MM-dd"))


def daily(happened: DataFrame) -> DataFrame:
    """One row per show and day."""
    return _summed(happened.withColumn("dt", F.date_format("hour", "yyyy-MM-dd")), "dt")


def of_dates(rows: DataFrame, dates: Sequence[str]) -> DataFrame:
    """The rows of some dates."""
    return rows.where(F.col("dt").isin(list(dates)))


def write(session: SparkSession, args: Arguments, table: str, rows: DataFrame, keys: Sequence[str]) -> Tally:
    """Replace the dates of a table; answers what the report says of it."""
    kept = rows.repartition("dt").persist()
    by_date = {row["dt"]: row["count"] for row in kept.groupBy("dt").count().collect()}
    write_dates(session, kept, args.table(table), keys, args.dates, by_date)
    written = sum(by_date.values())
    return Tally(rows_read=written, distinct_ids=written, written=written)


def main(argv: Sequence[str]) -> None:
    """Rebuild both tables for some days."""
    run(parse_args("show_engagement", argv, takes_days=True), _work)


def _work(session: SparkSession, args: Arguments) -> None:
    require_root(session, args.transformed)
    require_run(session, args, "events")
    happened = activity(*read(session, args)).persist()
    tables = {
        HOURLY: write(session, args, HOURLY, of_dates(hourly(happened), args.dates), ["hour", "show_id"]),
        DAILY: write(session, args, DAILY, of_dates(daily(happened), args.dates), ["show_id"]),
    }
    write_report(session, args, tables)


def _measured(rows: DataFrame, told: Mapping[str, Column]) -> DataFrame:
    """Rows of one type of event as rows of activity."""
    return _row(rows, F.date_trunc("hour", "event_time"), told)


def _row(rows: DataFrame, hour: Column, told: Mapping[str, Column]) -> DataFrame:
    nothing = F.lit(None)
    texts = [told.get(name, nothing).cast("string").alias(name) for name in ("listener", "chatter")]
    numbers = [told.get(name, nothing).cast("bigint").alias(name) for name in (*_SUMS, "listener_count")]
    return rows.select("show_id", hour.alias("hour"), *texts, *numbers)


def _listening(played: DataFrame) -> DataFrame:
    """Each playback once for every hour that it spans, with the whole seconds that fall into it."""
    last = F.greatest("began_at", F.col("ended_at") - F.expr("INTERVAL 1 MICROSECOND"))
    hours = F.sequence(F.date_trunc("hour", "began_at"), F.date_trunc("hour", last), F.expr("INTERVAL 1 HOUR"))
    each = played.withColumn("hour", F.explode(hours))
    before = _seconds_until(F.col("hour"))
    until = _seconds_until(F.col("hour") + F.expr("INTERVAL 1 HOUR"))
    seconds = until - before
    told = {
        "listener": F.col("user_id"),
        "listened_seconds": seconds,
        "live_listened_seconds": F.when(F.col("is_live"), seconds),
    }
    return _row(each, F.col("hour"), told)


def _seconds_until(moment: Column) -> Column:
    """Whole seconds of the playback before a moment: differences of these add up, as rounded parts would not."""
    inside = F.least(F.greatest(moment, F.col("began_at")), F.col("ended_at"))
    return F.floor((F.unix_micros(inside) - F.unix_micros("began_at")) / 1_000_000)


def _follows(follows: DataFrame, played: DataFrame, shows: DataFrame) -> DataFrame:
    """New followers of a show's creator, in sessions in which the show was played."""
    heard = played.select("session_id", "show_id").distinct().join(shows, "show_id")
    new = follows.where("followed_kind = 'creator'").withColumnRenamed("followed_id", "creator_id")
    return new.join(heard, ["session_id", "creator_id"]).select("show_id", "event_time")


def _summed(happened: DataFrame, by: str) -> DataFrame:
    return happened.groupBy("show_id", by).agg(
        F.countDistinct("listener").alias("listeners"),
        F.max("listener_count").alias("peak_listeners"),
        F.countDistinct("chatter").alias("chatters"),
        *(F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in _SUMS),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
