"""What the tests of Firehose share: a bucket, a transform function, and delivery streams that go with their test."""

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support import refusals
from support.delivery_streams import DeliveryStreams, Lake, delivery_streams

Client = Callable[[str], Any]
Refusal = Callable[..., tuple[str, str]]
FUNCTION = Path(__file__).with_name("transform_function.py")
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture(scope="session")
def lake(client: Client) -> Iterator[Lake]:
    """The bucket that all deliver to, each delivery stream below its own name."""
    lake = Lake(client)
    yield lake
    lake.close()


@pytest.fixture
def streams(lake: Lake) -> Iterator[DeliveryStreams]:
    """Delivery streams of one test."""
    with delivery_streams(lake) as streams:
        yield streams


@pytest.fixture(scope="module")
def shared_streams(lake: Lake) -> Iterator[DeliveryStreams]:
    """Delivery streams of one module."""
    with delivery_streams(lake) as streams:
        yield streams


@pytest.fixture(scope="session")
def function_arn(client: Client) -> Iterator[str]:
    """The function of `transform_function.py`, which may take one second."""
    lambda_, iam = client("lambda"), client("iam")
    name = f"transform-{uuid.uuid4().hex[:8]}"
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.write(FUNCTION, "app.py")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]["Arn"]
    created = lambda_.create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.11",
        Handler="app.lambda_handler",
        Timeout=1,
        Code={"ZipFile": package.getvalue()},
    )
    lambda_.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    yield created["FunctionArn"]
    lambda_.delete_function(FunctionName=name)
    iam.delete_role(RoleName=name)


@pytest.fixture(scope="session")
def refusal(client: Client) -> Refusal:
    """Makes a request of Firehose that is refused, and answers the error's code and message."""

    return partial(refusals.refusal, client("firehose"))
