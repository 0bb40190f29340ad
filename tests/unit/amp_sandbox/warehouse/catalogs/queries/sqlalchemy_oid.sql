-- sqlalchemy-redshift 0.8.14: get_table_oid
select '"sales"."orders"'::regclass::oid;
