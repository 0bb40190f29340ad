"""The contracts of the app's events, and the check that an event keeps its own.

One JSON Schema (draft-07) per event type lies in `schemas/`; `common.json` holds the parts they share. fastjsonschema
compiles them to Python when this package is imported, which for a Lambda function is its cold start (about 0.15 s).

**Left out:** any check that the ids exist or that the event time is plausible: the contract is about form only. An
integer may be written `3.0`, as JSON Schema allows. Defaults are never filled in: an event is passed on as it came, or
refused.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

import fastjsonschema

_LONGEST_MESSAGE = 500


class ContractError(ValueError):
    """An event that breaks its contract; the message names the path and the rule, not the offending value."""


def validate(event: object) -> None:
    """Return if the event keeps the contract of its `event_type`; raise ContractError if it does not."""
    if not isinstance(event, dict):
        raise ContractError(f"event must be an object, not {type(event).__name__}")
    event_type = event.get("event_type")
    if not isinstance(event_type, str):
        raise ContractError("event.event_type must be string")
    check = _CHECKS.get(event_type)
    if check is None:
        raise ContractError(f"event.event_type {event_type[:64]!r} has no contract")
    try:
        check(event, name_prefix="event")
    except fastjsonschema.JsonSchemaValueException as error:
        raise ContractError(error.message[:_LONGEST_MESSAGE]) from None


def schema(event_type: str) -> dict[str, Any]:
    """Return a copy of the contract of one event type; KeyError if there is none."""
    return deepcopy(_SCHEMAS[event_type])


def _is_moment(value: str) -> bool:
    """Refuse what the pattern lets through, such as 30 February."""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_clean_text(value: str) -> bool:
    """Refuse what JSON can hold and readers of the lake cannot: NUL and halves of surrogate pairs."""
    if "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _referenced(uri: str) -> dict[str, Any]:
    """Answer `$ref`s from the folder. Nothing is ever fetched: the addresses are names."""
    if uri != _COMMON["$id"]:
        raise fastjsonschema.JsonSchemaDefinitionException(f"a contract may refer to common.json only, not {uri}")
    return deepcopy(_COMMON)


def _compile(contract: dict[str, Any]) -> Callable[..., object]:
    check: Callable[..., object] = fastjsonschema.compile(
        deepcopy(contract),  # the compiler rewrites references in place
        handlers={"https": _referenced},
        formats={"date-time": _is_moment, "clean-text": _is_clean_text},
        use_default=False,
    )
    return check


_SCHEMAS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_bytes()) for path in sorted((Path(__file__).parent / "schemas").glob("*.json"))
}
_COMMON = _SCHEMAS.pop("common")
_CHECKS = {event_type: _compile(contract) for event_type, contract in _SCHEMAS.items()}

EVENT_TYPES: tuple[str, ...] = tuple(_SCHEMAS)
"""Every event type that has a contract, in alphabetical order."""
