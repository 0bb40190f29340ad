"""Deploying the template as `sam deploy` does: upload what is new, make a change set, execute it, follow it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html

**Left out:** a stack in another account or region, rollback configuration, stack policies, removal of the stack
(`sandbox reset` gives an empty sandbox).
"""

import contextlib
import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import ClientError

from amp_sandbox import aws, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import OnProgress, ignore, step
from amp_sandbox.settings import Settings
from amp_sandbox.stack import airflow_code, spark_code, warehouse
from amp_sandbox.stack.package import Package, build
from amp_sandbox.stack.template import code_resources, read_parameters, read_template, with_code

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
DEADLINE_SECONDS = 180
POLL_SECONDS = 0.1

# A stack in one of these never had all its resources: it can only be deleted and made anew.
NEVER_MADE = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}

Action = Literal["Add", "Modify", "Remove"]


@dataclass(frozen=True)
class Change:
    """What a deployment did to one resource."""

    action: Action
    logical_id: str
    resource_type: str


@dataclass(frozen=True)
class Deployment:
    """A finished deployment: what changed, and what the stack says of itself."""

    stack_name: str
    changes: tuple[Change, ...]
    outputs: dict[str, str]
    seconds: float


def deploy(settings: Settings, on_progress: OnProgress = ignore) -> Deployment:
    """Bring the stack to what the template and the code say; only what differs is touched.

    Raises SandboxError with each failed resource and its reason when the template or a resource is refused.
    """
    started = time.monotonic()
    with step(on_progress, "build functions") as detail:
        template = read_template(paths.TEMPLATE)
        with ThreadPoolExecutor() as pool:
            packages = list(pool.map(build, code_resources(template, paths.TEMPLATE.parent)))
        present = _present(settings)
        uploaded = _upload(settings, packages, present)
        detail.append(f"{len(packages)} built, {uploaded} uploaded")
    with step(on_progress, "upload jobs and DAGs") as detail:
        changed = spark_code.upload(settings, present) + airflow_code.upload(settings, present)
        detail.append(f"{changed} changed")
    with step(on_progress, "deploy stack") as detail:
        template = with_code(template, {p.logical_id: f"s3://{settings.artifacts_bucket}/{p.key}" for p in packages})
        changes = _change_stack(settings, template)
        detail.append(_summary(changes))
    outputs = stack_outputs(settings)
    with step(on_progress, "configure warehouse") as detail:
        statements = warehouse.configure(settings, outputs, paths.PARAMETERS)
        detail.append(f"{len(statements)} statements" if statements else "nothing to change")
    return Deployment(settings.stack_name, changes, outputs, time.monotonic() - started)


def stack_outputs(settings: Settings) -> dict[str, str]:
    """What the deployed stack says of itself.

    Raises SandboxError when it is not deployed.
    """
    stack = _describe_stack(settings)
    if stack is None:
        raise SandboxError(
            f"The template is not deployed: there is no stack {settings.stack_name}.",
            hint="Start and deploy with: sandbox up",
        )
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def parameters(settings: Settings, template: dict[str, Any]) -> dict[str, str]:
    """The values of the template's parameters in this sandbox: its settings on top of `parameters/local.toml`.

    Raises SandboxError when the file names a parameter that the template does not have.
    """
    values = read_parameters(paths.PARAMETERS / "local.toml") | {
        "Stage": settings.stage,
        "CatalogApiUrl": settings.catalog_api_url,
        "BufferSeconds": str(settings.buffer_seconds),
    }
    unknown = sorted(values.keys() - template.get("Parameters", {}).keys())
    if unknown:
        raise SandboxError(f"{paths.TEMPLATE.name} has no parameter {', '.join(unknown)}.")
    return values


def _present(settings: Settings) -> dict[str, str]:
    """The ETag of each object in the artifacts bucket, by its key."""
    _require_bucket(settings)
    pages = aws.client(settings, "s3").get_paginator("list_objects_v2").paginate(Bucket=settings.artifacts_bucket)
    return {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", [])}


def _upload(settings: Settings, packages: list[Package], present: Mapping[str, str]) -> int:
    s3 = aws.client(settings, "s3")
    new = [package for package in packages if package.key not in present]
    for package in new:
        s3.put_object(Bucket=settings.artifacts_bucket, Key=package.key, Body=package.body)
    return len(new)


def _require_bucket(settings: Settings) -> None:
    s3 = aws.client(settings, "s3")
    # us-east-1 is S3's own default, and the one region that may not be named.
    elsewhere = settings.region != "us-east-1"
    place = {"CreateBucketConfiguration": {"LocationConstraint": settings.region}} if elsewhere else {}
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=settings.artifacts_bucket, **place)


def _change_stack(settings: Settings, template: dict[str, Any]) -> tuple[Change, ...]:
    cloudformation = aws.client(settings, "cloudformation")
    body = json.dumps(template, sort_keys=True).encode()
    # By URL, as a template given in the call may only have 51,200 bytes.
    key = f"templates/{uuid.uuid4()}.json"
    aws.client(settings, "s3").put_object(Bucket=settings.artifacts_bucket, Key=key, Body=body)
    exists = _ready_stack_exists(settings)
    name = f"deploy-{uuid.uuid4().hex}"
    try:
        change_set = cloudformation.create_change_set(
            StackName=settings.stack_name,
            ChangeSetName=name,
            ChangeSetType="UPDATE" if exists else "CREATE",
            TemplateURL=f"{settings.localstack_url}/{settings.artifacts_bucket}/{key}",
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters(settings, template).items()
            ],
            Capabilities=CAPABILITIES,
        )["Id"]
    except ClientError as error:
        raise SandboxError(
            "CloudFormation refuses the template.", _message(error), "Check it with: make lint"
        ) from None
    changes = _changes(settings, change_set)
    if not changes:
        cloudformation.delete_change_set(ChangeSetName=change_set)
        return ()
    before = {event["EventId"] for event in _events(settings)}
    cloudformation.execute_change_set(ChangeSetName=change_set)
    _wait_for_stack(settings, before)
    return changes


def _ready_stack_exists(settings: Settings) -> bool:
    stack = _describe_stack(settings)
    if stack is None:
        return False
    if stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        # On AWS, of a stack that has only a change set yet. LocalStack says it of an update that was rolled back too,
        # and making such a stack anew would lose all its data.
        cloudformation = aws.client(settings, "cloudformation")
        return bool(cloudformation.list_stack_resources(StackName=settings.stack_name)["StackResourceSummaries"])
    if stack["StackStatus"] in NEVER_MADE:
        aws.client(settings, "cloudformation").delete_stack(StackName=settings.stack_name)
        _wait(
            lambda: _describe_stack(settings) is None,
            "the failed stack of an earlier deployment to be deleted",
        )
        return False
    return True


def _changes(settings: Settings, change_set: str) -> tuple[Change, ...]:
    """The change set's changes once it is made; none when it finds nothing to change."""
    cloudformation = aws.client(settings, "cloudformation")
    seen: dict[str, Any] = {}

    def made() -> bool:
        seen.update(cloudformation.describe_change_set(ChangeSetName=change_set))
        return seen["Status"] in ("CREATE_COMPLETE", "FAILED")

    _wait(made, "the change set to be made")
    if seen["Status"] == "FAILED":
        reason = seen.get("StatusReason", "no reason given")
        if re.search(r"didn't contain changes|No updates are to be performed", reason, re.IGNORECASE):
            return ()
        raise SandboxError("CloudFormation could not make a change set.", reason, "Check it with: make lint")
    rows = [change["ResourceChange"] for change in seen["Changes"]]
    return tuple(Change(row["Action"], row["LogicalResourceId"], row["ResourceType"]) for row in rows)


def _wait_for_stack(settings: Settings, before: set[str]) -> None:
    status = ""

    def settled() -> bool:
        nonlocal status
        status = (_describe_stack(settings) or {"StackStatus": "DELETE_COMPLETE"})["StackStatus"]
        return not status.endswith("IN_PROGRESS")

    _wait(settled, f"stack {settings.stack_name} to be deployed")
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        failed = [
            f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', 'no reason')}"
            for event in reversed(_events(settings))
            if event["EventId"] not in before and event["ResourceStatus"].endswith("_FAILED")
        ]
        raise SandboxError(
            f"The stack {settings.stack_name} is {status}.",
            "\n".join(failed) or "no resource names a reason",
            "Mend the template, then: sandbox deploy. More: sandbox logs localstack",
        )


def _events(settings: Settings) -> list[dict[str, Any]]:
    """The stack's events, the newest first; none when it is gone."""
    if _describe_stack(settings) is None:
        return []
    events = aws.client(settings, "cloudformation").describe_stack_events(StackName=settings.stack_name)["StackEvents"]
    return list(events)


def _describe_stack(settings: Settings) -> dict[str, Any] | None:
    try:
        stacks = aws.client(settings, "cloudformation").describe_stacks(StackName=settings.stack_name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    return None if stacks[0]["StackStatus"] == "DELETE_COMPLETE" else dict(stacks[0])


def _wait(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise SandboxError(f"Waited {DEADLINE_SECONDS} s for {what}.", hint="See: sandbox logs localstack")
        time.sleep(POLL_SECONDS)


def _message(error: ClientError) -> str:
    return str(error.response["Error"].get("Message", error))


def _summary(changes: tuple[Change, ...]) -> str:
    if not changes:
        return "nothing to change"
    counts = {action: sum(c.action == action for c in changes) for action in ("Add", "Modify", "Remove")}
    words = {"Add": "added", "Modify": "changed", "Remove": "removed"}
    return ", ".join(f"{count} {words[action]}" for action, count in counts.items() if count)
