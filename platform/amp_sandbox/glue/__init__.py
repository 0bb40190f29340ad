"""The Glue Data Catalog stand-in: databases, tables and their versions, partitions, tags."""
