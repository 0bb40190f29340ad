-- Who is on air right now, and before how many listeners: straight from raw, as fresh as Firehose's last delivery.
-- The last count that the backend told of each show, where it told one within the last ten minutes.

CREATE OR REPLACE VIEW marts.live_listeners AS
WITH counts AS (
    SELECT show_id, CAST(event_time AS TIMESTAMP) AS counted_at, listener_count, peak_listener_count,
           ROW_NUMBER() OVER (PARTITION BY show_id ORDER BY event_time DESC, event_id) AS age
    FROM lake_raw.app_events
    WHERE event_type = 'listener_count' AND dt >= TO_CHAR(DATEADD(day, -1, GETDATE()), 'YYYY-MM-DD')
)
SELECT counts.show_id, shows.title, shows.creator_display_name, counts.listener_count, counts.peak_listener_count,
       counts.counted_at
FROM counts
LEFT JOIN lake.shows_current AS shows ON shows.show_id = counts.show_id
WHERE counts.age = 1 AND counts.listener_count > 0 AND counts.counted_at >= DATEADD(minute, -10, GETDATE())
WITH NO SCHEMA BINDING;
