"""Airflow's DAGs by hand: what there is, a run or a backfill followed to its end."""
