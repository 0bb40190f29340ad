"""The start of a connection: encryption, protocol version, and what the client says about itself.

https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from pygwire import messages

from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.wire.framing import ProtocolError

VERSION = 3 << 16
_MAJOR = 3
_OPTION = "_pq_."

# Facts that Redshift's drivers tell about themselves; none is a setting of the session.
_DRIVER_FACTS = frozenset(
    (
        "client_protocol_version",
        "driver_version",
        "driver_discovery_version",
        "os_version",
        "plugin_name",
        "provider_name",
        "idp_type",
        "identity_namespace",
        "idc_client_display_name",
        "token_type",
        "driver_token",
        "app_id",
        "app_name",
    )
)


@dataclass(frozen=True)
class Client:
    """What a start-up message says. `settings` are the session's, from `options` and from names that are settings."""

    user: str
    database: str
    settings: Mapping[str, str] = field(default_factory=dict)
    driver: Mapping[str, str] = field(default_factory=dict)
    unknown_options: tuple[str, ...] = ()
    other_version: bool = False

    @property
    def is_redshift_driver(self) -> bool:
        """Whether this is one of Redshift's own drivers."""
        return bool(self.driver)


def read_client(version: int, body: bytes) -> Client:
    """The client of a start-up message. Raises ProtocolError, or SqlError for what is not offered."""
    major, minor = version >> 16, version & 0xFFFF
    if major != _MAJOR:
        raise SqlError("0A000", f"unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.0")
    given = _pairs(body)
    if given.pop("replication", "off").lower() not in ("off", "false", "no", "0"):
        raise SqlError("0A000", "replication connections are not supported")
    driver = {name: given.pop(name) for name in list(given) if name in _DRIVER_FACTS}
    if driver.get("idp_type"):
        raise SqlError("28000", f"identity providers ({driver['idp_type']:.50}) are not supported")
    unknown = tuple(name for name in given if name.startswith(_OPTION))
    user = given.pop("user", "")
    if not user:
        raise SqlError("28000", "no PostgreSQL user name specified in startup packet")
    database = given.pop("database", "") or user
    settings = _options(given.pop("options", "")) | {name: given[name] for name in given if name not in unknown}
    return Client(user, database, settings, driver, unknown, other_version=minor > 0)


def negotiation(client: Client) -> messages.NegotiateProtocolVersion | None:
    """What tells a client of a newer protocol that this is 3.0, if it is one."""
    if not client.other_version and not client.unknown_options:
        return None
    return messages.NegotiateProtocolVersion(newest_minor=VERSION, unrecognized=list(client.unknown_options))


def _pairs(body: bytes) -> dict[str, str]:
    try:
        parts = body.decode().split("\x00")
    except UnicodeDecodeError as error:
        raise ProtocolError("invalid startup packet: not UTF-8") from error
    # name, value, name, value, …, an empty name; the split leaves one more empty part behind the last zero.
    names, values, end = parts[:-2:2], parts[1:-2:2], parts[-2:]
    if end != ["", ""] or len(names) != len(values) or "" in names:
        raise ProtocolError("invalid startup packet layout: expected terminator as last byte")
    return dict(zip(names, values, strict=True))


def _options(text: str) -> dict[str, str]:
    """The settings in `options`: `-c name=value` and `--name=value`."""
    try:
        words = iter(shlex.split(text))
    except ValueError as error:
        raise SqlError("22023", f"invalid options: {error}") from error
    found = {}
    for word in words:
        setting = next(words, "") if word == "-c" else word[2:] if word.startswith(("-c", "--")) else ""
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise SqlError("22023", f'invalid command-line argument for server process: "{word:.100}"')
        found[name.replace("-", "_")] = value
    return found
