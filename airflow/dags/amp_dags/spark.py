"""Spark jobs on EMR on EKS, of each of which one run goes on at a time.

Two runs that write the same dates at once would leave a mixture of both. There would be two when a worker dies after
it has started a run and its task is tried again, when a task is cleared while its run goes on, or when runs of the
DAG overlap, as in a backfill. So a task looks for unfinished runs of its job before it starts one. Its own, of an
earlier try, it cancels; those of others it waits for. A task that gives up waiting for its run cancels it, and what
is left when a run of the DAG is given up, its last task cancels.

Between looking and starting nobody else may do the same, so the tasks of a job have `max_active_tis_per_dag` 1.
"""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from airflow.providers.amazon.aws.hooks.emr import EmrContainerHook
from airflow.providers.amazon.aws.operators.emr import EmrContainerOperator
from airflow.providers.amazon.aws.triggers.emr import EmrContainerTrigger
from airflow.providers.amazon.aws.utils import validate_execute_complete_event
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, TaskDeferralError, TaskDeferralTimeout
from botocore.exceptions import ClientError

from amp_dags.options import option, seconds
from amp_dags.runs import LAST_DAY, run_mark

log = logging.getLogger(__name__)

RELEASE_LABEL = "emr-7.12.0-latest"

_UNFINISHED = ["PENDING", "SUBMITTED", "RUNNING", "CANCEL_PENDING"]


class SparkJobOperator(EmrContainerOperator):
    """Runs a job of `spark/jobs/` for the days of the DAG's run, and waits for it without a worker.

    Job runs are named `job/day/mark`, where the mark is that of the DAG's run.
    """

    def __init__(self, *, job: str, day: str = LAST_DAY, takes_days: bool = False, **kwargs: Any) -> None:
        artifacts = option("artifacts_bucket")
        arguments = ["--raw", f"s3://{option('raw_bucket')}", "--transformed", f"s3://{option('transformed_bucket')}"]
        arguments += ["--date", day]
        if takes_days:
            arguments += ["--days", "{{ params.days }}"]
        super().__init__(
            name=f"{job}/{LAST_DAY}",
            virtual_cluster_id=option("virtual_cluster_id"),
            execution_role_arn=option("spark_job_role_arn"),
            release_label=RELEASE_LABEL,
            job_driver={
                "sparkSubmitJobDriver": {
                    "entryPoint": f"s3://{artifacts}/spark/jobs/{job}.py",
                    "entryPointArguments": arguments,
                    "sparkSubmitParameters": f"--py-files s3://{artifacts}/spark/amp_spark.zip",
                }
            },
            configuration_overrides={
                "monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": option("spark_log_uri")}}
            },
            poll_interval=seconds("poll_seconds"),
            deferrable=True,
            max_active_tis_per_dag=1,
            **kwargs,
        )
        self.job = job

    def execute(self, context: Context) -> str | None:
        """Start a run, once none of the job goes on."""
        self.name = self._run_name(context)
        others = self._unfinished()
        self._cancel_own()
        if others:
            self.log.info("Waiting for job run %s (%s) to end", others[0]["id"], others[0]["name"])
            self.defer(
                trigger=EmrContainerTrigger(
                    virtual_cluster_id=self.virtual_cluster_id,
                    job_id=others[0]["id"],
                    aws_conn_id=self.aws_conn_id,
                    waiter_delay=self.poll_interval,
                ),
                method_name="start_after",
                timeout=self.execution_timeout,
            )
        # So that a request which is sent again, because its answer was lost, starts nothing more. A try has its own id.
        self.client_request_token = str(context["ti"].id)
        return super().execute(context)

    def start_after(self, context: Context, event: Mapping[str, Any] | None = None) -> str | None:
        """Go on when another run has ended, whatever became of it."""
        return self.execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> str:
        """Answer the run's id; raise when it failed, with EMR's reason and the place of its log."""
        ended = validate_execute_complete_event(event)
        run_id = str(ended["job_id"])
        if ended["status"] == "success":
            return run_id
        run = self.hook.conn.describe_job_run(virtualClusterId=self.virtual_cluster_id, id=run_id)["jobRun"]
        reason = str(run.get("stateDetails") or run.get("failureReason") or ended["message"]).rstrip(".")
        log = f"{option('spark_log_uri').rstrip('/')}/{self.virtual_cluster_id}/jobs/{run_id}/"
        raise AirflowException(f"The job {self.job} is {run['state']}: {reason}. Its log: aws s3 ls --recursive {log}")

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after waiting. Where that failed or took too long, nobody waits any more: the run is cancelled."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except (TaskDeferralError, TaskDeferralTimeout):
            self.name = self._run_name(context)
            self._cancel_own()
            raise

    def _run_name(self, context: Context) -> str:
        name = str(self.name)
        mark = run_mark(str(context["dag_run"].run_id))
        return name if name.endswith(mark) else f"{name}/{mark}"

    def _cancel_own(self) -> None:
        for run in self._unfinished():
            if run["name"] == self.name:
                cancel(self.hook, run)

    def _unfinished(self) -> list[Mapping[str, Any]]:
        """The runs of the job that go on, whoever started them."""
        return [run for run in unfinished(self.hook) if run.get("name", "").partition("/")[0] == self.job]


def unfinished(hook: EmrContainerHook) -> Iterator[Mapping[str, Any]]:
    """The runs that go on in a virtual cluster."""
    pages = hook.conn.get_paginator("list_job_runs").paginate(
        virtualClusterId=hook.virtual_cluster_id, states=_UNFINISHED
    )
    for page in pages:
        yield from page["jobRuns"]


def cancel(hook: EmrContainerHook, run: Mapping[str, Any]) -> None:
    """Have a run end; it goes on for a while."""
    if run["state"] == "CANCEL_PENDING":
        return
    log.info("Cancelling job run %s (%s)", run["id"], run["name"])
    try:
        hook.conn.cancel_job_run(virtualClusterId=hook.virtual_cluster_id, id=run["id"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":  # it has ended by itself
            raise


def cancel_all(hook: EmrContainerHook, run_id: str) -> list[str]:
    """Cancel what goes on of a DAG's run; answers the names of those runs."""
    left = [run for run in unfinished(hook) if run.get("name", "").endswith(f"/{run_mark(run_id)}")]
    for run in left:
        cancel(hook, run)
    return [run["name"] for run in left]
