-- Metabase: which tables can be read
SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON c.relnamespace = n.oid
WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname NOT LIKE 'pg_%' AND n.nspname <> 'information_schema' AND has_schema_privilege(n.nspname, 'USAGE') AND (has_table_privilege(c.oid, 'SELECT') OR has_table_privilege(c.oid, 'INSERT'))
ORDER BY 1, 2;
