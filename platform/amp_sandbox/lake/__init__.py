"""The lake: DuckDB in this process, with views of what Firehose delivered and of the Data Catalog's tables."""

from amp_sandbox.lake.query import Lake, Result, open_lake

__all__ = ["Lake", "Result", "open_lake"]
