"""What an environment's settings must be, beyond what AWS's model says of them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from amp_sandbox.mwaa import errors, requirements, store
from amp_sandbox.mwaa.configuration import BUNDLES, bucket_name
from amp_sandbox.mwaa.shapes import MICRO, with_defaults
from amp_sandbox.mwaa.store import Environment
from amp_sandbox.protocol import Context, not_implemented

CLASSES = (MICRO, "mw1.small", "mw1.medium", "mw1.large", "mw1.xlarge", "mw1.2xlarge")
MOST_WORKERS = 25
"""https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-quotas.html"""

_OPTION = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_.]*[a-z0-9_]")
_LARGEST_REQUIREMENTS = 1_000_000


def require_environment(ctx: Context, name: str) -> Environment:
    """The environment of that name, in any status."""
    environment = store.get(ctx.db, name)
    if environment is None:
        raise errors.not_found(f"Environment {name}")
    return environment


def require_good_settings(ctx: Context, settings: Mapping[str, Any]) -> None:
    """Raise for the first setting that breaks a rule; the bucket and the requirements are looked at last."""
    full = with_defaults(dict(settings), requirements.airflow_version())
    for problem in _problems(full):
        raise errors.invalid(problem)
    if full["EndpointManagement"] != "SERVICE":
        raise not_implemented("EndpointManagement CUSTOMER, as there are no VPC endpoints to make")
    s3, bucket = ctx.aws("s3"), bucket_name(full["SourceBucketArn"])
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        raise errors.invalid(f"The source bucket {bucket} cannot be read: {_said(error)}") from None
    if full.get("RequirementsS3Path"):
        _require_installed(s3, bucket, full["RequirementsS3Path"], full.get("RequirementsS3ObjectVersion"))


def _problems(settings: Mapping[str, Any]) -> Iterator[str]:
    subnets = settings["NetworkConfiguration"].get("SubnetIds") or []
    if len(set(subnets)) != 2:
        yield f"NetworkConfiguration.SubnetIds must be two different subnets, not {len(set(subnets))}."
    version = requirements.airflow_version()
    if settings["AirflowVersion"] != version:
        yield f"AirflowVersion {settings['AirflowVersion']} is not what this machine has; that is {version}."
    if settings["EnvironmentClass"] not in CLASSES:
        yield f"EnvironmentClass {settings['EnvironmentClass']} is none of {', '.join(CLASSES)}."
    yield from _count_problems(settings)
    yield from _path_problems(settings)
    for name in settings.get("AirflowConfigurationOptions") or {}:
        if not _OPTION.fullmatch(name):
            yield f"The option {name!r} is not named section.key."
        if name == BUNDLES:
            yield f"The option {name} is made of SourceBucketArn and DagS3Path."


def _count_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    lowest, highest = (1, 1) if settings["EnvironmentClass"] == MICRO else (2, 5)
    for name in ("Schedulers", "MinWebservers", "MaxWebservers"):
        if not lowest <= settings[name] <= highest:
            yield f"{name} of {settings['EnvironmentClass']} must be {lowest} to {highest}, not {settings[name]}."
    if settings["MinWebservers"] > settings["MaxWebservers"]:
        yield "MinWebservers must not be greater than MaxWebservers."
    if not settings["MinWorkers"] <= settings["MaxWorkers"] <= MOST_WORKERS:
        yield f"MinWorkers must not be greater than MaxWorkers, and that not greater than {MOST_WORKERS}."


def _path_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    for name in ("DagS3Path", "RequirementsS3Path"):
        path = settings.get(name)
        if path is None:
            continue
        segments = path.rstrip("/").split("/")
        if "://" in path or any(segment in ("", ".", "..") for segment in segments):
            yield f"{name} must be a path in the source bucket, without a slash before it, not {path!r:.200}."
    if settings.get("RequirementsS3ObjectVersion") and not settings.get("RequirementsS3Path"):
        yield "RequirementsS3ObjectVersion is of RequirementsS3Path, which is not given."


def _require_installed(s3: Any, bucket: str, path: str, version: str | None) -> None:
    where = f"s3://{bucket}/{path}"
    try:
        found = s3.get_object(Bucket=bucket, Key=path, **({"VersionId": version} if version else {}))
        body = found["Body"].read(_LARGEST_REQUIREMENTS + 1)
    except ClientError as error:
        raise errors.invalid(f"RequirementsS3Path {where} cannot be read: {_said(error)}") from None
    if len(body) > _LARGEST_REQUIREMENTS:
        raise errors.invalid(f"RequirementsS3Path {where} has more than {_LARGEST_REQUIREMENTS} bytes.")
    wrong = requirements.problems(body.decode(errors="replace"), requirements.installed())
    if wrong:
        listed = "; ".join(wrong)
        raise errors.invalid(f"RequirementsS3Path {where}: {listed}. What is installed: {requirements.LOCK.name}")


def _said(error: ClientError) -> str:
    return str(error.response["Error"].get("Message") or error)
