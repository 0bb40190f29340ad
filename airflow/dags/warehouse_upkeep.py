"""What a warehouse needs from time to time: passwords that change, tables that are sorted and described."""

from datetime import UTC, datetime, timedelta

from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowFailException

from amp_dags.alerts import late_after
from amp_dags.options import TAGS, default_args, option
from amp_dags.passwords import findings
from amp_dags.runs import daily_at
from amp_dags.warehouse import NamesOperator, WarehouseOperator

ABOUT = """\
Looks after the warehouse, each day at 05:00 UTC, when the marts have been built: fails when a user's password was not
rotated as it should be, gives back the space of rows that were replaced, and brings the planner's statistics up to
date.

A run is about nothing but now; one that was missed need not be made up for. What to do when a task fails is in its
documentation, and in the alert.
"""
PASSWORDS = """\
Fails when a secret of the warehouse is not rotated, or was not for longer than its period, and names it. See the log of
the function password-rotation (`/aws/lambda/password-rotation-…`), and rotate with
`aws secretsmanager rotate-secret --secret-id …`.
"""
VACUUM = """\
Sorts a table and gives back the space of deleted rows. Redshift does so by itself when it is idle; a mart is replaced
so often that this is not always enough. When it fails: only the owner of a table may do it, and only one VACUUM runs
at a time. Nothing breaks if it is left out for some days.
"""
ANALYZE = """\
Brings the statistics of all marts up to date. When it fails, queries may be slow, and are right all the same.
"""

TABLES = """\
Asks the warehouse for the marts that there are. When it fails, the warehouse cannot be reached.
"""
OWN_TABLES = """\
SELECT 'marts.' || QUOTE_IDENT(tablename) FROM pg_tables WHERE schemaname = 'marts' AND tableowner = CURRENT_USER
ORDER BY 1
"""


def _vacuum(table: str) -> str:
    return f"VACUUM {table}"


with DAG(
    "warehouse_upkeep",
    description="Passwords are rotated, tables are vacuumed and analyzed",
    doc_md=ABOUT,
    schedule=daily_at(5),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    deadline=late_after(timedelta(hours=4), option("alerts_topic_arn")),
    default_args=default_args(),
    tags=[*TAGS, "upkeep"],
) as dag:

    @task(execution_timeout=timedelta(minutes=5), doc_md=PASSWORDS)
    def passwords_are_rotated() -> int:
        """How many secrets there are; all are rotated."""
        prefix = option("secret_prefix")
        client = AwsGenericHook(aws_conn_id=None, client_type="secretsmanager").conn
        pages = client.get_paginator("list_secrets").paginate(Filters=[{"Key": "name", "Values": [prefix]}])
        secrets = [secret for page in pages for secret in page["SecretList"]]
        if not secrets:
            raise AirflowFailException(f"There are no secrets whose names begin with {prefix}.")
        wrong = findings(secrets, datetime.now(UTC))
        if wrong:
            raise AirflowFailException("\n".join(wrong))
        return len(secrets)

    @task(execution_timeout=timedelta(minutes=5), doc_md=ANALYZE)
    def analyze_statements(names: list[str]) -> list[str]:
        """A statement for each table."""
        return [f"ANALYZE {name}" for name in names]

    # Quoted where they come from, so that they can be part of a statement, which takes no parameter for a table.
    tables = NamesOperator(task_id="tables", sql=OWN_TABLES, doc_md=TABLES)
    # VACUUM may be in no transaction, so each is a statement of its own; and a cluster runs one at a time.
    vacuum = WarehouseOperator.partial(
        task_id="vacuum",
        execution_timeout=timedelta(hours=2),
        map_index_template="{{ task.sql }}",
        doc_md=VACUUM,
    ).expand(sql=tables.output.map(_vacuum))
    analyze = WarehouseOperator(
        task_id="analyze",
        sql=analyze_statements(tables.output),
        execution_timeout=timedelta(hours=1),
        doc_md=ANALYZE,
    )

    passwords_are_rotated()
    vacuum >> analyze
