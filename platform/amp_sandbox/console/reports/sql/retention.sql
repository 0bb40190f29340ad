-- Of the listeners who were first seen on each day, how many had a session so many days later. The mart has no row where
-- nobody came back: that is none, if anybody at all was there on that day, and unknown, if the day has no data.

WITH cohorts AS (
    SELECT first_day, listeners
    FROM marts.retention
    WHERE days_later = 0 AND first_day BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
), seen AS (
    SELECT DISTINCT CAST(DATEADD(day, days_later, first_day) AS DATE) AS day FROM marts.retention
)
SELECT cohorts.first_day, DATEDIFF(day, cohorts.first_day, seen.day) AS days_later, cohorts.listeners,
       COALESCE(retention.came_back, 0) AS came_back
FROM cohorts
JOIN seen ON seen.day >= cohorts.first_day
LEFT JOIN marts.retention AS retention
    ON retention.first_day = cohorts.first_day
    AND retention.days_later = DATEDIFF(day, cohorts.first_day, seen.day)
ORDER BY cohorts.first_day, days_later;
