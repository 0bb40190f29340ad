"""What a deployment tells the DAGs, and what all their tasks have in common.

The options are in the section `amp` of Airflow's configuration; on MWAA they are configuration options of the
environment.
https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-env-variables.html

**Left out:** default values. An option that is not set is an error in every DAG that asks for it, which names it.
"""

from datetime import timedelta
from typing import Any

from airflow.configuration import conf

from amp_dags.alerts import task_failed

SECTION = "amp"
OWNER = "data-platform"
TAGS = ["amp"]
RAW_DATABASE = "amp_raw"  # of the Data Catalog; the template gives it no other name


def option(name: str) -> str:
    """An option of the deployment. Raises AirflowConfigException when it is not set."""
    return str(conf.get(SECTION, name))


def seconds(name: str) -> int:
    """An option that is a number of seconds."""
    return int(conf.getint(SECTION, name))


def default_args() -> dict[str, Any]:
    """What every task has, unless it says otherwise.

    Clients get the credentials of Airflow's own role, and no connection has to be made for them.
    """
    return {
        "owner": OWNER,
        "retries": 2,
        "retry_delay": timedelta(seconds=seconds("retry_seconds")),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=30),
        "execution_timeout": timedelta(minutes=15),
        "on_failure_callback": task_failed(option("alerts_topic_arn")),
        "aws_conn_id": None,
    }
