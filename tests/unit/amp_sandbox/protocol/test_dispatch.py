"""Each AWS protocol over HTTP, asked by boto3 and by hand, against small operations of the tests' own."""

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from amp_sandbox.protocol import AwsError, Context, operation, registry, wire
from amp_sandbox.standins.service import Service

# In the program, wire.py turns this warning of moto off; pytest turns it on again.
pytestmark = pytest.mark.filterwarnings("ignore:.*does not match an error shape")
ClientOf = Callable[..., Any]
SERVED = ("firehose", "glue", "emr-containers", "redshift", "redshift-data")
MADE_AT = datetime(2026, 11, 22, 10, 0, 0, 500_000, tzinfo=UTC)
CLUSTER_ARN = "arn:aws:emr-containers:us-east-1:000000000000:/virtualclusters/abc"


def context(request_id: str) -> Context:
    db = sqlite3.connect(":memory:")
    return Context(db, "us-east-1", "000000000000", request_id, lambda: 0.0, lambda _service: None)


@pytest.fixture(scope="module")
def calls() -> Iterator[list[dict[str, Any]]]:
    """The parameters of each call, in order; registers the operations, and only these."""
    caches = [wire._services_by_target_prefix, wire._services_by_signing_name]
    patch = pytest.MonkeyPatch()
    patch.setattr(registry, "_operations", {})
    for cache in caches:
        cache.cache_clear()
    calls: list[dict[str, Any]] = []

    def answers(service: str, name: str, answer: dict[str, Any] | Exception) -> None:
        @operation(service, name)
        def run(_ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
            calls.append(req)
            if isinstance(answer, Exception):
                raise answer
            return answer

    answers("glue", "GetDatabase", {"Database": {"Name": "amp_raw", "CreateTime": MADE_AT.timestamp()}})
    answers("glue", "GetTable", AwsError("EntityNotFoundException", "Table shows not found."))
    answers("glue", "GetTables", ZeroDivisionError("a bug"))
    answers("firehose", "PutRecord", AwsError("ServiceUnavailableException", "Slow down.", 503))
    answers("redshift-data", "ExecuteStatement", {"Id": "d9b6c0c9", "CreatedAt": MADE_AT.timestamp()})
    cluster = {"id": "abc", "state": "RUNNING", "createdAt": MADE_AT.timestamp()}
    answers("emr-containers", "DescribeVirtualCluster", {"virtualCluster": cluster})
    answers("emr-containers", "ListVirtualClusters", {"virtualClusters": [cluster]})
    answers("emr-containers", "CreateVirtualCluster", {"id": "abc", "name": "amp"})
    answers("emr-containers", "UntagResource", {})
    answers("emr-containers", "CancelJobRun", AwsError("ResourceNotFoundException", "No such run.", 404))
    answers("redshift", "DescribeClusters", {"Clusters": [{"ClusterIdentifier": "amp", "NumberOfNodes": 1}]})
    answers("redshift", "DeleteCluster", AwsError("ClusterNotFound", "Cluster amp not found.", 404))
    yield calls
    patch.undo()
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def seen(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parameters of each call of one test."""
    calls.clear()
    return calls


@pytest.fixture(scope="module")
def endpoint(calls: list[dict[str, Any]], serve: Callable[[Sequence[Service]], str]) -> str:
    return serve([Service(name, context) for name in SERVED])


def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    response = raised.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


def post(endpoint: str, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    response = urllib3.request("POST", endpoint, body=body, headers=headers)
    return response.status, json.loads(response.data)


def test_json(endpoint: str, client_of: ClientOf, seen: list[dict[str, Any]]) -> None:
    glue = client_of("glue", endpoint)
    answer = glue.get_database(Name="amp_raw")
    assert answer["Database"]["Name"] == "amp_raw"
    assert answer["Database"]["CreateTime"] == MADE_AT
    assert len(answer["ResponseMetadata"]["RequestId"]) == 36
    assert seen == [{"Name": "amp_raw"}]


def test_json_of_another_service(endpoint: str, client_of: ClientOf, seen: list[dict[str, Any]]) -> None:
    answer = client_of("redshift-data", endpoint).execute_statement(Sql="select 1", Database="amp")
    assert answer["Id"] == "d9b6c0c9"
    assert seen[0].items() >= {"Sql": "select 1", "Database": "amp"}.items()


def test_rest_json_path(endpoint: str, client_of: ClientOf, seen: list[dict[str, Any]]) -> None:
    answer = client_of("emr-containers", endpoint).describe_virtual_cluster(id="abc")
    assert answer["virtualCluster"] == {"id": "abc", "state": "RUNNING", "createdAt": MADE_AT}
    assert seen == [{"id": "abc"}]


def test_rest_json_query_string(endpoint: str, client_of: ClientOf, seen: list[dict[str, Any]]) -> None:
    emr = client_of("emr-containers", endpoint)
    emr.list_virtual_clusters(states=["RUNNING", "TERMINATED"], maxResults=7, createdAfter=MADE_AT)
    assert seen[0]["states"] == ["RUNNING", "TERMINATED"]
    assert seen[0]["maxResults"] == 7
    assert seen[0]["createdAfter"] == MADE_AT.replace(tzinfo=None)


def test_rest_json_body(endpoint: str, client_of: ClientOf, seen: list[dict[str, Any]]) -> None:
    provider = {"id": "amp", "type": "EKS", "info": {"eksInfo": {"namespace": "jobs"}}}
    emr = client_of("emr-containers", endpoint)
    assert emr.create_virtual_cluster(name="amp", containerProvider=provider, clientToken="t")["id"] == "abc"
    assert seen == [{"name": "amp", "containerProvider": provider, "clientToken": "t"}]


def test_rest_json_path_with_slashes(endpoint: str, client_of: ClientOf, seen: list[dict[str, Any]]) -> None:
    client_of("emr-containers", endpoint).untag_resource(resourceArn=CLUSTER_ARN, tagKeys=["a b", "c"])
    assert seen == [{"resourceArn": CLUSTER_ARN, "tagKeys": ["a b", "c"]}]


def test_query(endpoint: str, client_of: ClientOf, seen: list[dict[str, Any]]) -> None:
    redshift = client_of("redshift", endpoint)
    answer = redshift.describe_clusters(ClusterIdentifier="amp", TagKeys=["a", "b"])
    assert answer["Clusters"] == [{"ClusterIdentifier": "amp", "NumberOfNodes": 1}]
    assert len(answer["ResponseMetadata"]["RequestId"]) == 36
    assert seen == [{"ClusterIdentifier": "amp", "TagKeys": ["a", "b"]}]


def test_errors_carry_code_status_and_message(endpoint: str, client_of: ClientOf) -> None:
    glue, firehose = client_of("glue", endpoint), client_of("firehose", endpoint)
    emr, redshift = client_of("emr-containers", endpoint), client_of("redshift", endpoint)
    assert refusal(glue.get_table, DatabaseName="d", Name="shows") == (
        "EntityNotFoundException",
        400,
        "Table shows not found.",
    )
    assert refusal(firehose.put_record, DeliveryStreamName="s", Record={"Data": b""}) == (
        "ServiceUnavailableException",
        503,
        "Slow down.",
    )
    assert refusal(emr.cancel_job_run, id="j", virtualClusterId="v") == (
        "ResourceNotFoundException",
        404,
        "No such run.",
    )
    assert refusal(redshift.delete_cluster, ClusterIdentifier="amp") == (
        "ClusterNotFound",
        404,
        "Cluster amp not found.",
    )


def test_a_modelled_error_is_the_clients_exception_class(endpoint: str, client_of: ClientOf) -> None:
    glue = client_of("glue", endpoint)
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_table(DatabaseName="d", Name="shows")


def test_a_bug_is_internal_failure_with_its_traceback_logged(
    endpoint: str, client_of: ClientOf, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        code, status, message = refusal(client_of("glue", endpoint).get_tables, DatabaseName="d")
    assert (code, status) == ("InternalFailure", 500)
    assert "a bug" not in message
    (logged,) = [record for record in caplog.records if record.exc_info]
    assert "glue GetTables failed" in logged.getMessage()
    assert logged.exc_info is not None
    assert logged.exc_info[0] is ZeroDivisionError
    assert message.split("request ")[1].rstrip(".") in logged.getMessage()


@pytest.mark.parametrize(
    ("service", "call", "named"),
    [
        ("glue", "list_crawlers", "glue:ListCrawlers"),
        ("emr-containers", "list_job_templates", "emr-containers:ListJobTemplates"),
        ("redshift", "describe_tags", "redshift:DescribeTags"),
    ],
)
def test_an_operation_that_is_not_served_is_named(
    endpoint: str, client_of: ClientOf, service: str, call: str, named: str
) -> None:
    code, status, message = refusal(getattr(client_of(service, endpoint), call))
    assert (code, status) == ("NotImplemented", 501)
    assert message == f"The sandbox does not support the operation {named}."


def test_a_service_that_is_not_served_is_named(endpoint: str, client_of: ClientOf) -> None:
    for service, call, named in [
        ("athena", "list_work_groups", "athena:ListWorkGroups"),
        ("rds", "describe_db_clusters", "rds:DescribeDBClusters"),
    ]:
        code, status, message = refusal(getattr(client_of(service, endpoint), call))
        assert (code, status) == ("NotImplemented", 501)
        assert named in message


SIGNED = "AWS4-HMAC-SHA256 Credential=test/20261122/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


def test_an_operation_that_aws_does_not_have_is_named(endpoint: str) -> None:
    status, body = post(endpoint, b"{}", **{"X-Amz-Target": "AWSGlue.GetLunch"})
    assert (status, body["__type"]) == (404, "UnknownOperationException")
    assert body["Message"] == "glue has no operation for target AWSGlue.GetLunch."
    status, body = post(f"{endpoint}/lunch", b"", Authorization=SIGNED.format("emr-containers"))
    assert (status, body["Message"]) == (404, "emr-containers has no operation for POST /lunch.")


def test_a_service_that_aws_does_not_have_is_named(endpoint: str) -> None:
    status, body = post(endpoint, b"{}", Authorization=SIGNED.format("lunch"))
    assert (status, body) == (
        404,
        {"__type": "UnknownOperationException", "message": "AWS has no service lunch."},
    )


def test_a_request_of_no_service_is_refused(endpoint: str) -> None:
    status, body = post(endpoint, b"{}")
    assert (status, body["__type"]) == (403, "MissingAuthenticationTokenException")


def test_the_service_is_found_in_a_presigned_url(endpoint: str, seen: list[dict[str, Any]]) -> None:
    credential = "test%2F20261122%2Fus-east-1%2Femr-containers%2Faws4_request"
    response = urllib3.request("GET", f"{endpoint}/virtualclusters/abc?X-Amz-Credential={credential}")
    assert (response.status, seen) == (200, [{"id": "abc"}])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"DeliveryStreamName": 7, "Record": {"Data": ""}}', "DeliveryStreamName is a string, not a number"),
        (b'{"DeliveryStreamName": "s", "Record": []}', "Record is a structure, not a list"),
        (b'{"DeliveryStreamName": "s", "Record": {"Data": "not base64!"}}', "not base64"),
        (b'{"DeliveryStreamName": "s", "Record": {"Data": {}}}', "Data is a blob, not an object"),
    ],
)
def test_an_unreadable_body_is_a_serialization_error(
    endpoint: str, seen: list[dict[str, Any]], body: bytes, told: str
) -> None:
    status, answer = post(endpoint, body, **{"X-Amz-Target": "Firehose_20150804.PutRecord"})
    assert (status, answer["__type"]) == (400, "SerializationException")
    assert told in answer["Message"]
    assert not seen


def test_an_unknown_member_is_refused_by_name(endpoint: str, seen: list[dict[str, Any]]) -> None:
    body = b'{"DeliveryStreamName": "s", "Record": {"Data": "", "Deta": "x"}}'
    status, answer = post(endpoint, body, **{"X-Amz-Target": "Firehose_20150804.PutRecord"})
    assert (status, answer["__type"]) == (400, "ValidationException")
    assert answer["Message"] == "Record has no member Deta."
    assert not seen


def test_null_members_are_absent(endpoint: str, seen: list[dict[str, Any]]) -> None:
    status, _ = post(endpoint, b'{"Name": "d", "CatalogId": null}', **{"X-Amz-Target": "AWSGlue.GetDatabase"})
    assert (status, seen) == (200, [{"Name": "d"}])


def test_input_is_validated_in_every_protocol(endpoint: str, client_of: ClientOf) -> None:
    glue = client_of("glue", endpoint, validate=False)
    assert refusal(glue.get_database)[:2] == ("ValidationException", 400)
    emr = client_of("emr-containers", endpoint, validate=False)
    assert refusal(emr.create_virtual_cluster, name="amp")[:2] == ("ValidationException", 400)
    redshift = client_of("redshift", endpoint, validate=False)
    code, status, message = refusal(redshift.delete_cluster)
    assert (code, status) == ("ValidationError", 400)
    assert "Value null at 'clusterIdentifier'" in message
