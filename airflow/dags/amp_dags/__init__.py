"""What the DAGs have in common. Not parsed as a DAG: see .airflowignore."""
