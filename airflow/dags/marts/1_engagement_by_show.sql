-- How each show does, day by day.
-- Replaces the days from :first_day to :last_day.

CREATE TABLE IF NOT EXISTS marts.engagement_by_show (
    dt DATE NOT NULL,
    show_id VARCHAR(64) NOT NULL,
    title VARCHAR(256),
    category VARCHAR(64),
    creator_id VARCHAR(64),
    creator_display_name VARCHAR(256),
    listeners BIGINT,
    peak_listeners BIGINT,
    plays BIGINT,
    live_plays BIGINT,
    listened_hours DECIMAL(12, 2),
    chat_messages BIGINT,
    likes BIGINT,
    call_ins BIGINT,
    poll_votes BIGINT,
    follows BIGINT,
    interactions_per_play DECIMAL(12, 4),
    PRIMARY KEY (dt, show_id)
) DISTKEY (show_id) SORTKEY (dt);

DELETE FROM marts.engagement_by_show WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE);

INSERT INTO marts.engagement_by_show
SELECT CAST(engagement.dt AS DATE), engagement.show_id, shows.title, shows.category, shows.creator_id, shows.creator_display_name,
       engagement.listeners, engagement.peak_listeners, engagement.plays, engagement.live_plays,
       CAST(engagement.listened_seconds / 3600.0 AS DECIMAL(12, 2)),
       engagement.chat_messages, engagement.likes, engagement.call_ins, engagement.poll_votes, engagement.follows,
       CAST(
           1.0 * (engagement.chat_messages + engagement.likes + engagement.call_ins + engagement.poll_votes)
           / NULLIF(engagement.plays, 0) AS DECIMAL(12, 4)
       )
FROM lake.show_engagement_daily AS engagement
LEFT JOIN lake.shows_current AS shows ON shows.show_id = engagement.show_id
WHERE engagement.dt BETWEEN :first_day AND :last_day;
