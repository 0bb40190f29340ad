from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.redshift_apis import PASSWORD, Apis, redshift_apis
from support.refusals import refusal

from amp_sandbox.standins.service import Service


class Redshift:
    """A served Redshift."""

    def __init__(self, client: Any, apis: Apis) -> None:
        self.client, self.apis = client, apis

    def make(self, name: str = "amp", **given: Any) -> dict[str, Any]:
        """A new cluster."""
        asked = {"DBName": "amp", "NodeType": "ra3.xlplus", "MasterUsername": "admin", "MasterUserPassword": PASSWORD}
        made: dict[str, Any] = self.client.create_cluster(ClusterIdentifier=name, **asked | given)["Cluster"]
        return made

    def refusal(self, operation: str, **request: Any) -> tuple[str, str]:
        """The error code and message that a request is answered with."""
        return refusal(self.client, operation, **request)


@pytest.fixture(scope="module")
def served(
    serve: Callable[[Sequence[Service]], str],
    client_of: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Redshift]:
    folder: Path = tmp_path_factory.mktemp("redshift")
    with redshift_apis(folder) as apis:
        yield Redshift(client_of("redshift", serve(apis.services)), apis)


@pytest.fixture
def redshift(served: Redshift) -> Iterator[Redshift]:
    """Without a cluster, before and after."""
    yield served
    for cluster in served.client.describe_clusters()["Clusters"]:
        served.client.delete_cluster(ClusterIdentifier=cluster["ClusterIdentifier"], SkipFinalClusterSnapshot=True)
