-- redshift_connector 2.2.0, Cursor metadata methods
select current_database as TABLE_CAT FROM current_database() ORDER BY TABLE_CAT;
