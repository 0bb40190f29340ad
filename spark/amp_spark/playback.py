"""Playbacks put together from their events: what sessions, engagement and recommendations all count from.

A playback's stop says how long it was listened to. One without a stop, because the app died or the stop is still to
come, is taken to have ended at its last heartbeat. The time listened is the span before the end; a playback of which
only the start is known has none.
"""

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

STARTED, HEARTBEAT, STOPPED = "playback_started", "playback_heartbeat", "playback_stopped"
TYPES = (STARTED, HEARTBEAT, STOPPED)


def playbacks(events: Mapping[str, DataFrame]) -> DataFrame:
    """One row per playback: who, what, from `began_at` to `ended_at`, and `listened_seconds`."""
    seconds = {
        STARTED: F.lit(None).cast("int"),
        HEARTBEAT: F.col("position_seconds"),
        STOPPED: F.col("listened_seconds"),
    }
    seen = [
        events[event_type].select(
            *("playback_id", "session_id", "user_id", "show_id", "is_live", "event_time", "event_id"),
            F.lit(event_type).alias("event_type"),
            seconds[event_type].alias("seconds"),
        )
        for event_type in TYPES
    ]
    together = seen[0].unionByName(seen[1]).unionByName(seen[2])
    first = F.struct("event_time", "event_id")
    stopped, heard = F.col("event_type") == STOPPED, F.col("event_type") == HEARTBEAT
    found = together.groupBy("playback_id").agg(
        *(F.min_by(name, first).alias(name) for name in ("session_id", "user_id", "show_id", "is_live")),
        F.min(F.when(F.col("event_type") == STARTED, F.col("event_time"))).alias("started_at"),
        F.max(F.when(stopped, F.col("event_time"))).alias("stopped_at"),
        F.max("event_time").alias("last_at"),
        F.coalesce(F.max(F.when(stopped, F.col("seconds"))), F.max(F.when(heard, F.col("seconds"))), F.lit(0)).alias(
            "listened_seconds"
        ),
    )
    ended = found.withColumn("ended_at", F.coalesce("stopped_at", "last_at"))
    began = F.col("ended_at") - F.make_dt_interval(secs=F.col("listened_seconds"))
    return ended.withColumn("began_at", began).drop("stopped_at", "last_at")
