-- Weeks that are counted back from the last day, so that the newest is whole; `days` is how many of a week's are there.
-- Listeners cannot be added up over days, as somebody who listens on two is one listener: their mean is said instead.

SELECT DATEDIFF(day, dt, CAST(:last_day AS DATE)) / 7 AS weeks_back,
       COUNT(*) AS days,
       CAST(AVG(CAST(listeners AS DOUBLE PRECISION)) AS DECIMAL(12, 1)) AS listeners_a_day,
       SUM(sessions) AS sessions,
       SUM(plays) AS plays,
       SUM(listened_hours) AS listened_hours,
       CAST(SUM(listened_hours) * 60.0 / NULLIF(SUM(listeners), 0) AS DECIMAL(12, 1)) AS minutes_per_listener,
       SUM(follows) AS follows,
       SUM(promotion_clicks) AS promotion_clicks
FROM marts.daily_flash
WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
GROUP BY DATEDIFF(day, dt, CAST(:last_day AS DATE)) / 7
ORDER BY weeks_back;
