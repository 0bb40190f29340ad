-- How each creator's shows do together, day by day. Built on engagement_by_show.
-- Replaces the days from :first_day to :last_day.

CREATE TABLE IF NOT EXISTS marts.engagement_by_creator (
    dt DATE NOT NULL,
    creator_id VARCHAR(64) NOT NULL,
    creator_display_name VARCHAR(256),
    shows BIGINT,
    show_listeners BIGINT,          -- a listener of two of the creator's shows counts twice
    peak_listeners BIGINT,
    plays BIGINT,
    listened_hours DECIMAL(12, 2),
    interactions BIGINT,
    follows BIGINT,
    best_show VARCHAR(256),
    PRIMARY KEY (dt, creator_id)
) DISTKEY (creator_id) SORTKEY (dt);

DELETE FROM marts.engagement_by_creator WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE);

INSERT INTO marts.engagement_by_creator
WITH ranked AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY dt, creator_id ORDER BY listened_hours DESC, show_id) AS place
    FROM marts.engagement_by_show
    WHERE creator_id IS NOT NULL AND dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
)
SELECT dt, creator_id, MAX(creator_display_name), COUNT(*), SUM(listeners), MAX(peak_listeners), SUM(plays),
       SUM(listened_hours), SUM(chat_messages + likes + call_ins + poll_votes), SUM(follows),
       MAX(CASE WHEN place = 1 THEN title END)
FROM ranked
GROUP BY dt, creator_id;
