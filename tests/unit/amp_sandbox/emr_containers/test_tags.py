from typing import Any

import pytest


@pytest.fixture(params=["cluster", "run"])
def arn(emr: Any, request: pytest.FixtureRequest) -> str:
    cluster = emr.cluster(tags={"a": "1"})
    arn: str = emr.client.describe_virtual_cluster(id=cluster)["virtualCluster"]["arn"]
    if request.param == "run":
        arn += "/jobruns/" + emr.run(cluster, tags={"a": "1"})
    return arn


def test_tags_are_added_replaced_and_taken_off(emr: Any, arn: str) -> None:
    emr.client.tag_resource(resourceArn=arn, tags={"a": "2", "b": "3"})
    assert emr.client.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "2", "b": "3"}
    emr.client.untag_resource(resourceArn=arn, tagKeys=["a", "none"])
    assert emr.client.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "3"}


def test_a_resource_has_fifty_tags_at_most(emr: Any, arn: str) -> None:
    code, message = emr.refusal("tag_resource", resourceArn=arn, tags={f"k{n}": "x" for n in range(50)})
    assert code == "ValidationException"
    assert "50 tags" in message
    assert emr.client.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1"}


@pytest.mark.parametrize("tail", ["unknown", "unknown/jobruns/unknown", "unknown/endpoints/unknown"])
def test_what_does_not_exist_has_no_tags(emr: Any, tail: str) -> None:
    arn = f"arn:aws:emr-containers:us-east-1:000000000000:/virtualclusters/{tail}"
    assert emr.refusal("list_tags_for_resource", resourceArn=arn)[0] == "ResourceNotFoundException"


def test_an_unknown_run_of_a_known_cluster_has_no_tags(emr: Any) -> None:
    arn = emr.client.describe_virtual_cluster(id=emr.cluster())["virtualCluster"]["arn"]
    refused = emr.refusal("untag_resource", resourceArn=f"{arn}/jobruns/unknown", tagKeys=["a"])
    assert refused[0] == "ResourceNotFoundException"
