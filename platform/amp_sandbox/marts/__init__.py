"""Building the marts: the SQL files of `airflow/dags/marts/`, run in the warehouse through the Redshift Data API."""

from amp_sandbox.marts.run import Built, build

__all__ = ["Built", "build"]
