"""Trending shows, from the lake alone: app events joined with what is known of the shows.

The catalogue in the lake is a log of changes, of which the newest of a show counts. Events may be in the lake twice, as
some are published twice, and are counted once.
"""

from dataclasses import dataclass

from amp_sandbox.lake import open_lake
from amp_sandbox.settings import Settings

SQL = """
WITH shows AS (
    SELECT show_id, max_by(title, changed_at) AS title, max_by(creator_display_name, changed_at) AS creator
    FROM raw.show_catalog GROUP BY show_id
), events AS (
    SELECT DISTINCT event_id, event_type, user_id, show_id FROM raw.app_events WHERE show_id IS NOT NULL
)
SELECT title, creator,
       count(DISTINCT user_id) FILTER (event_type = 'playback_started') AS listeners,
       count(*) FILTER (event_type = 'like_sent') AS likes,
       count(*) FILTER (event_type = 'chat_message') AS messages
FROM events JOIN shows USING (show_id)
GROUP BY ALL ORDER BY listeners DESC, likes DESC, title LIMIT 5
"""


@dataclass(frozen=True)
class TrendingShow:
    """A show, all its broadcasts together, and what listeners made of it."""

    title: str
    creator: str
    listeners: int
    likes: int
    messages: int


def trending_shows(settings: Settings) -> list[TrendingShow]:
    """The shows with the most listeners."""
    with open_lake(settings) as lake:
        [result] = lake.query(SQL)
        return [TrendingShow(*row) for row in result.rows]
