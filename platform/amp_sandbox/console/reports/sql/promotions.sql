-- The same of each promotion.

SELECT promotion_id, MAX(title) AS title, MAX(promotion_kind) AS promotion_kind, SUM(shown_sessions) AS shown_sessions,
       SUM(shown_plays) AS shown_plays, SUM(holdout_sessions) AS holdout_sessions, SUM(holdout_plays) AS holdout_plays,
       SUM(clicks) AS clicks
FROM marts.promotion_effectiveness
WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
GROUP BY promotion_id
ORDER BY SUM(shown_sessions + holdout_sessions) DESC, promotion_id;
