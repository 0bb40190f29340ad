-- A day that has sessions has no row in daily_flash.

SELECT sessions.dt, COUNT(*) AS sessions
FROM lake.sessions AS sessions
LEFT JOIN marts.daily_flash AS flash ON flash.dt = CAST(sessions.dt AS DATE)
WHERE sessions.dt BETWEEN :first_day AND :last_day AND flash.dt IS NULL
GROUP BY sessions.dt;
