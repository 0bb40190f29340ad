"""The columns of the lake's tables, with their types in DuckDB.

Those of `app_events` follow from the event contracts: the members every event has, those of `device` with the prefix
`device_`, and the properties of every type of event. Those of `show_catalog` are what the flattener writes, which has
no schema of its own to read; a test compares the two.

Times are TIMESTAMP, in UTC. Ids are VARCHAR.

**Left out:** columns that are only in the data; `views` adds those it finds in the newest objects.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from amp_sandbox import paths

SCHEMAS = paths.SERVICES / "event_contracts" / "event_contracts" / "schemas"

SHOW_CATALOG: Mapping[str, str] = {
    "change_id": "VARCHAR",
    "change_type": "VARCHAR",
    "changed_at": "TIMESTAMP",
    "ingested_at": "TIMESTAMP",
    "show_id": "VARCHAR",
    "title": "VARCHAR",
    "description": "VARCHAR",
    "status": "VARCHAR",
    "creator_id": "VARCHAR",
    "creator_display_name": "VARCHAR",
    "creator_verified": "BOOLEAN",
    "category": "VARCHAR",
    "tags": "VARCHAR[]",
    "language": "VARCHAR",
    "schedule_starts_at": "TIMESTAMP",
    "schedule_ends_at": "TIMESTAMP",
    "schedule_timezone": "VARCHAR",
    "schedule_recurrence": "VARCHAR",
    "promotion_id": "VARCHAR",
    "promotion_kind": "VARCHAR",
    "promotion_starts_at": "TIMESTAMP",
    "promotion_ends_at": "TIMESTAMP",
    "settings_chat_enabled": "BOOLEAN",
    "settings_polls_enabled": "BOOLEAN",
    "settings_max_co_hosts": "BIGINT",
    "artwork_url": "VARCHAR",
    "updated_at": "TIMESTAMP",
    "version": "BIGINT",
    "dt": "DATE",
}

_TYPES = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "object": "JSON"}


@cache
def app_events() -> Mapping[str, str]:
    """The columns of app events, from the contracts: the common ones first, then the properties by name."""
    common: dict[str, str] = {}
    properties: dict[str, str] = {}
    for path in sorted(SCHEMAS.glob("*.json")):
        if path.name == "common.json":
            continue
        members = json.loads(path.read_bytes())["properties"]
        for name, schema in members.items():
            if name == "device":
                for part, kind in _members(schema):
                    common[f"device_{part}"] = kind
            elif name == "properties":
                for part, kind in _members(schema):
                    properties[part] = _both(properties.get(part, kind), kind)
            else:
                common[name] = _both(common.get(name, _type(schema)), _type(schema))
    return {**common, **dict(sorted(properties.items())), "dt": "DATE"}


def _members(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, member in _resolved(schema)["properties"].items():
        yield name, _type(member)


def _type(schema: Mapping[str, Any]) -> str:
    schema = _resolved(schema)
    if "anyOf" in schema:
        kinds = [_type(one) for one in schema["anyOf"] if _resolved(one).get("type") != "null"]
        return kinds[0] if len(set(kinds)) == 1 else "VARCHAR"
    if schema.get("format") == "date-time":
        return "TIMESTAMP"
    if schema.get("type") == "array":
        return _type(schema["items"]) + "[]"
    constants = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if constants and all(type(one) is int for one in constants):
        return "BIGINT"
    return _TYPES.get(schema.get("type", "string"), "VARCHAR")


def _both(one: str, other: str) -> str:
    """A type that holds the values of both."""
    if one == other:
        return one
    return "DOUBLE" if {one, other} == {"BIGINT", "DOUBLE"} else "VARCHAR"


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    definition = schema["$ref"].rpartition("/")[2]
    return _resolved(_definitions()[definition])


@cache
def _definitions() -> Mapping[str, Any]:
    definitions: Mapping[str, Any] = json.loads((SCHEMAS / "common.json").read_bytes())["definitions"]
    return definitions
