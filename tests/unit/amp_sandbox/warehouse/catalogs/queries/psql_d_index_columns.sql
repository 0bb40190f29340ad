-- \d sales.orders_pkey
SELECT a.attname,
  pg_catalog.format_type(a.atttypid, a.atttypmod),
  pg_catalog.pg_get_indexdef(a.attrelid, a.attnum, TRUE) AS indexdef
FROM pg_catalog.pg_attribute a
WHERE a.attrelid = '{orders_pkey}' AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum;
