-- What is listened to, by the categories of shows.

SELECT category, COUNT(DISTINCT show_id) AS shows, SUM(plays) AS plays, SUM(listened_hours) AS listened_hours,
       CAST(SUM(listened_hours) AS DOUBLE PRECISION)
           / NULLIF(SUM(CAST(SUM(listened_hours) AS DOUBLE PRECISION)) OVER (), 0) AS share
FROM marts.engagement_by_show
WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
GROUP BY category
ORDER BY listened_hours DESC, category;
