"""What listeners like, by what they did: `recommendation_features`, one row per listener and show, for `--date`.

Everything of the 60 days up to the date counts, the more recent the more: a row of features counts half as much for
every 14 days since. `strength` is the implicit feedback from which recommendations are learnt:

    minutes listened + 2 a like burst + 3 a chat message, vote, call-in or co-hosting + 1 a tap on promotion or result

capped at 240 a day and show, so that a radio left on is not a passion; doubled for shows of creators who are followed.
`category_share` is how much of the listener's whole strength goes to the show's category.

**Left out:** anonymous listeners: their ids last for one visit. Negative feedback.
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from amp_spark.catalog_columns import CHANGES, USERS
from amp_spark.events_read import read_events
from amp_spark.job import Arguments, days_before, parse_args, run
from amp_spark.playback import TYPES as PLAYBACK_TYPES
from amp_spark.playback import playbacks
from amp_spark.report import Tally, require_run, write_report
from amp_spark.schemas import table_schema
from amp_spark.storage import require_root
from amp_spark.tables import read_table, write_dates

TABLE = "recommendation_features"
HISTORY_DAYS = 60
HALF_LIFE_DAYS = 14.0
STRONGEST_DAY = 240.0
FOLLOWED_FACTOR = 2.0
TAKES_PART = ("chat_message", "poll_voted", "call_in_requested", "co_host_joined")
FOLLOWS = ("follow_created", "follow_removed")
TYPES = (*PLAYBACK_TYPES, "like_sent", *TAKES_PART, "promotion_clicked", "search_performed", *FOLLOWS)
_COUNTS = ("plays", "listened_seconds", "like_bursts", "took_part", "taps")


def read(session: SparkSession, args: Arguments) -> tuple[dict[str, DataFrame], DataFrame, DataFrame]:
    """The events, the shows, and whom listeners follow by their profiles."""
    events = read_events(session, args.transformed, TYPES, days_before(args.date, HISTORY_DAYS))
    shows = read_table(session, args.table("shows_current"), table_schema(CHANGES), "show_catalog")
    users = read_table(session, args.table("users"), table_schema(USERS), "profiles")
    return events, shows.select("show_id", "creator_id", "category"), users.select("user_id", "followed_creators")


def actions(events: Mapping[str, DataFrame]) -> DataFrame:
    """What signed-in listeners did, as counts per listener, show and day."""
    one = F.lit(1)
    played = playbacks(events).withColumn("event_time", F.col("ended_at"))
    parts = [
        _counted(played, {"plays": one, "listened_seconds": F.col("listened_seconds")}),
        _counted(events["like_sent"], {"like_bursts": one}),
        *(_counted(events[event_type], {"took_part": one}) for event_type in TAKES_PART),
        _counted(events["promotion_clicked"], {"taps": one}),
        _counted(events["search_performed"].withColumn("show_id", F.col("clicked_show_id")), {"taps": one}),
    ]
    together = reduce(DataFrame.unionByName, parts)
    signed_in = F.col("user_id").startswith("user_") & F.col("show_id").isNotNull()
    return (
        together.where(signed_in)
        .groupBy("user_id", "show_id", F.to_date("event_time").alias("day"))
        .agg(*(F.sum(name).alias(name) for name in _COUNTS), F.max("event_time").alias("last_at"))
    )


def follows(events: Mapping[str, DataFrame], users: DataFrame) -> DataFrame:
    """Who follows which creator: as the profile says, unless a later event says otherwise."""
    told = reduce(
        DataFrame.unionByName,
        [
            events[event_type]
            .where("followed_kind = 'creator'")
            .select("user_id", F.col("followed_id").alias("creator_id"), "event_time", "event_id", _is(event_type))
            for event_type in FOLLOWS
        ],
    )
    latest = told.groupBy("user_id", "creator_id").agg(
        F.max_by("follows", F.struct("event_time", "event_id")).alias("follows")
    )
    profile = users.select("user_id", F.explode("followed_creators").alias("creator_id")).distinct()
    both = profile.withColumn("in_profile", F.lit(True)).join(latest, ["user_id", "creator_id"], "full")
    return both.where(F.coalesce("follows", "in_profile")).select("user_id", "creator_id")


def features(did: DataFrame, shows: DataFrame, followed: DataFrame, as_of: date) -> DataFrame:
    """One row per listener and show."""
    day = F.lit(as_of)
    points = (F.col("listened_seconds") / 60 + 2 * F.col("like_bursts") + 3 * F.col("took_part") + F.col("taps")).cast(
        "double"
    )
    faded = F.least(points, F.lit(STRONGEST_DAY)) * F.pow(F.lit(0.5), F.datediff(day, "day") / HALF_LIFE_DAYS)
    # Each number is rounded before it is added, in integers: the sum must not depend on the order of rows.
    units = F.round(faded * 10_000).cast("bigint")
    found = (
        did.where(F.col("day") <= day)
        .groupBy("user_id", "show_id")
        .agg(
            *(F.sum(name).alias(name) for name in _COUNTS),
            F.max("last_at").alias("last_at"),
            F.sum(units).alias("units"),
        )
        .join(shows, "show_id", "left")
        .join(followed.withColumn("follows_creator", F.lit(True)), ["user_id", "creator_id"], "left")
        .fillna(False, subset=["follows_creator"])
    )
    factor = F.when(F.col("follows_creator"), F.lit(FOLLOWED_FACTOR)).otherwise(F.lit(1.0))
    strong = found.withColumn("strength", F.round(F.col("units") * factor / 10_000, 4)).drop("units")
    return (
        strong.withColumn("category_share", _share())
        .withColumn("days_since_last", F.datediff(day, F.to_date("last_at")))
        .withColumn("dt", F.lit(as_of.isoformat()))
    )


def write(session: SparkSession, args: Arguments, rows: DataFrame) -> Tally:
    """Replace the features of the date; answers what the report says of them."""
    kept = rows.repartition(1).persist()
    written = kept.count()
    filled = {args.date.isoformat(): written} if written else {}
    write_dates(session, kept, args.table(TABLE), ["user_id", "show_id"], args.dates, filled)
    return Tally(rows_read=written, distinct_ids=written, written=written)


def main(argv: Sequence[str]) -> None:
    """Rebuild the features of a date."""
    run(parse_args(TABLE, argv, takes_days=False), _work)


def _work(session: SparkSession, args: Arguments) -> None:
    require_root(session, args.transformed)
    require_run(session, args, "events")
    events, shows, users = read(session, args)
    rows = features(actions(events), shows, follows(events, users), args.date)
    write_report(session, args, {TABLE: write(session, args, rows)})


def _counted(rows: DataFrame, told: Mapping[str, Column]) -> DataFrame:
    counts = [told.get(name, F.lit(0)).cast("bigint").alias(name) for name in _COUNTS]
    return rows.select("user_id", "show_id", "event_time", *counts)


def _is(event_type: str) -> Column:
    return F.lit(event_type == "follow_created").alias("follows")


def _share() -> Column:
    """Of the listener's strength, what goes to the category; in whole units, whose sum has no order."""
    units = F.round(F.col("strength") * 10_000).cast("bigint")
    of_category = F.sum(units).over(Window.partitionBy("user_id", "category"))
    return F.round(of_category / F.sum(units).over(Window.partitionBy("user_id")), 4)


if __name__ == "__main__":
    main(sys.argv[1:])
