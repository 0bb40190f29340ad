-- \sv sales.recent
SELECT 'sales.recent'::pg_catalog.regclass::pg_catalog.oid
