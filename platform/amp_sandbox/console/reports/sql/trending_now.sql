-- What gains listeners right now.

SELECT place, show_id, title, creator_display_name, listeners, listeners_before, likes, chat_messages, score, as_of
FROM marts.trending_now
ORDER BY place;
