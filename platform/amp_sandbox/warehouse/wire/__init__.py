"""The PostgreSQL protocol, version 3, as Redshift speaks it."""
