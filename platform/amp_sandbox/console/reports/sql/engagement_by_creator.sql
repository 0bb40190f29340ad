-- How each creator's shows did over some days. A listener counts once for each show and day.

SELECT creator_id, MAX(creator_display_name) AS creator_display_name, MAX(shows) AS shows_a_day,
       SUM(listened_hours) AS listened_hours, SUM(plays) AS plays, SUM(show_listeners) AS listener_days,
       MAX(peak_listeners) AS peak_listeners, SUM(interactions) AS interactions, SUM(follows) AS follows
FROM marts.engagement_by_creator
WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
GROUP BY creator_id
ORDER BY listened_hours DESC, creator_id;
