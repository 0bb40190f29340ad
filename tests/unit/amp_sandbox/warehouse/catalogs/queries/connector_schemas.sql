-- redshift_connector 2.2.0, Cursor metadata methods
SELECT CAST(schema_name AS varchar(124)) AS TABLE_SCHEM, CAST(database_name AS varchar(124)) AS TABLE_CATALOG FROM PG_CATALOG.SVV_ALL_SCHEMAS WHERE TRUE AND schema_name LIKE 'sal%' ORDER BY TABLE_CATALOG, TABLE_SCHEM;
