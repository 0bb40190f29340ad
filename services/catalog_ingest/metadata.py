"""What of a show may enter the lake.

An allow-list: a field that the catalogue adds stays out until somebody lists it here. Internal notes, contract terms
and e-mail addresses are not listed. A listed field is checked to be as plain as it is agreed to be, so that nothing can
ride along inside it.

**Left out:** types and lengths; `show_flattener` checks the types of its columns.
"""

from collections.abc import Mapping
from typing import Any

from rejected import Rejected

_VALUE = "value"  # a string, number, boolean or null
_VALUES = "values"  # an array of those

ALLOWED: Mapping[str, Any] = {
    "show_id": _VALUE,
    "title": _VALUE,
    "description": _VALUE,
    "status": _VALUE,
    "creator": {"creator_id": _VALUE, "display_name": _VALUE, "verified": _VALUE},
    "category": _VALUE,
    "tags": _VALUES,
    "language": _VALUE,
    "schedule": {"starts_at": _VALUE, "ends_at": _VALUE, "timezone": _VALUE, "recurrence": _VALUE},
    "promotion": {"promotion_id": _VALUE, "kind": _VALUE, "starts_at": _VALUE, "ends_at": _VALUE},
    "settings": {"chat_enabled": _VALUE, "polls_enabled": _VALUE, "max_co_hosts": _VALUE},
    "artwork_url": _VALUE,
    "updated_at": _VALUE,
    "version": _VALUE,
}


def allowed_metadata(show: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the show is allowed; raise Rejected if an allowed field is not of the agreed shape."""
    return _allowed(show, ALLOWED, "show")


def _allowed(part: Mapping[str, Any], allowed: Mapping[str, Any], path: str) -> dict[str, Any]:
    return {name: _checked(part[name], shape, f"{path}.{name}") for name, shape in allowed.items() if name in part}


def _checked(value: Any, shape: Any, path: str) -> Any:
    if value is None:
        return None
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            raise Rejected("bad_metadata", f"{path} must be an object or null")
        return _allowed(value, shape, path)
    if shape == _VALUES:
        if not isinstance(value, list) or any(isinstance(one, dict | list) for one in value):
            raise Rejected("bad_metadata", f"{path} must be an array of plain values")
    elif isinstance(value, dict | list):
        raise Rejected("bad_metadata", f"{path} must be a plain value")
    return value
