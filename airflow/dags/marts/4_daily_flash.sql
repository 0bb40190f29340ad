-- The day in numbers: one row a day, for the report that is read with the first coffee.
-- Replaces the days from :first_day to :last_day.

CREATE TABLE IF NOT EXISTS marts.daily_flash (
    dt DATE NOT NULL,
    listeners BIGINT,               -- distinct, anonymous ones included
    signed_in_listeners BIGINT,
    sessions BIGINT,
    plays BIGINT,
    live_plays BIGINT,
    listened_hours DECIMAL(12, 2),
    live_listened_hours DECIMAL(12, 2),
    minutes_per_listener DECIMAL(12, 2),
    shows_played BIGINT,
    chat_messages BIGINT,
    likes BIGINT,
    follows BIGINT,
    promotion_clicks BIGINT,
    PRIMARY KEY (dt)
) DISTSTYLE ALL SORTKEY (dt);

DELETE FROM marts.daily_flash WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE);

INSERT INTO marts.daily_flash
WITH visits AS (
    SELECT dt,
           COUNT(DISTINCT CASE WHEN plays > 0 THEN user_id END) AS listeners,
           COUNT(DISTINCT CASE WHEN plays > 0 AND NOT is_anonymous THEN user_id END) AS signed_in_listeners,
           COUNT(*) AS sessions,
           SUM(plays) AS plays,
           SUM(listened_seconds) AS listened_seconds,
           SUM(live_listened_seconds) AS live_listened_seconds,
           SUM(chat_messages) AS chat_messages,
           SUM(likes) AS likes,
           SUM(follows) AS follows,
           SUM(promotion_clicks) AS promotion_clicks
    FROM lake.sessions
    WHERE dt BETWEEN :first_day AND :last_day
    GROUP BY dt
), shows AS (
    SELECT dt, COUNT(CASE WHEN plays > 0 THEN 1 END) AS shows_played, SUM(live_plays) AS live_plays
    FROM lake.show_engagement_daily
    WHERE dt BETWEEN :first_day AND :last_day
    GROUP BY dt
)
SELECT CAST(visits.dt AS DATE), visits.listeners, visits.signed_in_listeners, visits.sessions, visits.plays, shows.live_plays,
       CAST(visits.listened_seconds / 3600.0 AS DECIMAL(12, 2)),
       CAST(visits.live_listened_seconds / 3600.0 AS DECIMAL(12, 2)),
       CAST(visits.listened_seconds / 60.0 / NULLIF(visits.listeners, 0) AS DECIMAL(12, 2)),
       shows.shows_played, visits.chat_messages, visits.likes, visits.follows, visits.promotion_clicks
FROM visits LEFT JOIN shows ON shows.dt = visits.dt;

-- The same with the change against the day before and the same day of the week before. What is not there is NULL.
CREATE OR REPLACE VIEW marts.daily_flash_change AS
SELECT today.dt, today.listeners, today.sessions, today.plays, today.listened_hours,
       today.listeners - before.listeners AS listeners_since_day_before,
       today.listened_hours - before.listened_hours AS hours_since_day_before,
       today.listeners - week.listeners AS listeners_since_week_before,
       today.listened_hours - week.listened_hours AS hours_since_week_before
FROM marts.daily_flash AS today
LEFT JOIN marts.daily_flash AS before ON before.dt = DATEADD(day, -1, today.dt)
LEFT JOIN marts.daily_flash AS week ON week.dt = DATEADD(day, -7, today.dt);
