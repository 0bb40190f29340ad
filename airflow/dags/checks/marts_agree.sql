-- Marts that are built in different ways say different things of the same day.

WITH by_show AS (
    SELECT dt, SUM(plays) AS plays, SUM(live_plays) AS live_plays,
           COUNT(CASE WHEN plays > 0 THEN 1 END) AS shows_played,
           SUM(CASE WHEN creator_id IS NOT NULL THEN plays ELSE 0 END) AS plays_with_creator
    FROM marts.engagement_by_show
    WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
    GROUP BY dt
), by_creator AS (
    SELECT dt, SUM(plays) AS plays
    FROM marts.engagement_by_creator
    WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
    GROUP BY dt
)
SELECT by_show.dt, by_show.plays, by_show.shows_played, flash.shows_played AS shows_played_by_flash,
       by_show.plays_with_creator, by_creator.plays AS plays_by_creator
FROM by_show
LEFT JOIN by_creator ON by_creator.dt = by_show.dt
LEFT JOIN marts.daily_flash AS flash ON flash.dt = by_show.dt
WHERE by_show.plays_with_creator <> COALESCE(by_creator.plays, 0)
   OR by_show.shows_played <> flash.shows_played
   OR by_show.live_plays <> flash.live_plays;
