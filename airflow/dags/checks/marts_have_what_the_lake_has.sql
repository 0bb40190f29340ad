-- A mart and the table of the lake that it is made of differ on a day.

WITH lake_shows AS (
    SELECT dt, COUNT(*) AS shows, SUM(plays) AS plays, SUM(likes) AS likes
    FROM lake.show_engagement_daily
    WHERE dt BETWEEN :first_day AND :last_day
    GROUP BY dt
), mart_shows AS (
    SELECT dt, COUNT(*) AS shows, SUM(plays) AS plays, SUM(likes) AS likes
    FROM marts.engagement_by_show
    WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
    GROUP BY dt
), lake_sessions AS (
    SELECT dt, COUNT(*) AS sessions, SUM(plays) AS plays
    FROM lake.sessions
    WHERE dt BETWEEN :first_day AND :last_day
    GROUP BY dt
)
SELECT 'engagement_by_show' AS mart, lake_shows.dt, lake_shows.shows AS lake_rows, mart_shows.shows AS mart_rows
FROM lake_shows
LEFT JOIN mart_shows ON mart_shows.dt = CAST(lake_shows.dt AS DATE)
WHERE mart_shows.dt IS NULL OR mart_shows.shows <> lake_shows.shows OR mart_shows.plays <> lake_shows.plays
   OR mart_shows.likes <> lake_shows.likes
UNION ALL
SELECT 'daily_flash', lake_sessions.dt, lake_sessions.sessions, flash.sessions
FROM lake_sessions
LEFT JOIN marts.daily_flash AS flash ON flash.dt = CAST(lake_sessions.dt AS DATE)
WHERE flash.sessions <> lake_sessions.sessions OR flash.plays <> lake_sessions.plays;
