"""Statements and checks in the warehouse, through the Redshift Data API.

https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html

The statements of a task are one transaction: a mart is as it was before, or as it is after. Redshift enforces no
primary keys, so two such transactions at once could leave rows twice. A task therefore looks for unfinished
statements of its name before it sends its own, as tasks of Spark jobs do (see spark.py): it cancels what an earlier
try left, and waits for what another run does.
"""

import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from airflow.providers.amazon.aws.hooks.redshift_data import (
    RUNNING_STATES,
    RedshiftDataHook,
    RedshiftDataQueryAbortedError,
    RedshiftDataQueryFailedError,
)
from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator
from airflow.providers.amazon.aws.triggers.redshift_data import RedshiftDataTrigger
from airflow.providers.amazon.aws.utils import validate_execute_complete_event
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferralError, TaskDeferralTimeout
from botocore.exceptions import ClientError

from amp_dags.options import option, seconds
from amp_dags.runs import FIRST_DAY, LAST_DAY, run_mark
from amp_dags.sql import File

SAMPLE_ROWS = 20
MOST_OF_A_STATEMENT = 200
DAYS = {"first_day": FIRST_DAY, "last_day": LAST_DAY}
"""The parameters that SQL files may take, unless a task says otherwise: the days of the run."""
PATIENCE_SECONDS = 5.0
"""A statement that ends so soon is waited for at once: to defer the task and resume it takes longer."""

_LOOK_SECONDS = 0.5
_NONE: Mapping[str, str] = MappingProxyType({})


class PatientHook(RedshiftDataHook):
    """Waits for a statement for a moment before it says that it goes on."""

    def check_query_is_finished(self, statement_id: str) -> bool:
        """Whether a statement has finished, soon; raises when it failed."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not super().check_query_is_finished(statement_id):
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_SECONDS)
        return True


class WarehouseOperator(RedshiftDataOperator):
    """Runs statements in one transaction, as the user who builds the marts.

    Values are sent as parameters beside the statements, never pasted into them.
    """

    aws_hook_class = PatientHook

    def __init__(self, *, sql: Any, values: Mapping[str, str] = _NONE, **kwargs: Any) -> None:
        super().__init__(
            sql=sql,
            # An empty list is refused.
            parameters=[{"name": name, "value": value} for name, value in values.items()] or None,
            cluster_identifier=option("warehouse_cluster"),
            database=option("warehouse_database"),
            db_user=option("warehouse_user"),
            poll_interval=seconds("poll_seconds"),
            deferrable=True,
            max_active_tis_per_dag=1,
            **kwargs,
        )

    def execute(self, context: Context) -> Any:
        """Send the statements, once none of the task go on."""
        self._name(context)
        others = self._unfinished()
        for one in others:
            if one["StatementName"] == self.statement_name:
                self._cancel(one["Id"])
        if others:
            self.log.info("Waiting for statement %s (%s) to end", others[0]["Id"], others[0]["StatementName"])
            self.defer(
                trigger=RedshiftDataTrigger(
                    statement_id=others[0]["Id"],
                    task_id=self.task_id,
                    poll_interval=self.poll_interval,
                    aws_conn_id=self.aws_conn_id,
                ),
                method_name="start_after",
                timeout=self.execution_timeout,
            )
        try:
            return super().execute(context)
        except (RedshiftDataQueryFailedError, RedshiftDataQueryAbortedError):
            raise AirflowException(self._why(self.statement_id)) from None

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> Any:
        """Answer what the statements answered; raise when they failed, with the warehouse's reason."""
        ended = validate_execute_complete_event(event)
        if ended["status"] != "success":
            raise AirflowException(self._why(str(ended["statement_id"])))
        return super().execute_complete(context, event)

    def start_after(self, context: Context, event: Mapping[str, Any] | None = None) -> Any:
        """Go on when another statement has ended, whatever became of it."""
        return self.execute(context)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after waiting. Where that failed or took too long, nobody waits for the statement: it is cancelled."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except (TaskDeferralError, TaskDeferralTimeout):
            self._name(context)
            for one in self._unfinished():
                if one["StatementName"] == self.statement_name:
                    self._cancel(one["Id"])
            raise

    def results(self, statement_id: str) -> Iterator[Mapping[str, Any]]:
        """All of a query's answer, of which the Data API gives a part at a time."""
        token: Mapping[str, str] = {}
        while True:
            result = self.hook.conn.get_statement_result(Id=statement_id, **token)
            yield result
            if "NextToken" not in result:
                return
            token = {"NextToken": result["NextToken"]}

    def _why(self, statement_id: str) -> str:
        """What the warehouse says of statements that failed, and of which; the provider's text is all that it knows."""
        told = self.hook.conn.describe_statement(Id=statement_id)
        failed = next((one for one in told.get("SubStatements", []) if one.get("Error")), told)
        statement = " ".join(failed.get("QueryString", "").split())[:MOST_OF_A_STATEMENT]
        error = failed.get("Error") or "Nothing is said of why."
        return f"{error} Statement {statement_id} is {told['Status']}: {statement}"

    def _name(self, context: Context) -> None:
        mark = run_mark(f"{context['dag_run'].run_id}/{context['ti'].map_index}")
        self.statement_name = f"{self.dag_id}.{self.task_id}/{mark}"

    def _unfinished(self) -> list[Mapping[str, Any]]:
        """The statements of the task that go on, of whichever run."""
        pages = self.hook.conn.get_paginator("list_statements").paginate(
            StatementName=f"{self.dag_id}.{self.task_id}/", Status="ALL"
        )
        return [one for page in pages for one in page["Statements"] if one["Status"] in RUNNING_STATES]

    def _cancel(self, statement_id: str) -> None:
        self.log.info("Cancelling statement %s of an earlier try", statement_id)
        try:
            self.hook.conn.cancel_statement(Id=statement_id)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationException":  # it has ended by itself
                raise


class NamesOperator(WarehouseOperator):
    """The first column of a query's rows, as texts.

    **Left out:** more rows than the Data API gives at once, a thousand or so.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(return_sql_result=True, **kwargs)

    def get_sql_results(self, statement_id: str, return_sql_result: bool) -> Any:
        """The texts."""
        [result] = super().get_sql_results(statement_id, return_sql_result)
        return [row[0]["stringValue"] for row in result["Records"]]


class CheckOperator(WarehouseOperator):
    """Fails the run at once when a query finds rows that should not be; says how many, and how to see some.

    A failed check is not tried again: the same data would fail it again.
    """

    def __init__(self, *, query: str, about: str, **kwargs: Any) -> None:
        sql = f"SELECT COUNT(*) FROM (\n{query}\n) AS found"  # noqa: S608 - the query is a file of the DAGs
        super().__init__(sql=sql, return_sql_result=True, **kwargs)
        self.query, self.about = query, about

    def get_sql_results(self, statement_id: str, return_sql_result: bool) -> Any:
        """How many rows were found: none. Raises AirflowFailException otherwise."""
        [result] = super().get_sql_results(statement_id, return_sql_result)
        [[found]] = result["Records"]
        count = int(found["longValue"])
        if count:
            raise AirflowFailException(
                f"{self.about} {count} {'row' if count == 1 else 'rows'} found. See some with:\n{self.sample()}"
            )
        return count

    def sample(self) -> str:
        """The query as a person runs it, with the days in their places."""
        text = f"SELECT * FROM (\n{self.query}\n) AS found LIMIT {SAMPLE_ROWS};"  # noqa: S608 - is read, not run
        for parameter in self.parameters or []:
            text = text.replace(f":{parameter['name']}", f"'{parameter['value']}'")
        return text


def mart(file: File, days: Mapping[str, str] = DAYS, **kwargs: Any) -> WarehouseOperator:
    """The task of a file of statements, which gets those of `days` that it takes."""
    kwargs.setdefault("execution_timeout", timedelta(minutes=30))
    return WarehouseOperator(task_id=file.name, sql=list(file.statements), values=_taken(file, days), **kwargs)


def check(file: File, days: Mapping[str, str] = DAYS, **kwargs: Any) -> CheckOperator:
    """The task of a check: a file of one query, whose first lines say what it means when rows are found."""
    [query] = file.statements
    return CheckOperator(task_id=file.name, query=query, about=file.about, values=_taken(file, days), **kwargs)


def _taken(file: File, days: Mapping[str, str]) -> dict[str, str]:
    """The parameters that a file takes; the Data API refuses others."""
    return {name: days[name] for name in file.parameters}
