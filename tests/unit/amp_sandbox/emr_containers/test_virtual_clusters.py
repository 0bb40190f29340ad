from typing import Any

CODE = "ValidationException"


def provider(namespace: str, eks: str = "eks") -> dict[str, Any]:
    return {"id": eks, "type": "EKS", "info": {"eksInfo": {"namespace": namespace}}}


def test_a_new_virtual_cluster_runs_and_is_shown(emr: Any) -> None:
    made = emr.client.create_virtual_cluster(name="amp", containerProvider=provider("shown"), tags={"team": "data"})
    assert made["name"] == "amp"
    assert made["arn"] == f"arn:aws:emr-containers:us-east-1:000000000000:/virtualclusters/{made['id']}"
    shown = emr.client.describe_virtual_cluster(id=made["id"])["virtualCluster"]
    assert shown.pop("createdAt").timestamp() >= 1000
    assert shown == {
        "id": made["id"],
        "name": "amp",
        "arn": made["arn"],
        "state": "RUNNING",
        "containerProvider": provider("shown"),
        "tags": {"team": "data"},
    }


def test_the_same_token_answers_the_same_virtual_cluster(emr: Any) -> None:
    request = {"name": "amp", "containerProvider": provider("token"), "clientToken": "one"}
    first = emr.client.create_virtual_cluster(**request)
    assert emr.client.create_virtual_cluster(**request)["id"] == first["id"]
    code, message = emr.refusal("create_virtual_cluster", **request | {"name": "other"})
    assert code == CODE
    assert "used before" in message


def test_a_namespace_belongs_to_one_virtual_cluster(emr: Any) -> None:
    first = emr.client.create_virtual_cluster(name="amp", containerProvider=provider("taken"))
    code, message = emr.refusal("create_virtual_cluster", name="amp", containerProvider=provider("taken"))
    assert code == CODE
    assert "already exists in the given namespace" in message
    emr.client.create_virtual_cluster(name="amp", containerProvider=provider("taken", eks="other"))
    emr.client.delete_virtual_cluster(id=first["id"])
    emr.client.create_virtual_cluster(name="amp", containerProvider=provider("taken"))


def test_one_that_is_deleted_terminates_and_takes_no_runs(emr: Any) -> None:
    cluster = emr.cluster()
    assert emr.client.delete_virtual_cluster(id=cluster)["id"] == cluster
    assert emr.client.describe_virtual_cluster(id=cluster)["virtualCluster"]["state"] == "TERMINATING"
    code, message = emr.refusal(
        "start_job_run",
        virtualClusterId=cluster,
        executionRoleArn="arn:aws:iam::000000000000:role/spark-job",
        releaseLabel="emr-7.12.0-latest",
        jobDriver={"sparkSubmitJobDriver": {"entryPoint": "s3://code/job.py"}},
    )
    assert (code, message) == (CODE, f"Virtual cluster {cluster} is TERMINATING, not RUNNING.")


def test_an_unknown_one_is_not_found(emr: Any) -> None:
    for operation in ("describe_virtual_cluster", "delete_virtual_cluster"):
        assert emr.refusal(operation, id="unknown") == (
            "ResourceNotFoundException",
            "Virtual cluster unknown doesn't exist.",
        )


def test_they_are_listed_page_by_page_the_newest_first(emr: Any) -> None:
    made = [emr.cluster(containerProvider=provider(f"page-{n}", eks="paged")) for n in range(5)]
    emr.client.delete_virtual_cluster(id=made[0])
    pages = emr.client.get_paginator("list_virtual_clusters").paginate(
        containerProviderId="paged", states=["RUNNING"], PaginationConfig={"PageSize": 3}
    )
    assert [[one["id"] for one in page["virtualClusters"]] for page in pages] == [made[:1:-1], [made[1]]]


def test_they_are_listed_by_when_they_were_made(emr: Any) -> None:
    first, second, third = (emr.cluster(containerProvider=provider(f"time-{n}", eks="timed")) for n in range(3))
    made = {
        one: emr.client.describe_virtual_cluster(id=one)["virtualCluster"]["createdAt"]
        for one in (first, second, third)
    }
    listed = emr.client.list_virtual_clusters(
        containerProviderId="timed", createdAfter=made[first], createdBefore=made[third]
    )
    assert [one["id"] for one in listed["virtualClusters"]] == [second]


def test_what_is_not_supported_is_refused_by_name(emr: Any) -> None:
    code, message = emr.refusal(
        "create_virtual_cluster",
        name="x",
        containerProvider=provider("x"),
        schedulerConfiguration={"maxConcurrentJobRuns": 1},
    )
    assert code == "NotImplemented"
    assert "schedulerConfiguration" in message
    assert (
        "CreateJobTemplate"
        in emr.refusal(
            "create_job_template",
            name="x",
            jobTemplateData={
                "executionRoleArn": "arn:aws:iam::000000000000:role/x",
                "releaseLabel": "x",
                "jobDriver": {},
            },
        )[1]
    )
