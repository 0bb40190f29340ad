"""The lake: DuckDB in this process over the raw bucket, with views of what Firehose delivered."""

from amp_sandbox.lake.query import Lake, Result, open_lake

__all__ = ["Lake", "Result", "open_lake"]
