-- More than one in a hundred plays of a day are of shows that the catalogue never had.

WITH shows AS (
    SELECT show_id FROM lake_raw.shows
    UNION
    SELECT show_id FROM lake.shows_current
)
SELECT engagement.dt, SUM(engagement.plays) AS plays,
       SUM(CASE WHEN shows.show_id IS NULL THEN engagement.plays ELSE 0 END) AS of_unknown_shows
FROM marts.engagement_by_show AS engagement
LEFT JOIN shows ON shows.show_id = engagement.show_id
WHERE engagement.dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
GROUP BY engagement.dt
HAVING SUM(CASE WHEN shows.show_id IS NULL THEN engagement.plays ELSE 0 END) > 0.01 * SUM(engagement.plays);
