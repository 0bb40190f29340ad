-- The newest day that the marts speak of.

SELECT MAX(dt) AS newest FROM marts.daily_flash;
