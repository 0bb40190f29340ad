"""The contracts themselves: complete, closed, and readable for validators other than ours."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource

import event_contracts

FOLDER = Path(event_contracts.__file__).parent / "schemas"
COMMON = json.loads((FOLDER / "common.json").read_text())
SAMPLES = Path(__file__).parents[3] / "seed_data" / "samples" / "app_events.ndjson"

# The families of events that the platform carries, each with the events that belong to it.
FAMILIES = {
    "follows": ["follow_created", "follow_removed"],
    "notifications": ["notification_creator", "notification_friend", "notification_show"],
    "activity updates": ["activity_update"],
    "interactions with live shows": ["call_in_requested", "chat_message", "co_host_joined", "poll_voted"],
    "live activity": ["like_sent", "listener_count"],
    "playback": ["playback_heartbeat", "playback_started", "playback_stopped"],
    "clickstream": ["button_clicked", "screen_viewed", "search_performed", "session_ended", "session_started"],
    "promotions": ["promotion_clicked", "promotion_shown"],
}


def nodes(node: Any, path: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every part of a schema that describes a value, but for the conditions, which only narrow what is described."""
    yield path, node
    for group in ("properties", "definitions"):
        for name, part in node.get(group, {}).items():
            yield from nodes(part, f"{path}/{group}/{name}")
    for group in ("anyOf", "allOf"):
        for number, part in enumerate(node.get(group, [])):
            yield from nodes(part, f"{path}/{group}/{number}")


ALL_NODES = [
    (f"{name}{path}", node)
    for name, document in [
        ("common", COMMON),
        *((event_type, event_contracts.schema(event_type)) for event_type in event_contracts.EVENT_TYPES),
    ]
    for path, node in nodes(document)
]


def test_every_family_of_events_has_its_contracts():
    assert sorted(event_type for family in FAMILIES.values() for event_type in family) == list(
        event_contracts.EVENT_TYPES
    )


@pytest.mark.parametrize("event_type", event_contracts.EVENT_TYPES)
def test_a_contract_names_itself(event_type):
    contract = event_contracts.schema(event_type)
    assert contract["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert contract["$id"] == f"https://contracts.amp.example/app-events/v1/{event_type}.json"
    assert contract["title"]
    assert contract["description"]
    assert contract["properties"]["event_type"]["const"] == event_type


@pytest.mark.parametrize("event_type", event_contracts.EVENT_TYPES)
def test_all_events_share_one_envelope(event_type):
    contract = event_contracts.schema(event_type)
    assert list(contract["properties"]) == [
        "event_id", "event_type", "event_time", "schema_version", "user_id", "session_id", "device", "properties",
    ]  # fmt: skip


def test_objects_are_closed_and_require_everything():
    for path, node in ALL_NODES:
        if node.get("type") == "object":
            assert node["additionalProperties"] is False, path
            assert sorted(node["required"]) == sorted(node["properties"]), path


def test_strings_are_bounded():
    """By a pattern without open ends, or by a length together with the format that keeps text readable."""
    for path, node in ALL_NODES:
        if node.get("type") == "string" and "pattern" in node:
            assert re.fullmatch(r"\^.*\$", node["pattern"]), path
            outside_classes = re.sub(r"\[[^]]*]", "", node["pattern"])
            assert not set("*+") & set(outside_classes), path
        elif node.get("type") == "string":
            assert {"maxLength", "minLength"} <= node.keys(), path
            assert node["format"] == "clean-text", path


def test_numbers_are_whole_and_have_a_range():
    """JSON Schema's `number` would let NaN through, as NaN is neither below the minimum nor above the maximum."""
    for path, node in ALL_NODES:
        assert node.get("type") != "number", path
        if node.get("type") == "integer":
            assert {"minimum", "maximum"} <= node.keys(), path


def test_everything_is_described():
    for path, node in ALL_NODES:
        speaks_for_itself = {"$ref", "description", "properties"} & node.keys() or node == {"type": "null"}
        assert speaks_for_itself, path


def test_references_stay_in_the_folder():
    for path, node in ALL_NODES:
        document, _, definition = node.get("$ref", "common.json#/definitions/device").partition("#/definitions/")
        assert document == "common.json", path
        assert definition in COMMON["definitions"], path


def test_properties_can_be_columns_next_to_one_another():
    """Flattened, all types share one table: a name means one type of value, and hides no member of the envelope."""
    kinds: dict[str, str] = {}
    for event_type in event_contracts.EVENT_TYPES:
        contract = event_contracts.schema(event_type)["properties"]
        for name, node in contract["properties"]["properties"].items():
            assert name not in contract, event_type
            assert not name.startswith("device_"), event_type
            kind = node.get("type", "string")  # enums, ids and what may be null are strings
            assert kinds.setdefault(name, kind) == kind, f"{event_type}: {name}"


def test_every_shared_definition_is_used():
    used = {node["$ref"].rpartition("/")[2] for _, node in ALL_NODES if "$ref" in node}
    assert used == set(COMMON["definitions"])


def test_schema_returns_a_copy():
    event_contracts.schema("like_sent")["properties"].clear()
    assert event_contracts.schema("like_sent")["properties"]


def test_schema_refuses_what_has_no_contract():
    for name in ("common", "screen_licked", "../event_contracts"):
        with pytest.raises(KeyError):
            event_contracts.schema(name)


@pytest.mark.parametrize("line", SAMPLES.read_text().splitlines(), ids=lambda line: json.loads(line)["event_type"])
def test_another_validator_reads_the_contracts_the_same_way(line):
    """jsonschema is the reference implementation for Python; it knows nothing of our formats."""
    event = json.loads(line)
    contract = event_contracts.schema(event["event_type"])
    Draft7Validator.check_schema(contract)
    registry: Registry[Any] = Registry().with_resource(COMMON["$id"], Resource.from_contents(COMMON))
    validator = Draft7Validator(contract, registry=registry)
    assert validator.is_valid(event)
    for name in event["properties"]:
        assert not validator.is_valid({**event, "properties": {**event["properties"], name: {}}})
