-- Who is on air right now, and before how many listeners.

SELECT show_id, title, creator_display_name, listener_count, peak_listener_count, counted_at
FROM marts.live_listeners
ORDER BY listener_count DESC, show_id;
