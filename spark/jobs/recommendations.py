"""Shows for each listener: `show_recommendations`, the best TOP shows not played yet, for `--date`.

Learnt from the features of the same date by MLlib's ALS with implicit feedback. What it cannot fill, for a listener of
whom nothing is known above all, is filled with what is popular; `source` says which (`als`, `popularity`). Cancelled
shows are not recommended, nor what the listener has played.

**A rerun gives the same rows.** ALS starts from a seed, but what it adds up depends on the order of its input: so ids
are numbered in their order, and the rows are sorted in one partition before they are divided into BLOCKS.

**Left out:** anonymous listeners. Scores of the two sources cannot be compared with each other.
"""

import sys
from collections.abc import Sequence

from pyspark.ml.feature import IndexToString, StringIndexer, StringIndexerModel
from pyspark.ml.recommendation import ALS
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, DoubleType, LongType, StringType, StructField, StructType

from amp_spark.catalog_columns import CHANGES, USERS
from amp_spark.job import Arguments, parse_args, run
from amp_spark.report import Tally, require_run, write_report
from amp_spark.schemas import table_schema
from amp_spark.storage import require_root
from amp_spark.tables import read_dates, read_table, write_dates

TABLE = "show_recommendations"
TOP = 10
SEED = 20
BLOCKS = 2
RANK = 16
ITERATIONS = 8
REGULARIZATION = 0.05
ALPHA = 10.0
FEATURES = StructType(
    [
        StructField("user_id", StringType()),
        StructField("show_id", StringType()),
        StructField("plays", LongType()),
        StructField("follows_creator", BooleanType()),
        StructField("strength", DoubleType()),
    ]
)
_SHOWN = ("title", "category", "creator_id", "creator_display_name", "status", "schedule_starts_at")


def read(session: SparkSession, args: Arguments) -> tuple[DataFrame, DataFrame, DataFrame]:
    """The features of the date, the shows, and the listeners."""
    features = read_dates(session, args.table("recommendation_features"), FEATURES, args.dates).drop("dt")
    shows = read_table(session, args.table("shows_current"), table_schema(CHANGES), "show_catalog")
    users = read_table(session, args.table("users"), table_schema(USERS), "profiles")
    return features, shows.select("show_id", *_SHOWN), users.select("user_id")


def learnt(features: DataFrame, shows: DataFrame) -> DataFrame:
    """The shows that ALS finds for each listener with features: more than TOP, as some have been played."""
    known = features.where("strength > 0").join(shows.select("show_id"), "show_id", "left_semi")
    ordered = known.select("user_id", "show_id", F.col("strength").cast("float")).repartition(1)
    ratings = ordered.sortWithinPartitions("user_id", "show_id").persist()
    most = ratings.groupBy("user_id").count().agg(F.max("count")).collect()[0][0]
    if not most:
        return ratings.select("user_id", "show_id", F.lit(0.0).alias("score")).limit(0)
    users, items = _numbers(ratings, "user_id"), _numbers(ratings, "show_id")
    numbered = items.transform(users.transform(ratings)).select(
        F.col("user_id_number").cast("int"), F.col("show_id_number").cast("int"), "strength"
    )
    als = ALS(
        userCol="user_id_number",
        itemCol="show_id_number",
        ratingCol="strength",
        implicitPrefs=True,
        rank=RANK,
        maxIter=ITERATIONS,
        regParam=REGULARIZATION,
        alpha=ALPHA,
        numUserBlocks=BLOCKS,
        numItemBlocks=BLOCKS,
        seed=SEED,
    )
    best = als.fit(numbered).recommendForAllUsers(TOP + most)
    each = best.select("user_id_number", F.explode("recommendations").alias("found")).select(
        F.col("user_id_number").cast("double"),
        F.col("found.show_id_number").cast("double").alias("show_id_number"),
        F.round(F.col("found.rating").cast("double"), 5).alias("score"),
    )
    return _names(items, "show_id", _names(users, "user_id", each)).select("user_id", "show_id", "score")


def popular(features: DataFrame, shows: DataFrame) -> DataFrame:
    """Shows by how much all listeners together like them; those that nobody has played come last."""
    units = F.sum(F.round(F.col("strength") * 10_000).cast("bigint"))
    liked = features.groupBy("show_id").agg((units / 10_000).alias("score"))
    return shows.select("show_id").join(liked, "show_id", "left").fillna(0.0, subset=["score"])


def recommended(
    found: DataFrame, by_popularity: DataFrame, features: DataFrame, shows: DataFrame, users: DataFrame, dt: str
) -> DataFrame:
    """The TOP shows of each listener, in order, with what is to be shown of them."""
    listeners = users.select("user_id").union(features.select("user_id")).distinct()
    on_offer = shows.where("status IS NULL OR status <> 'cancelled'")
    played = features.where("plays > 0").select("user_id", "show_id")
    most = played.groupBy("user_id").count().agg(F.max("count")).collect()[0][0] or 0
    # Enough of the popular ones to fill every list, whatever its listener has played.
    first = Window.orderBy(F.desc("score"), "show_id")
    enough = by_popularity.join(on_offer, "show_id", "left_semi").withColumn("_place", F.row_number().over(first))
    filling = listeners.crossJoin(enough.where(F.col("_place") <= TOP + most).drop("_place"))
    choice = (
        found.withColumn("source", F.lit("als"))
        .unionByName(filling.withColumn("source", F.lit("popularity")))
        .join(played, ["user_id", "show_id"], "left_anti")
        .join(on_offer, "show_id")
    )
    of_show = Window.partitionBy("user_id", "show_id").orderBy("source")
    of_user = Window.partitionBy("user_id").orderBy("source", F.desc("score"), "show_id")
    return (
        choice.withColumn("_copy", F.row_number().over(of_show))
        .where("_copy = 1")
        .withColumn("rank", F.row_number().over(of_user))
        .where(F.col("rank") <= TOP)
        .select("user_id", "rank", "show_id", "score", "source", *_SHOWN, F.lit(dt).alias("dt"))
    )


def write(session: SparkSession, args: Arguments, rows: DataFrame) -> Tally:
    """Replace the recommendations of the date; answers what the report says of them."""
    kept = rows.repartition(1).persist()
    written = kept.count()
    filled = {args.date.isoformat(): written} if written else {}
    write_dates(session, kept, args.table(TABLE), ["user_id", "rank"], args.dates, filled)
    return Tally(rows_read=written, distinct_ids=written, written=written)


def main(argv: Sequence[str]) -> None:
    """Rebuild the recommendations of a date."""
    run(parse_args("recommendations", argv, takes_days=False), _work)


def _work(session: SparkSession, args: Arguments) -> None:
    require_root(session, args.transformed)
    require_run(session, args, "recommendation_features")
    features, shows, users = read(session, args)
    rows = recommended(learnt(features, shows), popular(features, shows), features, shows, users, args.date.isoformat())
    write_report(session, args, {TABLE: write(session, args, rows)})


def _numbers(ratings: DataFrame, column: str) -> StringIndexerModel:
    """Ids numbered in their order."""
    return StringIndexer(inputCol=column, outputCol=f"{column}_number", stringOrderType="alphabetAsc").fit(ratings)


def _names(numbers: StringIndexerModel, column: str, rows: DataFrame) -> DataFrame:
    """The ids of numbers again."""
    return IndexToString(inputCol=f"{column}_number", outputCol=column, labels=numbers.labels).transform(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
