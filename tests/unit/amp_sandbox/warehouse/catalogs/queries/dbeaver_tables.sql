-- DBeaver
SELECT c.oid, c.*, d.description, pg_catalog.pg_get_expr(NULL, c.oid) AS partition_expr FROM pg_catalog.pg_class c
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass
WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'sales') AND c.relkind NOT IN ('i', 'I', 'c');
