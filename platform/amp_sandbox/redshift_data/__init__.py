"""The Redshift Data API stand-in: SQL over HTTP, run by the warehouse's own sessions."""
