"""Redshift's APIs in a server of the tests' own, over a warehouse in a folder of its own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from botocore.exceptions import ClientError

from amp_sandbox.redshift import store as clusters_store
from amp_sandbox.redshift.service import OPERATION_MODULES as _CLUSTERS
from amp_sandbox.redshift_data import store as statements_store
from amp_sandbox.redshift_data.runner import Runner
from amp_sandbox.redshift_data.service import OPERATION_MODULES as _STATEMENTS
from amp_sandbox.standins.service import Service, one_per_thread
from amp_sandbox.warehouse.context import WarehouseContext
from amp_sandbox.warehouse.engine import Options
from amp_sandbox.warehouse.host import Host

assert _CLUSTERS
assert _STATEMENTS
ACCOUNT = "000000000000"
PASSWORD = "Master-pass1"


class FakeSecrets:
    """The part of Secrets Manager that the operations use."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def create_secret(self, Name: str, SecretString: str) -> dict[str, str]:  # noqa: N803
        arn = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{Name}"
        self.texts[arn] = SecretString
        return {"ARN": arn}

    def put_secret_value(self, SecretId: str, SecretString: str) -> None:  # noqa: N803
        self.texts[SecretId] = SecretString

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        if SecretId not in self.texts:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no such secret"}}, "Get")
        return {"SecretString": self.texts[SecretId]}

    def delete_secret(self, SecretId: str, ForceDeleteWithoutRecovery: bool) -> None:  # noqa: N803
        del self.texts[SecretId]

    def keep(self, **values: str) -> str:
        """A secret with these members."""
        return self.create_secret(f"s{len(self.texts)}", json.dumps(values))["ARN"]


@dataclass
class Clock:
    """A time that stands still until it is moved."""

    at: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Apis:
    """The warehouse, what serves its APIs, and their fakes."""

    host: Host
    runner: Runner
    services: list[Service]
    clock: Clock
    secrets: FakeSecrets = field(default_factory=FakeSecrets)

    def connect(self, user: str, password: str, **given: Any) -> psycopg.Connection[Any]:
        """A client of the wire."""
        return psycopg.connect(
            host="127.0.0.1", port=self.host.port, user=user, password=password, dbname="amp", autocommit=True, **given
        )


@contextmanager
def redshift_apis(folder: Path) -> Iterator[Apis]:
    """The services, to be served; the host runs while they are."""
    from datetime import UTC, datetime

    clock, secrets = Clock(), FakeSecrets()
    host = Host(Options(folder=folder / "database"), 0, now=lambda: datetime.fromtimestamp(clock(), UTC))
    clusters = one_per_thread(lambda: clusters_store.connect(folder / "redshift.sqlite"))
    statements = one_per_thread(lambda: statements_store.connect(folder / "redshift-data.sqlite"))
    runner = Runner(host, statements, clock)
    host.cluster_names = lambda: {cluster.name for cluster in clusters_store.list_clusters(clusters())}

    def context(connection: Any) -> Any:
        return lambda request_id: WarehouseContext(
            connection(), "us-east-1", ACCOUNT, request_id, clock, lambda _: secrets, host, runner
        )

    services = [
        Service("redshift", context(clusters), engines=[host]),
        Service("redshift-data", context(statements), engines=[runner]),
    ]
    yield Apis(host, runner, services, clock, secrets)
