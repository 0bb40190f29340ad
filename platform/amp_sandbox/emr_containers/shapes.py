"""What AWS shows of virtual clusters and job runs, from rows; ARNs and ids."""

import secrets
import string
from datetime import UTC, datetime
from typing import Any

from amp_sandbox.emr_containers.store import JobRun, VirtualCluster
from amp_sandbox.protocol import Context
from amp_sandbox.standins.tags import list_tags

_ALPHABET = string.digits + string.ascii_lowercase
_SHOWN = (
    "name",
    "clientToken",
    "executionRoleArn",
    "releaseLabel",
    "jobDriver",
    "configurationOverrides",
    "retryPolicyConfiguration",
)


def new_cluster_id() -> str:
    """An id as AWS's virtual clusters have."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(25))


def new_run_id() -> str:
    """An id as AWS's job runs have."""
    return "0000000" + "".join(secrets.choice(_ALPHABET) for _ in range(12))


def cluster_arn(ctx: Context, cluster_id: str) -> str:
    """The ARN of a virtual cluster."""
    return f"arn:aws:emr-containers:{ctx.region}:{ctx.account_id}:/virtualclusters/{cluster_id}"


def run_arn(ctx: Context, cluster_id: str, run_id: str) -> str:
    """The ARN of a job run."""
    return f"{cluster_arn(ctx, cluster_id)}/jobruns/{run_id}"


def describe_cluster(ctx: Context, cluster: VirtualCluster) -> dict[str, Any]:
    """AWS's VirtualCluster."""
    arn = cluster_arn(ctx, cluster.id)
    return {
        "id": cluster.id,
        "name": cluster.request["name"],
        "arn": arn,
        "state": cluster.state,
        "containerProvider": cluster.request["containerProvider"],
        "createdAt": _time(cluster.created_at),
        "tags": list_tags(ctx.db, arn),
    }


def describe_run(ctx: Context, run: JobRun) -> dict[str, Any]:
    """AWS's JobRun."""
    arn = run_arn(ctx, run.cluster_id, run.id)
    shown: dict[str, Any] = {
        "id": run.id,
        "virtualClusterId": run.cluster_id,
        "arn": arn,
        "state": run.state,
        "createdAt": _time(run.created_at),
        "createdBy": f"arn:aws:iam::{ctx.account_id}:root",
        "tags": list_tags(ctx.db, arn),
    }
    shown |= {member: run.request[member] for member in _SHOWN if run.request.get(member) is not None}
    if run.finished_at is not None:
        shown["finishedAt"] = _time(run.finished_at)
    if run.details:
        shown["stateDetails"] = run.details
    if run.failure:
        shown["failureReason"] = run.failure
    if "retryPolicyConfiguration" in shown:
        shown["retryPolicyExecution"] = {"currentAttemptCount": run.attempt}
    return shown


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
