from typing import Any

import pytest
from support.emr_fakes import start_request

from amp_sandbox.emr_containers.job_config import CloudWatchLogs, JobConfigError, S3Logs, parse


def overrides(**given: Any) -> dict[str, Any]:
    return start_request("vc", configurationOverrides=given)


def test_a_job_is_read_whole() -> None:
    driver = {
        "entryPoint": "s3://code/job.py",
        "entryPointArguments": ["--date", "2026-01-02"],
        "sparkSubmitParameters": "--conf spark.a=b",
    }
    job = parse(start_request("vc", jobDriver={"sparkSubmitJobDriver": driver}))
    assert (job.entry_point, job.arguments) == ("s3://code/job.py", ("--date", "2026-01-02"))
    assert job.parameters.conf == {"spark.a": "b"}
    assert job.event_log
    assert job.s3_logs == S3Logs("logs", "emr/")


@pytest.mark.parametrize("release", ["emr-7.12.0-latest", "emr-6.15.0-20231109", "emr-7.0.0-latest"])
def test_releases_of_emr_6_and_7_are_taken(release: str) -> None:
    parse(start_request("vc", releaseLabel=release))


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("s3://logs", S3Logs("logs", "")),
        ("s3://logs/", S3Logs("logs", "")),
        ("s3://logs/a/b", S3Logs("logs", "a/b/")),
        ("s3://logs/a/b/", S3Logs("logs", "a/b/")),
    ],
)
def test_a_log_uri_is_a_bucket_and_a_prefix(uri: str, expected: S3Logs) -> None:
    job = parse(overrides(monitoringConfiguration={"s3MonitoringConfiguration": {"logUri": uri}}))
    assert job.s3_logs == expected


def test_cloudwatch_and_the_history_server_are_as_asked_for() -> None:
    monitoring = {
        "persistentAppUI": "DISABLED",
        "cloudWatchMonitoringConfiguration": {"logGroupName": "jobs", "logStreamNamePrefix": "amp"},
    }
    job = parse(overrides(monitoringConfiguration=monitoring))
    assert not job.event_log
    assert job.cloudwatch_logs == CloudWatchLogs("jobs", "amp/")
    assert job.s3_logs is None


def test_spark_defaults_are_properties() -> None:
    given = [{"classification": "spark-defaults", "properties": {"spark.a": "b"}}]
    assert parse(overrides(applicationConfiguration=given)).defaults == {"spark.a": "b"}


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        (overrides(applicationConfiguration=[{"classification": "spark-log4j2"}]), "spark-log4j2"),
        (overrides(applicationConfiguration=[{"classification": "spark-defaults", "properties": {"a": "b"}}]), "'a'"),
        (
            overrides(
                applicationConfiguration=[
                    {"classification": "spark-defaults", "properties": {"spark.jars": "s3://code/a.jar"}}
                ]
            ),
            "spark.jars",
        ),
        (overrides(monitoringConfiguration={"s3MonitoringConfiguration": {"logUri": "file:///x"}}), "logUri"),
        (
            start_request(
                "vc",
                jobDriver={
                    "sparkSubmitJobDriver": {
                        "entryPoint": "s3://code/job.py",
                        "sparkSubmitParameters": "--py-files /etc/passwd",
                    }
                },
            ),
            "--py-files",
        ),
    ],
)
def test_what_cannot_be_done_is_named(request_: dict[str, Any], named: str) -> None:
    with pytest.raises(JobConfigError) as raised:
        parse(request_)
    assert named in str(raised.value)
