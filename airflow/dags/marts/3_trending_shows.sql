-- Shows that are listened to more than they were: the twenty with the highest score of each day.
-- The score is the day's listeners, weighed by their growth against the mean of the three days before; one listener more
-- or less does not make a small show trend, as both sides of the growth have five added.
-- Replaces the days from :first_day to :last_day. Built on engagement_by_show.

CREATE TABLE IF NOT EXISTS marts.trending_shows (
    dt DATE NOT NULL,
    place BIGINT NOT NULL,
    show_id VARCHAR(64) NOT NULL,
    title VARCHAR(256),
    creator_display_name VARCHAR(256),
    listeners BIGINT,
    listeners_before DECIMAL(12, 2),
    score DECIMAL(12, 2),
    PRIMARY KEY (dt, place)
) DISTSTYLE ALL SORTKEY (dt);

DELETE FROM marts.trending_shows WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE);

INSERT INTO marts.trending_shows
WITH compared AS (
    SELECT today.dt, today.show_id, today.title, today.creator_display_name, today.listeners,
           COALESCE(SUM(before.listeners), 0) / 3.0 AS listeners_before
    FROM marts.engagement_by_show AS today
    LEFT JOIN marts.engagement_by_show AS before
        ON before.show_id = today.show_id
        AND before.dt BETWEEN DATEADD(day, -3, today.dt) AND DATEADD(day, -1, today.dt)
    WHERE today.listeners > 0 AND today.dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
    GROUP BY today.dt, today.show_id, today.title, today.creator_display_name, today.listeners
), scored AS (
    SELECT *, listeners * (listeners + 5.0) / (listeners_before + 5.0) AS score FROM compared
), placed AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY dt ORDER BY score DESC, show_id) AS place FROM scored
)
SELECT dt, place, show_id, title, creator_display_name, listeners,
       CAST(listeners_before AS DECIMAL(12, 2)), CAST(score AS DECIMAL(12, 2))
FROM placed
WHERE place <= 20;
