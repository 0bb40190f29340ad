"""moto's request parsers, made strict where they guess.

moto's JSON parsers take a list where a string should be, skip members they do not know and read invalid
base64 as something. AWS answers SerializationException to the first and the last. It ignores
unknown members; the sandbox refuses them, because a misspelt option, or one newer than our models, would
vanish in silence.

**Left out:** unknown parameters of the query and XML protocols are ignored, as on AWS.
"""

import base64
import binascii
import json
from functools import cache
from typing import Any

from moto.core.parse import PROTOCOL_PARSERS, JSONParser, RestJSONParser

from amp_sandbox.protocol.errors import AwsError

_NUMBER = (int, float, str)  # the strings are NaN and the infinities
_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": _NUMBER,
    "double": _NUMBER,
    "timestamp": _NUMBER,
}


def serialization_error(message: str) -> AwsError:
    """AWS's answer to a request whose body it cannot read."""
    return AwsError("SerializationException", message)


def parser_for(protocol: str, operation_model: Any) -> Any:
    """The parser of one operation's requests in ``protocol``."""
    return _PARSERS[protocol](operation_model, blob_parser=_read_blob)


class _StrictJson:
    """Overrides of moto's BaseJSONParser; stands before it in the classes below."""

    def _parse_body_as_json(self, body: bytes) -> Any:
        if not body:
            return {}
        try:
            parsed = json.loads(body)
        except ValueError as error:
            raise serialization_error(f"The request body is not JSON: {error}") from error
        if not isinstance(parsed, dict):
            raise serialization_error("The request body is not a JSON object.")
        return parsed

    def _parse_shape(self, shape: Any, value: Any) -> Any:
        if "location" not in shape.serialization and not getattr(shape, "is_document_type", False):
            _require_json_type(shape, value)
        return super()._parse_shape(shape, value)  # type: ignore[misc]


class _StrictJSONParser(_StrictJson, JSONParser):
    pass


class _StrictRestJSONParser(_StrictJson, RestJSONParser):
    pass


_PARSERS = PROTOCOL_PARSERS | {"json": _StrictJSONParser, "rest-json": _StrictRestJSONParser}


def _require_json_type(shape: Any, value: Any) -> None:
    allowed = _JSON_TYPES.get(shape.type_name)
    if allowed is None:
        return
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        raise serialization_error(f"{shape.name} is a {shape.type_name}, not {_json_name(value)}.")
    if isinstance(value, dict) and shape.type_name == "structure":
        unknown = value.keys() - _json_members(shape)
        if unknown:
            raise AwsError("ValidationException", f"{shape.name} has no member {', '.join(sorted(unknown))}.")


@cache
def _json_members(shape: Any) -> frozenset[str]:
    return frozenset(member.serialization.get("name", name) for name, member in shape.members.items())


def _json_name(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _read_blob(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise serialization_error(f"A blob is not base64: {error}") from error
