"""What Airflow is configured with for an environment: its options, and where its DAGs are.

MWAA's Airflow reads the DAGs from the environment's bucket, and so does this one, through the Amazon provider's bundle.
https://airflow.apache.org/docs/apache-airflow-providers-amazon/9.28.0/bundles/index.html
"""

import json
from collections.abc import Mapping
from typing import Any

BUNDLES = "dag_processor.dag_bundle_config_list"
"""Not for an environment's options: `DagS3Path` says it."""

_CLASS = "airflow.providers.amazon.aws.bundles.s3.S3DagBundle"
# An edited DAG is to be live within seconds; a look costs one listing of the prefix.
_REFRESH_SECONDS = 3


def airflow_options(settings: Mapping[str, Any]) -> dict[str, str]:
    """Options named `section.key` for an environment's settings."""
    options: Mapping[str, str] = settings.get("AirflowConfigurationOptions") or {}
    bundle = {
        "name": "dags",
        "classpath": _CLASS,
        "kwargs": {
            "aws_conn_id": "aws_default",
            "bucket_name": bucket_name(settings["SourceBucketArn"]),
            # With the slash, as dags/ is not to bring dags-of-others/ along.
            "prefix": settings["DagS3Path"].strip("/") + "/",
            "refresh_interval": _REFRESH_SECONDS,
        },
    }
    return {**options, BUNDLES: json.dumps([bundle], sort_keys=True)}


def bucket_name(arn: str) -> str:
    """The bucket of an ARN."""
    return arn.rpartition(":")[2]
