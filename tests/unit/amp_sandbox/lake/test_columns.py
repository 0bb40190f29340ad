import importlib.util
import json
from typing import Any

from amp_sandbox import paths
from amp_sandbox.lake import columns


def flattener() -> Any:
    spec = importlib.util.spec_from_file_location("flattener", paths.SERVICES / "show_flattener" / "columns.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_show_catalog_has_the_columns_that_the_flattener_writes() -> None:
    kinds = {bool: "BOOLEAN", int: "BIGINT", list: "VARCHAR[]"}
    written = flattener().COLUMNS
    assert [*written, "dt"] == list(columns.SHOW_CATALOG)
    for name, kind in written.items():
        text = "TIMESTAMP" if name.endswith("_at") else "VARCHAR"
        assert columns.SHOW_CATALOG[name] == kinds.get(kind, text), name


def test_app_events_have_a_column_for_every_member_of_every_contract() -> None:
    found = columns.app_events()
    for path in columns.SCHEMAS.glob("*.json"):
        if path.name == "common.json":
            continue
        members = json.loads(path.read_bytes())["properties"]
        expected = {name for name in members if name not in ("device", "properties")} | set(
            members["properties"]["properties"]
        )
        assert expected <= found.keys(), path.name


def test_the_columns_of_app_events_have_the_types_of_their_contracts() -> None:
    found = columns.app_events()
    expected = {
        "event_id": "VARCHAR",
        "event_type": "VARCHAR",
        "event_time": "TIMESTAMP",
        "schema_version": "BIGINT",  # const 1
        "session_id": "VARCHAR",  # a string or null
        "device_platform": "VARCHAR",  # an enum, of two definitions
        "is_live": "BOOLEAN",
        "position_seconds": "BIGINT",
        "reply_to": "VARCHAR",  # an id or null
        "dt": "DATE",
    }
    assert {name: found[name] for name in expected} == expected
    assert list(found)[:3] == ["event_id", "event_type", "event_time"]
    assert list(found)[-1] == "dt"
