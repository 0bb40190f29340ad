"""Where the DAGs are, and a deployment's options for them."""

from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DAGS = REPOSITORY / "airflow" / "dags"
OPTIONS = {
    "raw_bucket": "the-raw-bucket",
    "transformed_bucket": "the-transformed-bucket",
    "artifacts_bucket": "the-artifacts-bucket",
    "catalog_export_function": "catalog-export-test",
    "raw_crawler": "amp-raw-test",
    "transformed_crawler": "amp-transformed-test",
    "virtual_cluster_id": "thecluster",
    "spark_job_role_arn": "arn:aws:iam::000000000000:role/jobs",
    "spark_log_uri": "s3://the-artifacts-bucket/spark-logs/",
    "warehouse_cluster": "amp",
    "warehouse_database": "amp",
    "warehouse_user": "etl",
    "arrival_queue_url": "http://127.0.0.1/000000000000/amp-arrivals-test",
    "alerts_topic_arn": "arn:aws:sns:us-east-1:000000000000:amp-alerts-test",
    "secret_prefix": "amp/test/warehouse/",
    "retry_seconds": "60",
    "poll_seconds": "30",
}
"""All options that a deployment sets; platform/template.yaml has the same."""
