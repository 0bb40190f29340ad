"""Firehose's API in a server of the tests' own, with an AWS that has what a test says; and pipelines run by hand."""

import sqlite3
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from support.firehose_fakes import Bench, Made, definition
from support.refusals import refusal
from support.waiting import eventually

from amp_sandbox.firehose import lifecycle, store, views
from amp_sandbox.firehose.service import NAME
from amp_sandbox.protocol import Context
from amp_sandbox.standins.engine import Engine
from amp_sandbox.standins.service import Service, one_per_thread

ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/delivery"
SOURCE = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/app-events"


class FakeAws:
    """As much of Kinesis, IAM and Glue as Firehose asks when it makes a stream, and an engine's facts."""

    def __init__(self) -> None:
        self.streams = {SOURCE}
        self.roles = {"delivery"}
        self.tables = {"lake.events": "string", "lake.odd": "uniontype<int,string>"}  # the types of their one column
        self.down = False
        self.on_its_way: dict[str, dict[str, Any]] = {}

    def __call__(self, _service: str) -> "FakeAws":
        return self

    def describe_stream_summary(self, *, StreamARN: str) -> dict[str, Any]:  # noqa: N803
        return self._found(StreamARN in self.streams, "ResourceNotFoundException")

    def get_role(self, *, RoleName: str) -> dict[str, Any]:  # noqa: N803
        return self._found(RoleName in self.roles, "NoSuchEntity")

    def get_table(self, *, DatabaseName: str, Name: str) -> dict[str, Any]:  # noqa: N803
        table = f"{DatabaseName}.{Name}"
        self._found(table in self.tables, "EntityNotFoundException")
        return {"Table": {"StorageDescriptor": {"Columns": [{"Name": "n", "Type": self.tables[table]}]}}}

    def _found(self, found: bool, code: str) -> dict[str, Any]:
        if self.down:
            raise ClientError({"Error": {"Code": "InternalError"}}, "Any")
        if not found:
            raise ClientError({"Error": {"Code": code}}, "Any")
        return {}


class Api(NamedTuple):
    """A served Firehose: its boto3 client (`raw` sends invalid requests too), address, store and AWS."""

    client: Any
    raw: Any
    endpoint: str
    db: sqlite3.Connection
    aws: FakeAws

    def create(self, **changes: Any) -> str:
        """Make a delivery stream, of a new name unless told, and wait until it is no longer CREATING."""
        request = {"DeliveryStreamName": f"stream-{uuid.uuid4().hex[:8]}"} | settings() | changes
        name: str = request["DeliveryStreamName"]
        self.client.create_delivery_stream(**request)
        eventually(lambda: self.describe(name)["DeliveryStreamStatus"], lambda s: s != "CREATING", timeout=5)
        return name

    def describe(self, name: str) -> dict[str, Any]:
        """DescribeDeliveryStream's description."""
        answer = self.client.describe_delivery_stream(DeliveryStreamName=name)
        described: dict[str, Any] = answer["DeliveryStreamDescription"]
        return described

    def refusal(self, operation: str, **request: Any) -> tuple[str, str]:
        """The error code and message that a request is answered with."""
        return refusal(self.raw, operation, **request)


def settings(**destination: Any) -> dict[str, Any]:
    """The smallest configuration of a DirectPut stream, with changes to its destination."""
    plain = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::lake"}
    return {"ExtendedS3DestinationConfiguration": plain | destination}


@pytest.fixture(scope="session")
def destination() -> Callable[..., dict[str, Any]]:
    return settings


@pytest.fixture(scope="session")
def from_kinesis() -> dict[str, Any]:
    """What makes a stream read from Kinesis."""
    return {
        "DeliveryStreamType": "KinesisStreamAsSource",
        "KinesisStreamSourceConfiguration": {"KinesisStreamARN": SOURCE, "RoleARN": ROLE},
    }


@pytest.fixture(scope="module")
def firehose(
    serve: Callable[[Sequence[Service]], str],
    client_of: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Api:
    file: Path = tmp_path_factory.mktemp("firehose") / "firehose.sqlite"
    connection, aws = one_per_thread(lambda: store.connect(file)), FakeAws()

    def context(request_id: str) -> Context:
        return Context(connection(), "us-east-1", ACCOUNT, request_id, time.time, aws)

    def settle() -> None:
        lifecycle.settle_created(connection(), aws, time.time)

    pages = views.stream_views(lambda name: aws.on_its_way.get(name))
    endpoint = serve([Service(NAME, context, [Engine("lifecycle", settle, 0.005)], pages)])
    raw = client_of("firehose", endpoint, validate=False)
    return Api(client_of("firehose", endpoint), raw, endpoint, store.connect(file), aws)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    def make(**options: Any) -> Bench:
        bench = Bench(tmp_path / "store.sqlite")
        bench.create(definition(**options))
        return bench

    return make
