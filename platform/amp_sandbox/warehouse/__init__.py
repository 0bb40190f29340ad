"""The warehouse: DuckDB that clients take for Redshift.

`engine` opens the database and makes sessions, `session` runs statements, `sql` reads them as Redshift, decides on them
and writes them as DuckDB, `security` and `catalogs` hold what Redshift keeps about users and objects.
"""
