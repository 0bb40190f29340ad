"""A sandbox whose warehouse is a cluster that CloudFormation made, with some users and a table."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from support.sandboxes import own_settings, run
from support.waiting import eventually

from amp_sandbox import aws
from amp_sandbox.settings import Settings

USER, PASSWORD = "admin", "Master-pass1"
READER_PASSWORD = "Reader-pass1"


@dataclass(frozen=True)
class Warehouse:
    """The cluster, by its sandbox's settings."""

    settings: Settings

    def client(self, service: str) -> Any:
        return aws.client(self.settings, service)

    def connect(self, user: str = USER, password: str = PASSWORD, **given: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(**self.where(user, password), **{"autocommit": True} | given)

    def where(self, user: str = USER, password: str = PASSWORD) -> dict[str, Any]:
        port = self.settings.warehouse_port
        return {"host": "127.0.0.1", "port": port, "user": user, "password": password, "dbname": "amp"}


def deploy(client: Callable[[str], Any], stack: str, **properties: Any) -> dict[str, Any]:
    """Create or update a stack that is a cluster; what is described of the stack."""
    cloudformation = client("cloudformation")
    cluster = {"Type": "AWS::Redshift::Cluster", "Properties": properties}
    address = {"Value": {"Fn::GetAtt": ["Cluster", "Endpoint.Address"]}}
    port = {"Value": {"Fn::GetAtt": ["Cluster", "Endpoint.Port"]}}
    body = json.dumps({"Resources": {"Cluster": cluster}, "Outputs": {"Address": address, "Port": port}})
    exists = any(one["StackName"] == stack for one in cloudformation.describe_stacks()["Stacks"])
    change_set = cloudformation.create_change_set(
        StackName=stack,
        ChangeSetName=f"c{time.monotonic_ns()}",
        ChangeSetType="UPDATE" if exists else "CREATE",
        TemplateBody=body,
    )["Id"]
    eventually(
        lambda: cloudformation.describe_change_set(ChangeSetName=change_set)["Status"],
        lambda status: status == "CREATE_COMPLETE",
        timeout=20,
        what="the change set",
    )
    cloudformation.execute_change_set(ChangeSetName=change_set)
    [told] = eventually(
        lambda: cloudformation.describe_stacks(StackName=stack)["Stacks"],
        lambda seen: not seen[0]["StackStatus"].endswith("_IN_PROGRESS"),
        timeout=60,
        what="the stack",
    )
    return dict(told)


PROPERTIES = {
    "ClusterIdentifier": "amp",
    "DBName": "amp",
    "NodeType": "ra3.xlplus",
    "ClusterType": "single-node",
    "MasterUsername": USER,
    "MasterUserPassword": PASSWORD,
    "Port": 5439,
    "PubliclyAccessible": "false",
}


@pytest.fixture(scope="package")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    settings = own_settings(tmp_path_factory.mktemp("warehouse") / "home")
    up = run(settings, "up", "--no-deploy")
    try:
        assert up.returncode == 0, up.stdout + up.stderr
        made = Warehouse(settings)
        told = deploy(made.client, "cluster", **PROPERTIES)
        assert told["StackStatus"] == "CREATE_COMPLETE", told
        outputs = {one["OutputKey"]: one["OutputValue"] for one in told["Outputs"]}
        assert outputs == {"Address": "127.0.0.1", "Port": str(settings.warehouse_port)}
        with made.connect() as connection:
            connection.execute("CREATE TABLE shows (id BIGINT, title VARCHAR(40), price NUMERIC(10,2), at TIMESTAMP)")
            connection.execute("INSERT INTO shows VALUES (1, 'Morning', 1.50, '2026-01-02 03:04:05')")
            connection.execute(f"CREATE USER reader PASSWORD '{READER_PASSWORD}'")
            connection.execute("CREATE GROUP readers")
        yield made
    finally:
        run(settings, "down")
