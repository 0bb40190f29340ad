-- What promotions of each kind did over some days: how many sessions saw one, or had it held back, and how many of either
-- went on to play its show.

SELECT promotion_kind, COUNT(DISTINCT promotion_id) AS promotions, SUM(shown_sessions) AS shown_sessions,
       SUM(shown_plays) AS shown_plays, SUM(holdout_sessions) AS holdout_sessions, SUM(holdout_plays) AS holdout_plays,
       SUM(clicks) AS clicks
FROM marts.promotion_effectiveness
WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
GROUP BY promotion_kind
ORDER BY promotion_kind;
