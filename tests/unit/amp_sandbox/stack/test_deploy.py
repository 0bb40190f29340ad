"""Deployments to a CloudFormation and an S3 of a few lines, which keep what was done to them."""

import importlib
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings
from amp_sandbox.stack import Change, deploy
from amp_sandbox.stack.package import Package
from amp_sandbox.stack.template import CodeResource

# Not by `import`: the package's own attribute of that name is the function.
module = importlib.import_module("amp_sandbox.stack.deploy")

SETTINGS = Settings()
ADDED = {"Action": "Add", "LogicalResourceId": "Queue", "ResourceType": "AWS::SQS::Queue"}
CHANGED = {"Action": "Modify", "LogicalResourceId": "Ingest", "ResourceType": "AWS::Lambda::Function"}


def refused(operation: str, message: str, code: str = "ValidationError") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class FakeS3:
    """One bucket."""

    class exceptions:  # noqa: N801 - as boto3 calls it
        class BucketAlreadyOwnedByYou(Exception):  # noqa: N818
            pass

    def __init__(self) -> None:
        self.bucket: dict[str, Any] | None = None
        self.objects: dict[str, bytes] = {}
        self.put: list[str] = []

    def create_bucket(self, **request: Any) -> None:
        if self.bucket is not None:
            raise self.exceptions.BucketAlreadyOwnedByYou
        self.bucket = request

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_objects_v2"
        # A page for each object, and one without any.
        pages = [*({"Contents": [{"Key": key, "ETag": "etag"}]} for key in self.objects), {}]
        return SimpleNamespace(paginate=lambda Bucket: iter(pages))  # noqa: N803

    def put_object(self, **request: Any) -> None:
        assert self.bucket is not None
        assert request["Bucket"] == SETTINGS.artifacts_bucket
        self.objects[request["Key"]] = request["Body"]
        self.put.append(request["Key"])


class FakeCloudFormation:
    """One stack. `status` is None before the stack is there; `outcomes` are the states after each execution."""

    def __init__(self, s3: FakeS3) -> None:
        self._s3 = s3
        self.status: str | None = None
        self.resources: list[str] = []
        self.refuses: str | None = None
        self.change_set: list[dict[str, Any]] = [{"Status": "CREATE_COMPLETE", "Changes": [ADDED, CHANGED]}]
        self.outcomes: list[str | None] = ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]
        self.deletion: list[str | None] = ["DELETE_IN_PROGRESS", None]
        self.events: list[dict[str, str]] = []
        self.new_events: list[dict[str, str]] = []
        self.made: dict[str, Any] = {}
        self.calls: list[str] = []
        self._coming: list[str | None] = []

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        assert StackName == SETTINGS.stack_name
        if self._coming:
            self.status = self._coming.pop(0)
        if self.status is None:
            raise refused("DescribeStacks", f"Stack with id {StackName} does not exist")
        output = {"OutputKey": "Topic", "OutputValue": "arn:topic"}
        return {"Stacks": [{"StackStatus": self.status, "Outputs": [output]}]}

    def list_stack_resources(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        assert StackName == SETTINGS.stack_name
        return {"StackResourceSummaries": [{"LogicalResourceId": name} for name in self.resources]}

    def delete_stack(self, StackName: str) -> None:  # noqa: N803
        assert StackName == SETTINGS.stack_name
        self.calls.append("delete_stack")
        self._coming = list(self.deletion)

    def create_change_set(self, **request: Any) -> dict[str, str]:
        if self.refuses:
            raise refused("CreateChangeSet", self.refuses)
        self.calls.append(f"create_change_set {request['ChangeSetType']}")
        self.made = request
        self.status = self.status or "REVIEW_IN_PROGRESS"  # as the stack is there from its first change set on
        return {"Id": "arn:change-set"}

    def describe_change_set(self, ChangeSetName: str) -> dict[str, Any]:  # noqa: N803
        assert ChangeSetName == "arn:change-set"
        seen = self.change_set.pop(0) if len(self.change_set) > 1 else self.change_set[0]
        return {**seen, "Changes": [{"ResourceChange": change} for change in seen.get("Changes", [])]}

    def delete_change_set(self, ChangeSetName: str) -> None:  # noqa: N803
        assert ChangeSetName == "arn:change-set"
        self.calls.append("delete_change_set")

    def execute_change_set(self, ChangeSetName: str) -> None:  # noqa: N803
        assert ChangeSetName == "arn:change-set"
        self.calls.append("execute_change_set")
        self._coming = list(self.outcomes)
        self.events = [*reversed(self.new_events), *self.events]  # the newest first, as CloudFormation answers

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        if self.status is None:
            raise refused("DescribeStackEvents", f"Stack [{StackName}] does not exist")
        return {"StackEvents": list(self.events)}

    def template(self) -> dict[str, Any]:
        """What the change set was made of."""
        start = f"{SETTINGS.localstack_url}/{SETTINGS.artifacts_bucket}/"
        assert self.made["TemplateURL"].startswith(start)
        template: dict[str, Any] = json.loads(self._s3.objects[self.made["TemplateURL"].removeprefix(start)])
        return template


def event(number: int, resource: str, status: str, reason: str = "") -> dict[str, str]:
    told = {"ResourceStatusReason": reason} if reason else {}
    kind = "AWS::SQS::Queue"
    return {
        "EventId": str(number),
        "LogicalResourceId": resource,
        "ResourceType": kind,
        "ResourceStatus": status,
    } | told


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def cloudformation(s3: FakeS3) -> FakeCloudFormation:
    return FakeCloudFormation(s3)


@pytest.fixture(autouse=True)
def sandbox(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, s3: FakeS3, cloudformation: FakeCloudFormation
) -> Iterator[None]:
    """A small template with one function, whose package is its file; and time that passes by being waited."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("first")
    (tmp_path / "template.yaml").write_text(
        "Parameters: {Stage: {Type: String}, CatalogApiUrl: {Type: String}, BufferSeconds: {Type: Number}}\n"
        "Resources:\n"
        "  Ingest: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: code}}\n"
        "  Queue: {Type: 'AWS::SQS::Queue'}\n"
    )
    (tmp_path / "local.toml").write_text("[default.deploy.parameters]\nparameter_overrides = []\n")

    def built(code: CodeResource) -> Package:
        body = (code.source / "app.py").read_bytes()
        return Package(code.logical_id, body, f"{code.logical_id}/{body.decode()}.zip")

    clients = {"s3": s3, "cloudformation": cloudformation}
    clock = itertools.count()
    monkeypatch.setattr(module, "paths", SimpleNamespace(TEMPLATE=tmp_path / "template.yaml", PARAMETERS=tmp_path))
    monkeypatch.setattr(module, "build", built)
    monkeypatch.setattr(module.warehouse, "configure", lambda *_: ())  # as has this
    monkeypatch.setattr(module.spark_code, "upload", lambda _settings, present: len(present))  # has its own tests
    monkeypatch.setattr(module.airflow_code, "upload", lambda _settings, present: len(present))
    monkeypatch.setattr(module, "aws", SimpleNamespace(client=lambda _settings, service: clients[service]))
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(clock), sleep=lambda _seconds: None))
    return


@pytest.fixture
def code(tmp_path: Path) -> Path:
    return tmp_path / "code" / "app.py"


@pytest.mark.parametrize(
    ("status", "resources", "calls"),
    [
        (None, [], ["CREATE"]),
        ("DELETE_COMPLETE", [], ["CREATE"]),
        ("CREATE_COMPLETE", ["Queue"], ["UPDATE"]),
        ("UPDATE_COMPLETE", ["Queue"], ["UPDATE"]),
        ("UPDATE_ROLLBACK_COMPLETE", ["Queue"], ["UPDATE"]),
        ("REVIEW_IN_PROGRESS", [], ["CREATE"]),
        ("REVIEW_IN_PROGRESS", ["Queue"], ["UPDATE"]),
        ("ROLLBACK_COMPLETE", [], ["delete_stack", "CREATE"]),
        ("CREATE_FAILED", ["Queue"], ["delete_stack", "CREATE"]),
    ],
)
def test_a_stack_is_made_or_updated_by_what_it_is(
    cloudformation: FakeCloudFormation, status: str | None, resources: list[str], calls: list[str]
) -> None:
    cloudformation.status, cloudformation.resources = status, resources
    deployment = deploy(SETTINGS)
    done = [call.removeprefix("create_change_set ") for call in cloudformation.calls]
    assert done == [*calls, "execute_change_set"]
    assert deployment.changes == (
        Change("Add", "Queue", "AWS::SQS::Queue"),
        Change("Modify", "Ingest", "AWS::Lambda::Function"),
    )
    assert (deployment.stack_name, deployment.outputs) == (SETTINGS.stack_name, {"Topic": "arn:topic"})


def test_a_failed_stack_that_is_not_deleted_in_time_is_an_error(cloudformation: FakeCloudFormation) -> None:
    cloudformation.status, cloudformation.deletion = "ROLLBACK_FAILED", ["DELETE_IN_PROGRESS"]
    with pytest.raises(SandboxError, match="Waited 180 s for the failed stack of an earlier deployment to be deleted"):
        deploy(SETTINGS)
    assert cloudformation.calls == ["delete_stack"]


@pytest.mark.parametrize(
    "change_set",
    [
        {
            "Status": "FAILED",
            "StatusReason": "The submitted information didn't contain changes. "
            "Submit different information to create a change set.",
        },
        {"Status": "FAILED", "StatusReason": "No updates are to be performed."},
        {"Status": "CREATE_COMPLETE", "Changes": []},
    ],
)
def test_when_nothing_changed_nothing_is_touched(
    cloudformation: FakeCloudFormation, change_set: dict[str, Any]
) -> None:
    cloudformation.status, cloudformation.change_set = "CREATE_COMPLETE", [change_set]
    assert deploy(SETTINGS).changes == ()
    assert cloudformation.calls == ["create_change_set UPDATE", "delete_change_set"]


def test_a_change_set_is_waited_for(cloudformation: FakeCloudFormation) -> None:
    cloudformation.status = "CREATE_COMPLETE"
    pending = [{"Status": "CREATE_PENDING"}, {"Status": "CREATE_IN_PROGRESS"}]
    cloudformation.change_set = [*pending, *cloudformation.change_set]
    assert len(deploy(SETTINGS).changes) == 2


def test_the_template_goes_by_url_with_its_code_and_parameters(cloudformation: FakeCloudFormation, s3: FakeS3) -> None:
    cloudformation.status = "CREATE_COMPLETE"
    deploy(SETTINGS)
    uri = f"s3://{SETTINGS.artifacts_bucket}/Ingest/first.zip"
    assert cloudformation.template()["Resources"]["Ingest"]["Properties"]["CodeUri"] == uri
    assert s3.objects["Ingest/first.zip"] == b"first"
    values = {one["ParameterKey"]: one["ParameterValue"] for one in cloudformation.made["Parameters"]}
    assert values == {
        "Stage": SETTINGS.stage,
        "CatalogApiUrl": SETTINGS.catalog_api_url,
        "BufferSeconds": str(SETTINGS.buffer_seconds),
    }


def test_a_parameter_that_the_template_does_not_have_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "local.toml").write_text('[default.deploy.parameters]\nparameter_overrides = ["Stagee=x"]\n')
    with pytest.raises(SandboxError, match="has no parameter Stagee"):
        deploy(SETTINGS)


def test_only_new_packages_are_uploaded(cloudformation: FakeCloudFormation, s3: FakeS3, code: Path) -> None:
    cloudformation.status = "CREATE_COMPLETE"
    uploads = []
    for text in ("first", "first", "second", "first"):
        code.write_text(text)
        s3.put.clear()
        deploy(SETTINGS)
        uploads.append([key for key in s3.put if not key.startswith("templates/")])
    assert uploads == [["Ingest/first.zip"], [], ["Ingest/second.zip"], []]


@pytest.mark.parametrize(
    ("region", "configuration"),
    [("us-east-1", {}), ("eu-west-1", {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}})],
)
def test_the_bucket_of_artifacts_is_made_in_the_region(
    cloudformation: FakeCloudFormation, s3: FakeS3, region: str, configuration: dict[str, Any]
) -> None:
    cloudformation.status = "CREATE_COMPLETE"
    deploy(Settings(region=region))
    assert s3.bucket == {"Bucket": SETTINGS.artifacts_bucket, **configuration}


def test_a_refused_template_is_an_error_in_cloudformations_words(cloudformation: FakeCloudFormation) -> None:
    cloudformation.refuses = "Template format error: Unresolved resource dependencies [Topic]"
    with pytest.raises(SandboxError) as failure:
        deploy(SETTINGS)
    assert failure.value.what == "CloudFormation refuses the template."
    assert failure.value.why == cloudformation.refuses
    assert cloudformation.calls == []


@pytest.mark.parametrize(
    ("change_set", "reason"),
    [
        ({"Status": "FAILED", "StatusReason": "Transform failed: Ingest"}, "Transform failed: Ingest"),
        ({"Status": "FAILED"}, "no reason given"),
    ],
)
def test_a_failed_change_set_is_an_error_with_its_reason(
    cloudformation: FakeCloudFormation, change_set: dict[str, Any], reason: str
) -> None:
    cloudformation.status, cloudformation.change_set = "CREATE_COMPLETE", [change_set]
    with pytest.raises(SandboxError) as failure:
        deploy(SETTINGS)
    assert (failure.value.what, failure.value.why) == ("CloudFormation could not make a change set.", reason)
    assert "execute_change_set" not in cloudformation.calls


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "ROLLBACK_COMPLETE"])
def test_a_failed_deployment_names_its_own_resources_in_the_order_they_failed(
    cloudformation: FakeCloudFormation, status: str
) -> None:
    cloudformation.status = "CREATE_COMPLETE"
    cloudformation.events = [event(1, "Old", "CREATE_FAILED", "of an earlier deployment")]
    cloudformation.new_events = [
        event(2, "Queue", "UPDATE_FAILED", "the name is taken"),
        event(3, "Topic", "CREATE_FAILED"),
        event(4, "Queue", "UPDATE_COMPLETE"),
        event(5, "Bucket", "UPDATE_IN_PROGRESS", "only told of"),
    ]
    cloudformation.outcomes = ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", status]
    with pytest.raises(SandboxError) as failure:
        deploy(SETTINGS)
    assert failure.value.what == f"The stack {SETTINGS.stack_name} is {status}."
    assert failure.value.why == "Queue (AWS::SQS::Queue): the name is taken\nTopic (AWS::SQS::Queue): no reason"


@pytest.mark.parametrize("outcome", ["UPDATE_ROLLBACK_COMPLETE", "DELETE_COMPLETE", None])
def test_a_failure_that_no_resource_explains_is_an_error_too(
    cloudformation: FakeCloudFormation, outcome: str | None
) -> None:
    """Also when the stack is gone, as somebody deleted it."""
    cloudformation.status, cloudformation.outcomes = "CREATE_COMPLETE", ["UPDATE_IN_PROGRESS", outcome]
    with pytest.raises(SandboxError) as failure:
        deploy(SETTINGS)
    assert failure.value.what == f"The stack {SETTINGS.stack_name} is {outcome or 'DELETE_COMPLETE'}."
    assert failure.value.why == "no resource names a reason"


def stuck_change_set(cloudformation: FakeCloudFormation) -> None:
    cloudformation.change_set = [{"Status": "CREATE_IN_PROGRESS"}]


def stuck_stack(cloudformation: FakeCloudFormation) -> None:
    cloudformation.outcomes = ["UPDATE_IN_PROGRESS"]


@pytest.mark.parametrize(
    ("stick", "what"),
    [(stuck_change_set, "the change set to be made"), (stuck_stack, "stack amp-local to be deployed")],
)
def test_what_takes_too_long_is_an_error_that_says_what(
    cloudformation: FakeCloudFormation, stick: Callable[[FakeCloudFormation], None], what: str
) -> None:
    cloudformation.status = "CREATE_COMPLETE"
    stick(cloudformation)
    with pytest.raises(SandboxError) as failure:
        deploy(SETTINGS)
    assert failure.value.what == f"Waited {module.DEADLINE_SECONDS} s for {what}."
    assert failure.value.hint == "See: sandbox logs localstack"


def test_an_error_other_than_a_missing_stack_is_not_taken_for_one(
    cloudformation: FakeCloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(StackName: str) -> None:  # noqa: N803
        raise refused("DescribeStacks", "no", code="AccessDenied")

    monkeypatch.setattr(cloudformation, "describe_stacks", denied)
    with pytest.raises(ClientError, match="AccessDenied"):
        deploy(SETTINGS)
    assert cloudformation.calls == []
