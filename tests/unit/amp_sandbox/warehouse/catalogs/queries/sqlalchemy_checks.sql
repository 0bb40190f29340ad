-- sqlalchemy-redshift 0.8.14: get_check_constraints
SELECT
    cons.conname as name,
    pg_get_constraintdef(cons.oid) as src
FROM
    pg_catalog.pg_constraint cons
WHERE
    cons.conrelid = {orders} AND
    cons.contype = 'c'
