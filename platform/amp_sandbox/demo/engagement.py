"""The shows that were listened to most, from the tables that the Spark jobs made, found through the Data Catalog."""

from dataclasses import dataclass

from amp_sandbox.lake import open_lake
from amp_sandbox.settings import Settings

SQL = """
SELECT title, creator_display_name, sum(listeners)::BIGINT AS listener_days,
       round(sum(listened_seconds) / 3600.0, 1) AS listened_hours, max(peak_listeners) AS peak_listeners
FROM amp_transformed.show_engagement_daily JOIN amp_transformed.shows_current USING (show_id)
GROUP BY ALL ORDER BY listened_hours DESC, title LIMIT 5
"""


@dataclass(frozen=True)
class ShowEngagement:
    """A show, and how it was listened to: in listeners of each day, hours, and listeners at the same moment."""

    title: str
    creator: str
    listener_days: int
    listened_hours: float
    peak_listeners: int | None


def busiest_shows(settings: Settings) -> list[ShowEngagement]:
    """The shows with the most hours listened."""
    with open_lake(settings) as lake:
        [result] = lake.query(SQL)
        return [ShowEngagement(*row) for row in result.rows]
