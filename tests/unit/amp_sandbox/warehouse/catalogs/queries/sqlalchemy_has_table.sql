-- SQLAlchemy 1.4, PostgreSQL's dialect: has_table
select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where pg_catalog.pg_table_is_visible(c.oid) and relname = 'shows';
