"""The configuration put into a DynamoDB of a few lines."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amp_sandbox import aws
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings
from amp_sandbox.stack.warehouse import configure

OUTPUTS = {"WarehouseConfigurationTable": "configuration", "WarehouseConfigFunction": "warehouse-config-local"}
ANALYSTS = {"kind": "group", "name": "analysts"}
ANALYST = {"kind": "user", "name": "analyst", "groups": ["analysts"]}


class FakeAws:
    """A table and a function."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.puts = 0
        self.answer: dict[str, Any] = {"statements": ['CREATE GROUP "analysts"']}
        self.error: dict[str, str] = {}

    def get_paginator(self, name: str) -> "FakeAws":
        assert name == "scan"
        return self

    def paginate(self, TableName: str, ConsistentRead: bool) -> Iterator[dict[str, Any]]:  # noqa: N803
        assert (TableName, ConsistentRead) == ("configuration", True)
        yield from ({"Items": [item]} for item in list(self.items.values()))

    def put_item(self, TableName: str, Item: dict[str, Any]) -> None:  # noqa: N803
        self.puts += 1
        self.items[Item["kind"]["S"], Item["name"]["S"]] = Item

    def delete_item(self, TableName: str, Key: dict[str, Any]) -> None:  # noqa: N803
        del self.items[Key["kind"]["S"], Key["name"]["S"]]

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert (FunctionName, Payload) == ("warehouse-config-local", b"{}")
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode()), **self.error}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    made = FakeAws()
    monkeypatch.setattr(aws, "client", lambda _settings, _service: made)
    return made


def written(folder: Path, *items: Any) -> Path:
    (folder / "warehouse.json").write_text(json.dumps(items))
    return folder


def test_the_table_becomes_what_the_file_says(fake: FakeAws, tmp_path: Path) -> None:
    statements = configure(Settings(), OUTPUTS, written(tmp_path, ANALYSTS, ANALYST))
    assert statements == ('CREATE GROUP "analysts"',)
    assert fake.items["user", "analyst"] == {
        "kind": {"S": "user"},
        "name": {"S": "analyst"},
        "groups": {"L": [{"S": "analysts"}]},
    }
    configure(Settings(), OUTPUTS, written(tmp_path, ANALYSTS, ANALYST | {"groups": []}))
    assert fake.puts == 3  # two, and the one that was changed
    configure(Settings(), OUTPUTS, written(tmp_path, ANALYSTS))
    assert list(fake.items) == [("group", "analysts")]


def test_a_function_that_fails_says_why(fake: FakeAws, tmp_path: Path) -> None:
    fake.error = {"FunctionError": "Unhandled"}
    fake.answer = {"errorType": "ConfigurationError", "errorMessage": "the item group x: unknown: colour"}
    with pytest.raises(SandboxError) as failed:
        configure(Settings(), OUTPUTS, written(tmp_path, ANALYSTS))
    assert failed.value.why == "ConfigurationError: the item group x: unknown: colour"
    assert "sandbox logs lambda/warehouse-config" in (failed.value.hint or "")


@pytest.mark.parametrize(("items", "named"), [([{"kind": "group"}], "kind and name"), ([ANALYSTS, ANALYSTS], "two")])
def test_a_file_that_is_no_configuration_is_named(fake: FakeAws, tmp_path: Path, items: Any, named: str) -> None:
    with pytest.raises(SandboxError, match=named):
        configure(Settings(), OUTPUTS, written(tmp_path, *items))
