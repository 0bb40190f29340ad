"""The functions that configure the warehouse and rotate its passwords, as deployed."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from amp_sandbox import paths
from amp_sandbox.settings import Settings
from amp_sandbox.stack import stack_outputs
from amp_sandbox.warehouse.client import query

Client = Callable[[str], Any]


@pytest.fixture
def configure(sandbox: Settings, client: Client) -> Callable[..., list[str]]:
    """Runs `warehouse_config` and answers the statements that it told."""
    function = stack_outputs(sandbox)["WarehouseConfigFunction"]

    def run(**event: Any) -> list[str]:
        answer = client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
        told = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, told
        statements: list[str] = told["statements"]
        return statements

    return run


@pytest.fixture
def group(sandbox: Settings, client: Client) -> Iterator[str]:
    """The name of a group that was just added to the configuration."""
    name = f"g{uuid.uuid4().hex[:8]}"
    table = stack_outputs(sandbox)["WarehouseConfigurationTable"]
    key = {"kind": {"S": "group"}, "name": {"S": name}}
    client("dynamodb").put_item(TableName=table, Item=key)
    yield name
    client("dynamodb").delete_item(TableName=table, Key=key)
    if name in groups(sandbox):
        rows(sandbox, None, f"DROP GROUP {name}")


def rows(settings: Settings, user: str | None, sql: str) -> list[tuple[Any, ...]]:
    """What a user is answered; the master user unless told."""
    [answer] = query(settings, user, sql)
    return list(answer.rows)


def groups(settings: Settings) -> set[str]:
    return {name for (name,) in rows(settings, None, "SELECT groname FROM pg_group")}


def logon(settings: Settings, password: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host="127.0.0.1",
        port=settings.warehouse_port,
        dbname="amp",
        user="analyst",
        password=password,
        sslmode="verify-full",
        sslrootcert=str(paths.warehouse_certificate(settings.home)),
        autocommit=True,
    )


def test_a_deployed_warehouse_is_configured(sandbox: Settings) -> None:
    assert groups(sandbox) >= {"analysts", "builders"}
    members = (
        "SELECT groname, usename FROM pg_group, pg_user WHERE pg_user.usesysid = ANY(pg_group.grolist) ORDER BY 1, 2"
    )
    assert rows(sandbox, None, members) == [("analysts", "analyst"), ("builders", "etl")]
    external = "SELECT schemaname, databasename FROM svv_external_schemas ORDER BY 1"
    assert rows(sandbox, None, external) == [("lake", "amp_transformed"), ("lake_raw", "amp_raw")]
    assert rows(sandbox, "analyst", "SELECT current_user, has_schema_privilege('marts', 'usage')") == [
        ("analyst", True)
    ]
    assert rows(sandbox, "analyst", "SELECT has_schema_privilege('lake_raw', 'usage')") == [(False,)]


def test_a_second_run_changes_nothing(configure: Callable[..., list[str]]) -> None:
    assert configure() == []


def test_a_dry_run_tells_what_a_run_then_does(
    sandbox: Settings, configure: Callable[..., list[str]], group: str
) -> None:
    assert configure(dry_run=True) == [f'CREATE GROUP "{group}"']
    assert group not in groups(sandbox)
    assert configure() == [f'CREATE GROUP "{group}"']
    assert group in groups(sandbox)
    assert configure() == []


def test_a_rotated_password_replaces_the_one_before_and_sessions_survive(sandbox: Settings, client: Client) -> None:
    secrets, secret = client("secretsmanager"), f"amp/{sandbox.stage}/warehouse/analyst"

    def password() -> str:
        kept: str = json.loads(secrets.get_secret_value(SecretId=secret)["SecretString"])["password"]
        return kept

    before = password()
    with logon(sandbox, before) as session:
        secrets.rotate_secret(SecretId=secret)
        assert password() != before
        assert session.execute("SELECT current_user").fetchone() == ("analyst",)
    with logon(sandbox, password()) as session:
        assert session.execute("SELECT current_user").fetchone() == ("analyst",)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        logon(sandbox, before)
