-- The platform in numbers, for the flash: the days from :first_day to :last_day, and four weeks before them, with which
-- they are compared. Every column but the day is a number of the report, in this order and under this name.

SELECT dt, listeners, signed_in_listeners, sessions, plays, live_plays, listened_hours, live_listened_hours,
       minutes_per_listener, shows_played, chat_messages, likes, follows, promotion_clicks
FROM marts.daily_flash
WHERE dt BETWEEN DATEADD(day, -28, CAST(:first_day AS DATE)) AND CAST(:last_day AS DATE)
ORDER BY dt;
