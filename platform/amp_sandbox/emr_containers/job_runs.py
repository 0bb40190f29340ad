"""EMR on EKS's operations on job runs. They only write to the store; the engine does what it says.

**Left out:** job templates, managed endpoints and security configurations: their operations are refused by name.
"""

from amp_sandbox.emr_containers import errors, job_config, store
from amp_sandbox.emr_containers.checks import (
    kept_request,
    page_of,
    require_cluster,
    require_run,
    require_same_request,
)
from amp_sandbox.emr_containers.job_config import JobConfigError
from amp_sandbox.emr_containers.shapes import describe_run, new_run_id, run_arn
from amp_sandbox.emr_containers.store import JobRun
from amp_sandbox.protocol import Answer, Context, Request, operation
from amp_sandbox.standins.sqlite import transaction
from amp_sandbox.standins.tags import set_tags

_MONITORING = "configurationOverrides.monitoringConfiguration"


@operation(
    "emr-containers",
    "StartJobRun",
    refuses=[
        "jobTemplateId",
        "jobTemplateParameters",
        "jobDriver.sparkSqlJobDriver",
        f"{_MONITORING}.managedLogs",
        f"{_MONITORING}.containerLogRotationConfiguration",
        f"{_MONITORING}.s3MonitoringConfiguration.encryptionKeyArn",
    ],
)
def start_job_run(ctx: Context, req: Request) -> Answer:
    """Queue a job run; the same client token and request answer the one started before.

    Left out: classifications other than spark-defaults, and spark-submit options that need a network or another kind of
    cluster (ValidationException, by name). Sizes beyond this machine's are cut down, which the driver's log says.
    https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_StartJobRun.html
    """
    with transaction(ctx.db):
        cluster = require_cluster(ctx, req["virtualClusterId"])
        started = store.run_of_token(ctx.db, cluster.id, req["clientToken"])
        if started is not None:
            require_same_request(started.request, req)
            return _started(ctx, started.id, req)
        if cluster.state != "RUNNING":
            raise errors.invalid(f"Virtual cluster {cluster.id} is {cluster.state}, not RUNNING.")
        try:
            job_config.parse(req)
        except JobConfigError as error:
            raise errors.invalid(str(error)) from None
        run_id = new_run_id()
        store.create_run(ctx.db, run_id, cluster.id, req["clientToken"], kept_request(req), at=ctx.now())
        set_tags(ctx.db, run_arn(ctx, cluster.id, run_id), req.get("tags") or {})
    return _started(ctx, run_id, req)


@operation("emr-containers", "DescribeJobRun")
def describe_job_run(ctx: Context, req: Request) -> Answer:
    """Show a job run.

    https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_DescribeJobRun.html
    """
    return {"jobRun": describe_run(ctx, require_run(ctx, req))}


@operation("emr-containers", "ListJobRuns")
def list_job_runs(ctx: Context, req: Request) -> Answer:
    """List a virtual cluster's job runs, the newest first, a page at a time.

    https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_ListJobRuns.html
    """

    def wanted(run: JobRun) -> bool:
        name = req.get("name") or run.request.get("name")
        return run.request.get("name") == name and run.state in (req.get("states") or [run.state])

    cluster = require_cluster(ctx, req["virtualClusterId"])
    page, token = page_of(req, store.list_runs(ctx.db, cluster.id), wanted)
    return {"jobRuns": [describe_run(ctx, run) for run in page], **token}


@operation("emr-containers", "CancelJobRun")
def cancel_job_run(ctx: Context, req: Request) -> Answer:
    """Mark a job run CANCEL_PENDING; the engine ends its driver, and then it is CANCELLED.

    https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_CancelJobRun.html
    """
    with transaction(ctx.db):
        run = require_run(ctx, req)
        if run.state not in store.UNFINISHED:
            raise errors.invalid(f"Job run {run.id} is {run.state} and cannot be cancelled.")
        store.move(ctx.db, run, "CANCEL_PENDING", at=ctx.now(), allowed=("PENDING", "SUBMITTED", "RUNNING"))
    return {"id": run.id, "virtualClusterId": run.cluster_id}


def _started(ctx: Context, run_id: str, req: Request) -> Answer:
    cluster_id = req["virtualClusterId"]
    answer = {"id": run_id, "arn": run_arn(ctx, cluster_id, run_id), "virtualClusterId": cluster_id}
    return answer | ({"name": req["name"]} if req.get("name") else {})
