-- A mart has several rows with the same key, which Redshift does not prevent.

SELECT 'engagement_by_show' AS mart, CAST(dt AS VARCHAR) AS day, show_id AS rest_of_key, COUNT(*) AS copies
FROM marts.engagement_by_show WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
GROUP BY dt, show_id HAVING COUNT(*) > 1
UNION ALL
SELECT 'engagement_by_creator', CAST(dt AS VARCHAR), creator_id, COUNT(*)
FROM marts.engagement_by_creator WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
GROUP BY dt, creator_id HAVING COUNT(*) > 1
UNION ALL
SELECT 'trending_shows', CAST(dt AS VARCHAR), CAST(place AS VARCHAR), COUNT(*)
FROM marts.trending_shows WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
GROUP BY dt, place HAVING COUNT(*) > 1
UNION ALL
SELECT 'daily_flash', CAST(dt AS VARCHAR), '', COUNT(*)
FROM marts.daily_flash WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
GROUP BY dt HAVING COUNT(*) > 1
UNION ALL
SELECT 'promotion_effectiveness', CAST(dt AS VARCHAR), promotion_id, COUNT(*)
FROM marts.promotion_effectiveness WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
GROUP BY dt, promotion_id HAVING COUNT(*) > 1
UNION ALL
SELECT 'retention', CAST(first_day AS VARCHAR), CAST(days_later AS VARCHAR), COUNT(*)
FROM marts.retention
GROUP BY first_day, days_later HAVING COUNT(*) > 1;
