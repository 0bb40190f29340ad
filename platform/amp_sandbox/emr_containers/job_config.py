"""What StartJobRun says, checked and made into values.

`parse` is the whole check of a request; it raises `JobConfigError`, which the API answers as ValidationException. The
engine reads the same values back from the stored request, so nothing it cannot do ever reaches it.

**Left out**, each refused by name when the run is started: drivers other than SparkSubmit, configuration
classifications other than spark-defaults, log encryption, log rotation and managed logs. That the role exists and may
do what the job does is not asked.
https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_StartJobRun.html
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amp_sandbox.emr_containers.submit_parameters import (
    FILE_PROPERTIES,
    NETWORK_PROPERTIES,
    ParametersError,
    SubmitParameters,
)
from amp_sandbox.emr_containers.submit_parameters import parse as parse_parameters

_RELEASE = re.compile(r"emr-[67]\.\d{1,2}\.\d{1,2}-(latest|\d{8})")
_LOG_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?", re.DOTALL)
_CODE_URI = re.compile(r"(?:s3a?://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+|local:///.+)", re.DOTALL)


class JobConfigError(Exception):
    """A value that StartJobRun does not take; the message names it and the rule."""


@dataclass(frozen=True)
class S3Logs:
    """Where logs go in S3; `prefix` is empty or ends in a slash."""

    bucket: str
    prefix: str


@dataclass(frozen=True)
class CloudWatchLogs:
    """Where logs go in CloudWatch; `prefix` is empty or ends in a slash."""

    group: str
    prefix: str


@dataclass(frozen=True)
class JobConfig:
    """A job: what is run, with which properties, and where its logs go."""

    entry_point: str
    arguments: tuple[str, ...]
    parameters: SubmitParameters
    defaults: Mapping[str, str]
    event_log: bool
    s3_logs: S3Logs | None
    cloudwatch_logs: CloudWatchLogs | None


def parse(request: Mapping[str, Any]) -> JobConfig:
    """Check a StartJobRun input, or a stored one, and make it into values."""
    _require_release(request)
    driver = (request.get("jobDriver") or {}).get("sparkSubmitJobDriver")
    if not driver:
        raise JobConfigError("jobDriver: sparkSubmitJobDriver must be specified.")
    attempts = (request.get("retryPolicyConfiguration") or {}).get("maxAttempts")
    if attempts is not None and attempts < 1:
        raise JobConfigError(f"retryPolicyConfiguration: maxAttempts must be at least 1, not {attempts}.")
    try:
        parameters = parse_parameters(driver.get("sparkSubmitParameters") or "")
    except ParametersError as error:
        raise JobConfigError(str(error)) from None
    named = {"entryPoint": (driver["entryPoint"],), "--py-files": parameters.py_files, "--files": parameters.files}
    _require_uris(named | {"--jars": parameters.jars, "--archives": parameters.archives})
    overrides = request.get("configurationOverrides") or {}
    monitoring = overrides.get("monitoringConfiguration") or {}
    return JobConfig(
        entry_point=driver["entryPoint"],
        arguments=tuple(driver.get("entryPointArguments") or ()),
        parameters=parameters,
        defaults=_spark_defaults(overrides.get("applicationConfiguration") or []),
        event_log=monitoring.get("persistentAppUI") != "DISABLED",
        s3_logs=_s3_logs(monitoring.get("s3MonitoringConfiguration")),
        cloudwatch_logs=_cloudwatch_logs(monitoring.get("cloudWatchMonitoringConfiguration")),
    )


def _require_release(request: Mapping[str, Any]) -> None:
    for member in ("executionRoleArn", "releaseLabel"):
        if not request.get(member):
            raise JobConfigError(f"{member} must be specified.")
    release = request["releaseLabel"]
    if not _RELEASE.fullmatch(release):
        raise JobConfigError(
            f"releaseLabel {release!r} is not supported: it must look like emr-7.12.0-latest or emr-6.15.0-20231109."
        )


def _require_uris(named: Mapping[str, Sequence[str]]) -> None:
    for name, uris in named.items():
        for uri in uris:
            if not _CODE_URI.fullmatch(uri):
                raise JobConfigError(f"{name}: {uri!r} must be an s3:// URI of an object, or a local:/// one.")


def _spark_defaults(configurations: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for configuration in configurations:
        if configuration["classification"] != "spark-defaults" or configuration.get("configurations"):
            raise JobConfigError(
                f"applicationConfiguration: the classification {configuration['classification']!r} is not supported"
                " here; only spark-defaults, without nested configurations, is."
            )
        found |= configuration.get("properties") or {}
    for key in found:
        if not key.startswith("spark."):
            raise JobConfigError(f"applicationConfiguration: {key!r} is no Spark property.")
        if key in FILE_PROPERTIES or key.startswith(NETWORK_PROPERTIES):
            raise JobConfigError(
                f"applicationConfiguration: {key} is not supported; name files in sparkSubmitParameters."
            )
    return found


def _s3_logs(given: Mapping[str, Any] | None) -> S3Logs | None:
    if not given:
        return None
    match = _LOG_URI.fullmatch(given["logUri"])
    if not match:
        raise JobConfigError(f"s3MonitoringConfiguration: logUri {given['logUri']!r} is not of the form s3://bucket/.")
    prefix = (match[2] or "").strip("/")
    return S3Logs(match[1], f"{prefix}/" if prefix else "")


def _cloudwatch_logs(given: Mapping[str, Any] | None) -> CloudWatchLogs | None:
    if not given:
        return None
    prefix = (given.get("logStreamNamePrefix") or "").strip("/")
    return CloudWatchLogs(given["logGroupName"], f"{prefix}/" if prefix else "")
