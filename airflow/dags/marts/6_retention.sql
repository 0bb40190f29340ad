-- How many listeners come back: for each day on which listeners were seen for the first time, how many of them had a
-- session so many days later. Anonymous visits are left out, as nobody can tell whether they came back.
-- Rebuilt as a whole, of all days that the lake has, whichever a run rebuilds: who came back is known by looking at the
-- days before, and a session that comes late may make an earlier day somebody's first.

CREATE TABLE IF NOT EXISTS marts.retention (
    first_day DATE NOT NULL,
    days_later BIGINT NOT NULL,
    listeners BIGINT,               -- first seen on that day
    came_back BIGINT,
    share DOUBLE PRECISION,
    PRIMARY KEY (first_day, days_later)
) DISTSTYLE ALL SORTKEY (first_day);

DELETE FROM marts.retention;

INSERT INTO marts.retention
WITH active AS (
    SELECT DISTINCT user_id, CAST(dt AS DATE) AS day
    FROM lake.sessions
    WHERE NOT is_anonymous
), firsts AS (
    SELECT user_id, MIN(day) AS first_day FROM active GROUP BY user_id
), cohorts AS (
    SELECT first_day, COUNT(*) AS listeners FROM firsts GROUP BY first_day
), returns AS (
    SELECT firsts.first_day, DATEDIFF(day, firsts.first_day, active.day) AS days_later, COUNT(*) AS came_back
    FROM firsts JOIN active ON active.user_id = firsts.user_id
    GROUP BY firsts.first_day, DATEDIFF(day, firsts.first_day, active.day)
)
SELECT returns.first_day, returns.days_later, cohorts.listeners, returns.came_back,
       CAST(returns.came_back AS DOUBLE PRECISION) / cohorts.listeners
FROM returns JOIN cohorts ON cohorts.first_day = returns.first_day;
