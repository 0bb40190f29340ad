-- PostgreSQL's JDBC driver: getPrimaryKeys
SELECT result.TABLE_SCHEM, result.TABLE_NAME, result.COLUMN_NAME, result.KEY_SEQ, result.PK_NAME
FROM (SELECT NULL AS TABLE_CAT, n.nspname AS TABLE_SCHEM, ct.relname AS TABLE_NAME, a.attname AS COLUMN_NAME, a.attnum AS KEY_SEQ, ci.relname AS PK_NAME
FROM pg_catalog.pg_namespace n, pg_catalog.pg_class ct, pg_catalog.pg_class ci, pg_catalog.pg_attribute a, pg_catalog.pg_index i
WHERE ct.oid = i.indrelid AND ci.oid = i.indexrelid AND a.attrelid = ci.oid AND i.indisprimary AND ct.relnamespace = n.oid AND n.nspname = 'sales' AND ct.relname = 'orders') result
ORDER BY result.TABLE_NAME, result.PK_NAME, result.KEY_SEQ;
