"""A resource's properties as the request of an API call; plain values, without LocalStack.

CloudFormation's names differ from an API's in case only, and its values may be strings where the API has a number or a
boolean. LocalStack's own conversion leaves out what the API does not know; here that is an error.

**Left out:** values that are no numbers where the API takes one: they are passed on, and the client refuses them.
"""

from collections.abc import Mapping
from typing import Any

from botocore.model import Shape


class UnknownPropertyError(ValueError):
    """A property that the API does not have."""


def as_request(properties: Mapping[str, Any], shape: Shape, path: str = "") -> dict[str, Any]:
    """The members of a request (or of a structure in it) with these properties.

    Raises UnknownPropertyError that names the property.
    """
    members = {name.lower(): name for name in shape.members}
    request = {}
    for name, value in properties.items():
        member = members.get(name.lower())
        if member is None:
            raise UnknownPropertyError(f"{path}{name} is not supported")
        request[member] = _value(value, shape.members[member], f"{path}{name}")
    return request


def _value(value: Any, shape: Shape, path: str) -> Any:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, Mapping):
        return as_request(value, shape, f"{path}.")
    if kind == "list" and isinstance(value, list):
        return [_value(one, shape.member, f"{path}.{index}") for index, one in enumerate(value)]
    if kind == "map" and isinstance(value, Mapping):
        return {key: _value(one, shape.value, f"{path}.{key}") for key, one in value.items()}
    return _scalar(value, kind)


def _scalar(value: Any, kind: str) -> Any:
    if kind == "string" and isinstance(value, bool):
        return "true" if value else "false"
    if kind == "string" and isinstance(value, int | float):
        return str(value)
    if kind in ("integer", "long") and isinstance(value, str) and value.lstrip("-").isdecimal():
        return int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value
