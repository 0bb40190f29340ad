"""EMR on EKS's API in a server of the tests' own, and a scheduler whose cluster, drivers and S3 are as a test says."""

import itertools
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support.emr_fakes import Bench, start_request
from support.refusals import refusal

from amp_sandbox.emr_containers import job_runs, store, tags, virtual_clusters
from amp_sandbox.protocol import Context
from amp_sandbox.standins.service import Service, one_per_thread

ACCOUNT = "000000000000"
OPERATIONS = (virtual_clusters, job_runs, tags)


class Api(NamedTuple):
    """A served EMR on EKS whose runs nobody runs; each look at the clock is a second after the one before."""

    client: Any

    def cluster(self, **given: Any) -> str:
        """A new virtual cluster's id, in a namespace of its own."""
        namespace = f"n-{uuid.uuid4().hex[:8]}"
        provider = {"id": "eks", "type": "EKS", "info": {"eksInfo": {"namespace": namespace}}}
        made: str = self.client.create_virtual_cluster(**{"name": "spark", "containerProvider": provider} | given)["id"]
        return made

    def run(self, cluster: str, **given: Any) -> str:
        """A new run's id."""
        started: str = self.client.start_job_run(**start_request(cluster) | given)["id"]
        return started

    def describe(self, cluster: str, run: str) -> dict[str, Any]:
        """DescribeJobRun's answer."""
        described: dict[str, Any] = self.client.describe_job_run(virtualClusterId=cluster, id=run)["jobRun"]
        return described

    def refusal(self, operation: str, **request: Any) -> tuple[str, str]:
        """The error code and message that a request is answered with."""
        return refusal(self.client, operation, **request)


@pytest.fixture(scope="module")
def emr(
    serve: Callable[[Sequence[Service]], str],
    client_of: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Api:
    file = tmp_path_factory.mktemp("emr") / "emr.sqlite"
    connection, clock = one_per_thread(lambda: store.connect(file)), itertools.count(1000)

    def context(request_id: str) -> Context:
        return Context(connection(), "us-east-1", ACCOUNT, request_id, lambda: float(next(clock)), lambda _: None)

    return Api(client_of("emr-containers", serve([Service("emr-containers", context)])))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
