-- More than one in twenty playbacks that raw tells of are in no table of the lake: they are in quarantine, with the reason.

WITH told AS (
    SELECT dt, event_id
    FROM lake_raw.app_events
    WHERE event_type = 'playback_started' AND dt BETWEEN :first_day AND :last_day
    GROUP BY dt, event_id
), kept AS (
    SELECT DISTINCT event_id FROM lake.events_playback_started WHERE dt BETWEEN :first_day AND :last_day
)
SELECT told.dt, COUNT(*) AS in_raw, COUNT(kept.event_id) AS in_the_lake
FROM told LEFT JOIN kept ON kept.event_id = told.event_id
GROUP BY told.dt
HAVING COUNT(kept.event_id) < 0.95 * COUNT(*);
