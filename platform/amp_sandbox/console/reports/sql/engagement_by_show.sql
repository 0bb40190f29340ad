-- How each show did over some days. A listener counts once for each day on which they listened.

SELECT show_id, MAX(title) AS title, MAX(category) AS category, MAX(creator_display_name) AS creator_display_name,
       SUM(listened_hours) AS listened_hours, SUM(plays) AS plays, SUM(listeners) AS listener_days,
       MAX(peak_listeners) AS peak_listeners, SUM(chat_messages) AS chat_messages, SUM(likes) AS likes,
       SUM(call_ins) AS call_ins, SUM(poll_votes) AS poll_votes, SUM(follows) AS follows,
       CAST(
           1.0 * SUM(chat_messages + likes + call_ins + poll_votes) / NULLIF(SUM(plays), 0) AS DECIMAL(12, 2)
       ) AS interactions_per_play
FROM marts.engagement_by_show
WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
GROUP BY show_id
ORDER BY listened_hours DESC, show_id;
