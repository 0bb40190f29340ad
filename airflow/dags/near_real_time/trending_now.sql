-- What is gaining listeners right now: straight from raw, as fresh as Firehose's last delivery.
-- Compares the last hour with the hour before it, counted back from the newest event that has arrived (`as_of`), not from
-- the clock: so it says the same until more arrives, and shows by itself how old it is. The score is that of
-- trending_shows: the listeners, weighed by their growth, where both sides of the growth have five added.
-- Replaces all rows.

CREATE TABLE IF NOT EXISTS marts.trending_now (
    place BIGINT NOT NULL,
    show_id VARCHAR(64) NOT NULL,
    title VARCHAR(256),
    creator_display_name VARCHAR(256),
    listeners BIGINT,               -- distinct, of the last hour, anonymous ones included
    listeners_before BIGINT,        -- of the hour before
    likes BIGINT,                   -- of the last hour, as are chat messages
    chat_messages BIGINT,
    score DECIMAL(12, 2),
    as_of TIMESTAMP NOT NULL,
    PRIMARY KEY (place)
) DISTSTYLE ALL SORTKEY (place);

DELETE FROM marts.trending_now;

INSERT INTO marts.trending_now
WITH arrived AS (
    SELECT DISTINCT event_id, event_type, show_id, user_id, likes, CAST(event_time AS TIMESTAMP) AS happened_at
    FROM lake_raw.app_events
    WHERE dt >= TO_CHAR(DATEADD(day, -2, GETDATE()), 'YYYY-MM-DD')
      AND event_type IN ('playback_started', 'playback_heartbeat', 'like_sent', 'chat_message')
), newest AS (
    SELECT MAX(happened_at) AS as_of FROM arrived WHERE happened_at <= GETDATE()
), counted AS (
    SELECT arrived.show_id, newest.as_of,
           COUNT(DISTINCT CASE WHEN event_type IN ('playback_started', 'playback_heartbeat')
                                AND happened_at > DATEADD(minute, -60, as_of) THEN user_id END) AS listeners,
           COUNT(DISTINCT CASE WHEN event_type IN ('playback_started', 'playback_heartbeat')
                                AND happened_at <= DATEADD(minute, -60, as_of) THEN user_id END) AS listeners_before,
           SUM(CASE WHEN event_type = 'like_sent' AND happened_at > DATEADD(minute, -60, as_of) THEN likes ELSE 0 END) AS likes,
           SUM(CASE WHEN event_type = 'chat_message' AND happened_at > DATEADD(minute, -60, as_of) THEN 1 ELSE 0 END)
               AS chat_messages
    FROM arrived
    JOIN newest ON arrived.happened_at > DATEADD(minute, -120, newest.as_of) AND arrived.happened_at <= newest.as_of
    GROUP BY arrived.show_id, newest.as_of
), scored AS (
    SELECT *, listeners * (listeners + 5.0) / (listeners_before + 5.0) AS score FROM counted WHERE listeners > 0
), placed AS (
    SELECT *, ROW_NUMBER() OVER (ORDER BY score DESC, likes DESC, show_id) AS place FROM scored
), shows AS (
    SELECT show_id, title, creator_display_name,
           ROW_NUMBER() OVER (PARTITION BY show_id ORDER BY version DESC, changed_at DESC, change_id DESC) AS age
    FROM lake_raw.show_catalog
)
SELECT placed.place, placed.show_id, shows.title, shows.creator_display_name, placed.listeners, placed.listeners_before,
       placed.likes, placed.chat_messages, CAST(placed.score AS DECIMAL(12, 2)), placed.as_of
FROM placed
LEFT JOIN shows ON shows.show_id = placed.show_id AND shows.age = 1
WHERE placed.place <= 20;
