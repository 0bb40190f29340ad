"""What the server says beside rows: columns, errors, notices, and parameters as Redshift reports them.

Redshift does not report `standard_conforming_strings`, as a backslash in its literals escapes what follows it; a client
that is not told takes care of that.
"""

import uuid
from collections.abc import Mapping, Sequence

from pygwire import messages

from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.session import Notice, Session
from amp_sandbox.warehouse.types import Column

# Reported again when they change; the names as Redshift writes them.
_SETTINGS = {
    "application_name": "",
    "client_encoding": "UTF8",
    "DateStyle": "ISO, MDY",
    "TimeZone": "UTC",
}
_FIXED = {
    "case_sensitive": "on",
    "datashare_enabled": "off",
    "integer_datetimes": "on",
    "max_numeric_precision": "38",
    "max_varchar_size": "65535",
    "padb_revision": "sandbox",
    "padb_version": "1.0.63269",
    "server_encoding": "UNICODE",
    # The base protocol; drivers ask for more and take this.
    "server_protocol_version": "0",
    "server_version": "8.0.2",
    "timezone_abbreviations": "Default",
}


def at_start(session: Session) -> Mapping[str, str]:
    """All that a client is told at its start."""
    own = {"session_id": str(uuid.uuid4()), "is_superuser": "on" if session.grants().superuser else "off"}
    return _FIXED | own | reported(session)


def reported(session: Session) -> dict[str, str]:
    """What a session's statements may have changed."""
    settings = session.settings
    found = {name: settings.get(name.lower(), default) for name, default in _SETTINGS.items()}
    return found | {"session_authorization": session.user}


def error(failure: SqlError, severity: str = "ERROR") -> messages.ErrorResponse:
    """The message of an error."""
    position = None if failure.position is None else str(failure.position)
    return messages.ErrorResponse(
        fields=_fields(
            S=severity,
            V=severity,
            C=failure.sqlstate,
            M=failure.message,
            D=failure.detail,
            H=failure.hint,
            P=position,
        )
    )


def notice(given: Notice) -> messages.NoticeResponse:
    """The message of a notice."""
    return messages.NoticeResponse(
        fields=_fields(S=given.severity, V=given.severity, C=given.sqlstate, M=given.message)
    )


def description(columns: Sequence[Column], formats: Sequence[int]) -> messages.RowDescription:
    """The message of a result's columns, each with its format."""
    return messages.RowDescription(
        fields=[
            messages.FieldDescription(
                name=column.name.replace("\x00", ""),
                type_oid=column.type.oid,
                type_size=column.type.size,
                type_modifier=column.type.typmod,
                format_code=code,
            )
            for column, code in zip(columns, formats, strict=True)
        ]
    )


def _fields(**given: str | None) -> dict[str, str]:
    return {name: value.replace("\x00", "") for name, value in given.items() if value is not None}
