"""MWAA's API in a server of the tests' own, on an Airflow and an S3 that do what a test says."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from support.airflow_fakes import FakeAirflow, FakeS3, create_request
from support.refusals import refusal

from amp_sandbox.mwaa import engine, environments, rest_api, store, tags
from amp_sandbox.mwaa.context import AirflowContext
from amp_sandbox.mwaa.shapes import environment_arn
from amp_sandbox.standins.service import Service, one_per_thread

ACCOUNT = "000000000000"
OPERATIONS = (environments, rest_api, tags)


@dataclass
class Api:
    """A served MWAA; each look at the clock is a second after the one before."""

    client: Any
    tick: Callable[[], None]
    airflow: FakeAirflow = field(default_factory=FakeAirflow)
    s3: FakeS3 = field(default_factory=FakeS3)

    def make(self, **given: Any) -> str:
        """A new environment that is available; its ARN."""
        arn: str = self.client.create_environment(**create_request(**given))["Arn"]
        self.tick()
        return arn

    def get(self, name: str = "amp") -> dict[str, Any]:
        """GetEnvironment's answer."""
        environment: dict[str, Any] = self.client.get_environment(Name=name)["Environment"]
        return environment

    def refusal(self, operation: str, **request: Any) -> tuple[str, str]:
        """The error code and message that a request is answered with."""
        return refusal(self.client, operation, **request)


@pytest.fixture(scope="module")
def served(
    serve: Callable[[Sequence[Service]], str],
    client_of: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Api:
    file = tmp_path_factory.mktemp("mwaa") / "mwaa.sqlite"
    connection, clock = one_per_thread(lambda: store.connect(file)), itertools.count(1000)
    api = Api(None, lambda: None)

    def now() -> float:
        return float(next(clock))

    def context(request_id: str) -> AirflowContext:
        return AirflowContext(
            connection(), "us-east-1", ACCOUNT, request_id, now, {"s3": api.s3}.__getitem__, api.airflow
        )

    def tick() -> None:
        engine.tick(connection, api.airflow, now, partial(environment_arn, context("engine")))

    api.tick = tick
    api.client = client_of("mwaa", serve([Service("mwaa", context)]), validate=False)
    return api


@pytest.fixture
def mwaa(served: Api) -> Iterator[Api]:
    """With no environment, and an Airflow and an S3 of the test's own."""
    served.airflow, served.s3 = FakeAirflow(), FakeS3()
    yield served
    served.airflow = FakeAirflow()
    for name in served.client.list_environments()["Environments"]:
        served.client.delete_environment(Name=name)
    served.tick()
