"""Running a Spark job through the EMR on EKS API and waiting for it.

https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_StartJobRun.html

**Left out:** retries. Somebody who runs a job by hand wants to see why it failed.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from amp_sandbox import aws
from amp_sandbox.batch.plan import Job
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings
from amp_sandbox.stack.spark_code import job_uri, library_uri

RELEASE_LABEL = "emr-7.12.0-latest"
DEADLINE_SECONDS = 1800
POLL_SECONDS = 0.3
_ENDED = ("COMPLETED", "FAILED", "CANCELLED")


@dataclass(frozen=True)
class JobRun:
    """A run that has completed, and how many seconds that took, its time in EMR's queue included."""

    job: str
    run_id: str
    seconds: float


def start(settings: Settings, outputs: Mapping[str, str], job: Job, day: date, days: int) -> str:
    """Start a run of a job; answers its id."""
    arguments = ["--raw", f"s3://{settings.raw_bucket}", "--transformed", f"s3://{settings.transformed_bucket}"]
    arguments += ["--date", day.isoformat()]
    if job.takes_days:
        arguments += ["--days", str(days)]
    answer = aws.client(settings, "emr-containers").start_job_run(
        name=job.name,
        virtualClusterId=outputs["VirtualClusterId"],
        clientToken=str(uuid.uuid4()),
        executionRoleArn=outputs["SparkJobRoleArn"],
        releaseLabel=RELEASE_LABEL,
        jobDriver={
            "sparkSubmitJobDriver": {
                "entryPoint": job_uri(settings, job.name),
                "entryPointArguments": arguments,
                "sparkSubmitParameters": f"--py-files {library_uri(settings)}",
            }
        },
        configurationOverrides={
            "monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": outputs["SparkLogUri"]}}
        },
    )
    return str(answer["id"])


def wait(
    settings: Settings, outputs: Mapping[str, str], job: Job, run_id: str, on_state: Callable[[str], None]
) -> JobRun:
    """Wait until a run has ended; `on_state` is told its state while it goes on.

    Raises SandboxError when it fails or is cancelled, with what EMR says of it and where its log is.
    """
    emr = aws.client(settings, "emr-containers")
    cluster = outputs["VirtualClusterId"]
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        run = emr.describe_job_run(virtualClusterId=cluster, id=run_id)["jobRun"]
        if run["state"] in _ENDED:
            break
        if time.monotonic() > deadline:
            raise SandboxError(
                f"The job {job.name} has not ended after {DEADLINE_SECONDS} s; it is {run['state']}.",
                f"Run {run_id} goes on.",
                f"Stop it with: aws emr-containers cancel-job-run --virtual-cluster-id {cluster} --id {run_id}",
            )
        on_state(run["state"].lower())
        time.sleep(POLL_SECONDS)
    if run["state"] != "COMPLETED":
        raise _failure(job, run, outputs)
    return JobRun(job.name, run_id, (run["finishedAt"] - run["createdAt"]).total_seconds())


def _failure(job: Job, run: Mapping[str, Any], outputs: Mapping[str, str]) -> SandboxError:
    place = f"{outputs['SparkLogUri'].rstrip('/')}/{outputs['VirtualClusterId']}/jobs/{run['id']}/"
    return SandboxError(
        f"The job {job.name} {'was cancelled' if run['state'] == 'CANCELLED' else 'failed'}.",
        run.get("stateDetails") or run.get("failureReason") or "EMR gives no reason.",
        f'Its log: eval "$(sandbox env)"; aws s3 ls --recursive {place}\n'
        f"When it is mended: sandbox deploy; sandbox batch --job {job.name}",
    )
