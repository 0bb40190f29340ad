"""External schemas: tables of the Glue Data Catalog, read from S3."""
