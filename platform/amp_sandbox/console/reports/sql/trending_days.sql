-- What gained most listeners on each day.

SELECT dt, place, show_id, title, creator_display_name, listeners, listeners_before, score
FROM marts.trending_shows
WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
ORDER BY dt DESC, place;
