"""The Glue stand-in: the Data Catalog, and crawlers that fill it from S3."""
