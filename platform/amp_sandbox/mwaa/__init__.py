"""The MWAA stand-in: the one environment whose Airflow this machine runs."""
