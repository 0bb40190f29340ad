import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.fake_redshift import ENDPOINT, FakeRedshift, FakeWarehouse

LAYER = Path(__file__).parents[4] / "services" / "warehouse_client"
ENVIRONMENT = ENDPOINT | {
    "CONFIGURATION_TABLE": "configuration",
    "SECRET_PREFIX": "amp/test/warehouse/",
    "WAREHOUSE_ROLE": "arn:aws:iam::000000000000:role/warehouse",
}
ITEMS = [
    {"kind": "group", "name": "analysts"},
    {"kind": "user", "name": "etl", "groups": []},
    {"kind": "user", "name": "analyst", "groups": ["analysts"]},
    {"kind": "schema", "name": "marts", "owner": "etl"},
    {"kind": "external_schema", "name": "lake", "glue_database": "amp_transformed"},
    {
        "kind": "grant",
        "name": "analysts_marts",
        "group": "analysts",
        "schema": "marts",
        "on_schema": ["usage"],
        "on_tables": ["select"],
    },
    {
        "kind": "grant",
        "name": "analysts_lake",
        "group": "analysts",
        "schema": "lake",
        "on_schema": ["usage"],
        "on_tables": [],
    },
]


class FakeTable:
    """A DynamoDB table that answers two items a page."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self.items = items

    def scan(self, TableName: str, ConsistentRead: bool, ExclusiveStartKey: int = 0) -> dict[str, Any]:  # noqa: N803
        assert (TableName, ConsistentRead) == ("configuration", True)
        end = ExclusiveStartKey + 2
        page = {"Items": [_attributes(item) for item in self.items[ExclusiveStartKey:end]]}
        return page | ({"LastEvaluatedKey": end} if end < len(self.items) else {})


class FakeSecrets:
    """Secrets whose password is that of the user in their name."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        self.asked.append(SecretId)
        user = SecretId.rpartition("/")[2]
        return {"SecretString": json.dumps({"username": user, "password": f"Secret1-{user}"})}


def _attributes(item: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {"L": [{"S": one} for one in value]} if isinstance(value, list) else {"S": value}
        for name, value in item.items()
    }


@pytest.fixture
def warehouse() -> FakeWarehouse:
    return FakeWarehouse(answers={"pg_user": [("awsuser",)]})


@pytest.fixture
def items() -> list[dict[str, Any]]:
    return [dict(item) for item in ITEMS]


@pytest.fixture
def function(
    load_function: Callable[..., SimpleNamespace],
    warehouse: FakeWarehouse,
    items: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[SimpleNamespace]:
    """The function's modules, with a warehouse, a table and secrets behind its clients."""
    monkeypatch.setitem(sys.modules, "redshift_connector", warehouse)
    loaded = load_function("warehouse_config", ENVIRONMENT, layers=(LAYER,))
    monkeypatch.setattr(loaded.app, "dynamodb", FakeTable(items))
    monkeypatch.setattr(loaded.app, "redshift", FakeRedshift(warehouse))
    monkeypatch.setattr(loaded.app, "secretsmanager", FakeSecrets())
    yield loaded
    for name in [name for name in sys.modules if name.partition(".")[0] == "warehouse_client"]:
        del sys.modules[name]
