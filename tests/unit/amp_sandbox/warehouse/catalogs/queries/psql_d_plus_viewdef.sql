-- \d+ sales.recent
SELECT pg_catalog.pg_get_viewdef('{recent}'::pg_catalog.oid, true);
