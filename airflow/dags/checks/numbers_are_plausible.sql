-- A number of a mart cannot be: it is below nothing, or more was listened than there are hours in a day.

SELECT 'engagement_by_show' AS mart, dt, show_id AS which, plays, listeners, listened_hours
FROM marts.engagement_by_show
WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
  AND (plays < 0 OR live_plays < 0 OR live_plays > plays OR listeners < 0 OR peak_listeners < 0 OR listened_hours < 0
       OR chat_messages < 0 OR likes < 0 OR call_ins < 0 OR poll_votes < 0 OR follows < 0)
UNION ALL
SELECT 'daily_flash', dt, '', plays, listeners, listened_hours
FROM marts.daily_flash
WHERE dt BETWEEN CAST(:first_day AS DATE) AND CAST(:last_day AS DATE)
  AND (sessions < 0 OR plays < 0 OR listened_hours < 0 OR live_listened_hours > listened_hours
       OR listeners > sessions OR signed_in_listeners > listeners OR minutes_per_listener > 24 * 60);
