"""What the jobs take for the columns of raw is what the contracts and the functions before raw say."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from support.raw_lake import SERVICES, function

from amp_spark.catalog_columns import CHANGES, CREATORS, USERS
from amp_spark.columns import Column
from amp_spark.event_columns import ALL, EVENTS

SCHEMAS = SERVICES / "event_contracts/event_contracts/schemas"
COMMON = json.loads((SCHEMAS / "common.json").read_text())["definitions"]
TYPES = sorted(path.stem for path in SCHEMAS.glob("*.json") if path.stem != "common")


def parts(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """A schema and all that it refers to or combines."""
    found = [schema]
    if "$ref" in schema:
        found += parts(COMMON[schema["$ref"].rsplit("/", 1)[1]])
    for inner in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        found += parts(inner)
    return found


def column(name: str, schema: dict[str, Any], required: bool) -> Column:
    """The column of a member of a contract."""
    said = parts(schema)
    values = [one["const"] for one in said if "const" in one] + [v for one in said for v in one.get("enum", ())]
    kinds = {one["type"] for one in said if "type" in one} | {
        {str: "string", int: "integer"}[type(value)] for value in values
    }
    nullable = "null" in kinds
    [kind] = kinds - {"null"} or {"string"}
    if any(one.get("format") == "date-time" for one in said):
        kind = "timestamp"
    kind = {"integer": "int"}.get(kind, kind)
    return Column(name, kind, required=required and not nullable)  # type: ignore[arg-type]


def contract_columns(event_type: str) -> set[Column]:
    contract = json.loads((SCHEMAS / f"{event_type}.json").read_text())
    found = set()
    for name, schema in contract["properties"].items():
        if name in ("device", "properties"):
            inner = parts(schema)[-1]
            prefix = "device_" if name == "device" else ""
            found |= {column(prefix + one, its, one in inner["required"]) for one, its in inner["properties"].items()}
        else:
            found.add(column(name, schema, name in contract["required"]))
    return found


def test_every_contract_has_a_table() -> None:
    assert sorted(EVENTS) == TYPES


@pytest.mark.parametrize("event_type", TYPES)
def test_a_tables_columns_are_those_of_the_contract(event_type: str) -> None:
    assert set(EVENTS[event_type]) == contract_columns(event_type)
    assert len(EVENTS[event_type]) == len(contract_columns(event_type))


def test_a_column_has_the_same_type_in_every_table() -> None:
    kinds = {one.name: one.kind for one in ALL}
    assert [one for columns in EVENTS.values() for one in columns if kinds[one.name] != one.kind] == []


def test_whole_numbers_of_the_contracts_fit_their_columns() -> None:
    largest = [
        one["maximum"]
        for event_type in TYPES
        for schema in json.loads((SCHEMAS / f"{event_type}.json").read_text())["properties"]["properties"][
            "properties"
        ].values()
        for one in parts(schema)
        if one.get("type") == "integer"
    ]
    assert max(largest) < 2**31


def test_changes_have_the_columns_of_the_flattener() -> None:
    columns = function("show_flattener", "columns")
    kinds = {"string": str, "timestamp": str, "boolean": bool, "strings": list, "int": int, "bigint": int}
    assert {one.name: kinds[one.kind] for one in CHANGES} == dict(columns.COLUMNS)
    assert {one.name for one in CHANGES if one.required} == set(columns.REQUIRED)


@pytest.mark.parametrize(("kind", "columns"), [("creator", CREATORS), ("user", USERS)])
def test_snapshots_have_the_members_that_the_catalogue_exports(kind: str, columns: tuple[Column, ...]) -> None:
    assert {one.name for one in columns} == exported_members(kind)


def exported_members(kind: str) -> set[str]:
    """The names in EXPORTED, read from the source: its module needs a library that is not here."""
    tree = ast.parse(Path(SERVICES / "catalog_api/models.py").read_text())
    [exported] = [
        node.value for node in tree.body if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "EXPORTED"
    ]
    assert isinstance(exported, ast.Dict)
    values = {ast.literal_eval(key): value for key, value in zip(exported.keys, exported.values, strict=True) if key}
    return {node.value for node in ast.walk(values[kind]) if isinstance(node, ast.Constant) and node.value is not True}
