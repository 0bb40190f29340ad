from typing import Any

import pytest
from support.emr_fakes import ROLE, start_request

CODE = "ValidationException"


def test_a_new_run_is_pending_and_shown_as_it_was_asked_for(emr: Any) -> None:
    cluster = emr.cluster()
    request = start_request(cluster, tags={"team": "data"}, retryPolicyConfiguration={"maxAttempts": 2})
    started = emr.client.start_job_run(**request, clientToken="shown")
    arn = f"arn:aws:emr-containers:us-east-1:000000000000:/virtualclusters/{cluster}/jobruns/{started['id']}"
    assert (started["arn"], started["name"], started["virtualClusterId"]) == (arn, "shows", cluster)
    shown = emr.describe(cluster, started["id"])
    assert shown.pop("createdAt").timestamp() >= 1000
    assert shown == request | {
        "id": started["id"],
        "arn": arn,
        "state": "PENDING",
        "clientToken": "shown",
        "createdBy": "arn:aws:iam::000000000000:root",
        "retryPolicyExecution": {"currentAttemptCount": 1},
    }


def test_the_same_token_starts_one_run(emr: Any) -> None:
    cluster, other = emr.cluster(), emr.cluster()
    first = emr.run(cluster, clientToken="once")
    assert emr.run(cluster, clientToken="once") == first
    assert emr.run(other, clientToken="once") != first
    assert len(emr.client.list_job_runs(virtualClusterId=cluster)["jobRuns"]) == 1
    code, message = emr.refusal("start_job_run", **start_request(cluster, name="other"), clientToken="once")
    assert code == CODE
    assert "'once' was used before" in message


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"releaseLabel": "emr-5.36.0-latest"}, "releaseLabel"),
        ({"releaseLabel": "7.12"}, "releaseLabel"),
        ({"executionRoleArn": None}, "executionRoleArn"),
        ({"jobDriver": {}}, "sparkSubmitJobDriver"),
        ({"jobDriver": {"sparkSubmitJobDriver": {"entryPoint": "https://example.com/job.py"}}}, "entryPoint"),
        ({"jobDriver": {"sparkSubmitJobDriver": {"entryPoint": "s3://bucket"}}}, "entryPoint"),
        ({"retryPolicyConfiguration": {"maxAttempts": 0}}, "maxAttempts"),
    ],
)
def test_a_request_that_cannot_be_run_is_refused_by_name(emr: Any, changes: dict[str, Any], named: str) -> None:
    request = {member: value for member, value in start_request(emr.cluster(), **changes).items() if value is not None}
    code, message = emr.refusal("start_job_run", **request)
    assert code == CODE
    assert named in message


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"jobTemplateId": "abc"}, "jobTemplateId"),
        ({"jobDriver": {"sparkSqlJobDriver": {"entryPoint": "s3://code/q.sql"}}}, "sparkSqlJobDriver"),
        (
            {
                "configurationOverrides": {
                    "monitoringConfiguration": {"managedLogs": {"allowAWSToRetainLogs": "ENABLED"}}
                }
            },
            "managedLogs",
        ),
    ],
)
def test_what_is_not_supported_is_refused_by_name(emr: Any, changes: dict[str, Any], named: str) -> None:
    code, message = emr.refusal("start_job_run", **start_request(emr.cluster(), **changes))
    assert code == "NotImplemented"
    assert named in message


def test_a_run_needs_a_virtual_cluster(emr: Any) -> None:
    assert emr.refusal("start_job_run", **start_request("unknown"))[0] == "ResourceNotFoundException"


def test_an_unknown_run_is_not_found(emr: Any) -> None:
    cluster, other = emr.cluster(), emr.cluster()
    run = emr.run(other)
    for operation in ("describe_job_run", "cancel_job_run"):
        assert emr.refusal(operation, virtualClusterId=cluster, id=run) == (
            "ResourceNotFoundException",
            f"Job run {run} doesn't exist.",
        )


def test_a_cancelled_run_is_cancel_pending_until_the_engine_has_ended_it(emr: Any) -> None:
    cluster = emr.cluster()
    run = emr.run(cluster)
    for _ in range(2):
        assert emr.client.cancel_job_run(virtualClusterId=cluster, id=run)["id"] == run
    assert emr.describe(cluster, run)["state"] == "CANCEL_PENDING"


def test_runs_are_listed_page_by_page_the_newest_first(emr: Any) -> None:
    cluster = emr.cluster()
    runs = [emr.run(cluster, name=f"job-{number % 2}") for number in range(5)]
    emr.client.cancel_job_run(virtualClusterId=cluster, id=runs[4])
    paginator = emr.client.get_paginator("list_job_runs")
    pages = paginator.paginate(virtualClusterId=cluster, PaginationConfig={"PageSize": 2})
    assert [[run["id"] for run in page["jobRuns"]] for page in pages] == [runs[:2:-1], runs[2:0:-1], runs[:1]]

    def listed(**filters: Any) -> list[str]:
        return [run["id"] for run in emr.client.list_job_runs(virtualClusterId=cluster, **filters)["jobRuns"]]

    assert listed(name="job-1") == [runs[3], runs[1]]
    assert listed(states=["CANCEL_PENDING", "RUNNING"]) == [runs[4]]
    assert listed(createdAfter=emr.describe(cluster, runs[3])["createdAt"]) == [runs[4]]
    assert listed(createdBefore=emr.describe(cluster, runs[1])["createdAt"]) == [runs[0]]


@pytest.mark.parametrize("filters", [{"nextToken": "unknown"}, {"maxResults": 501}])
def test_a_list_that_cannot_be_given_is_refused(emr: Any, filters: dict[str, Any]) -> None:
    assert emr.refusal("list_job_runs", virtualClusterId=emr.cluster(), **filters)[0] == CODE


def test_a_run_without_a_name_has_none(emr: Any) -> None:
    cluster = emr.cluster()
    request = start_request(cluster)
    del request["name"]
    run = emr.client.start_job_run(**request)
    assert "name" not in run
    shown = emr.describe(cluster, run["id"])
    assert "name" not in shown
    assert shown["executionRoleArn"] == ROLE
