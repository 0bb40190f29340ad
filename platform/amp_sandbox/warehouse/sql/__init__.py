"""SQL as Redshift reads it, decided on, and written as DuckDB's."""
