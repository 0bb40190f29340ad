-- The days that the marts speak of.

SELECT MIN(dt) AS oldest, MAX(dt) AS newest FROM marts.daily_flash;
