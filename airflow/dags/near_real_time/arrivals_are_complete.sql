-- More than one in a hundred events of a type and day lack their id, time, user or version.

SELECT event_type, dt, COUNT(*) AS events,
       SUM(CASE WHEN event_id IS NULL OR event_time IS NULL OR user_id IS NULL OR schema_version IS NULL THEN 1 ELSE 0 END)
           AS incomplete
FROM lake_raw.app_events
WHERE dt BETWEEN :first_day AND :last_day
GROUP BY event_type, dt
HAVING SUM(CASE WHEN event_id IS NULL OR event_time IS NULL OR user_id IS NULL OR schema_version IS NULL THEN 1 ELSE 0 END)
       > 0.01 * COUNT(*);
