-- redshift_connector 2.2.0, Cursor metadata methods
SELECT CAST(database_name AS varchar(124)) AS TABLE_CAT FROM PG_CATALOG.SVV_REDSHIFT_DATABASES ORDER BY TABLE_CAT;
