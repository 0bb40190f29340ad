"""The warehouse's configuration variables, from the items of a DynamoDB table.

An item has a `kind`, a `name`, and what the kind asks for:

| kind | further attributes |
| --- | --- |
| group | |
| user | `groups`: list of groups; its password is in the secret of its name |
| schema | `owner`: a user |
| external_schema | `glue_database`: a database of the Glue Data Catalog |
| grant | `group`, `schema`, `on_schema`: list of usage and create, `on_tables`: list of privileges on all tables |

Everything is checked before anything is done: an unknown attribute, a name that Amp does not allow, a group or schema
that no item defines.

**Left out:** privileges of single tables, columns or users. Amp gives rights to groups, schema by schema.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from warehouse_client import InvalidNameError, identifier

ON_SCHEMA = ("usage", "create")
ON_TABLES = ("select", "insert", "update", "delete")


class ConfigurationError(ValueError):
    """The configuration cannot be used; the message names the item and what is wrong with it."""


@dataclass(frozen=True)
class User:
    """A user and the groups it is in."""

    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Schema:
    """A schema and the user who owns it."""

    name: str
    owner: str


@dataclass(frozen=True)
class ExternalSchema:
    """A schema whose tables are those of a database of the Glue Data Catalog."""

    name: str
    glue_database: str


@dataclass(frozen=True)
class Grant:
    """What a group may do with a schema, and with all tables in it."""

    group: str
    schema: str
    on_schema: tuple[str, ...]
    on_tables: tuple[str, ...]


@dataclass(frozen=True)
class Configuration:
    """What the warehouse is to have."""

    groups: tuple[str, ...]
    users: tuple[User, ...]
    schemas: tuple[Schema, ...]
    external_schemas: tuple[ExternalSchema, ...]
    grants: tuple[Grant, ...]


def read_items(dynamodb: Any, table: str) -> list[dict[str, Any]]:
    """All items of the table, as plain values, ordered by kind and name."""
    request: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
    items: list[dict[str, Any]] = []
    while True:
        page = dynamodb.scan(**request)
        items += [{name: _plain(value) for name, value in item.items()} for item in page["Items"]]
        if not page.get("LastEvaluatedKey"):
            return sorted(items, key=lambda item: (str(item.get("kind")), str(item.get("name"))))
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def parse(items: Iterable[Mapping[str, Any]]) -> Configuration:
    """The configuration that the items say; raises ConfigurationError."""
    found: dict[type, list[Any]] = {str: [], User: [], Schema: [], ExternalSchema: [], Grant: []}
    for item in items:
        reader = _READERS.get(str(item.get("kind")))
        if reader is None:
            raise ConfigurationError(f"{_called(item)}: the kinds are {', '.join(_READERS)}")
        try:
            made = reader(_Item(item))
        except InvalidNameError as error:
            raise ConfigurationError(f"{_called(item)}: {error}") from None
        found[type(made)].append(made)
    configuration = Configuration(*(tuple(found[kind]) for kind in (str, User, Schema, ExternalSchema, Grant)))
    _require_defined(configuration)
    return configuration


class _Item:
    """An item whose attributes are asked for one by one; what nobody asked for is unknown."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        self._item, self._left = item, set(item) - {"kind"}

    def name(self, attribute: str = "name") -> str:
        """An attribute that is a name."""
        value = self._take(attribute)
        if not isinstance(value, str):
            raise ConfigurationError(f"{_called(self._item)}: {attribute} must be a text")
        identifier(value)
        return value

    def names(self, attribute: str, allowed: Sequence[str] | None = None) -> tuple[str, ...]:
        """An attribute that is a list of names, of those that are allowed."""
        values = self._take(attribute)
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise ConfigurationError(f"{_called(self._item)}: {attribute} must be a list of texts")
        for value in values:
            identifier(value)
            if allowed is not None and value not in allowed:
                raise ConfigurationError(f"{_called(self._item)}: {attribute} takes {', '.join(allowed)}, not {value}")
        return tuple(dict.fromkeys(values))

    def end(self) -> None:
        """All attributes were asked for."""
        if self._left:
            raise ConfigurationError(f"{_called(self._item)}: unknown: {', '.join(sorted(self._left))}")

    def _take(self, attribute: str) -> Any:
        if attribute not in self._item:
            raise ConfigurationError(f"{_called(self._item)}: {attribute} is missing")
        self._left.discard(attribute)
        return self._item[attribute]


def _group(item: _Item) -> str:
    name = item.name()
    item.end()
    return name


def _user(item: _Item) -> User:
    made = User(item.name(), item.names("groups"))
    item.end()
    return made


def _schema(item: _Item) -> Schema:
    made = Schema(item.name(), item.name("owner"))
    item.end()
    return made


def _external_schema(item: _Item) -> ExternalSchema:
    made = ExternalSchema(item.name(), item.name("glue_database"))
    item.end()
    return made


def _grant(item: _Item) -> Grant:
    item.name()
    made = Grant(
        item.name("group"), item.name("schema"), item.names("on_schema", ON_SCHEMA), item.names("on_tables", ON_TABLES)
    )
    item.end()
    return made


_READERS: Mapping[str, Callable[[_Item], Any]] = {
    "group": _group,
    "user": _user,
    "schema": _schema,
    "external_schema": _external_schema,
    "grant": _grant,
}


def _require_defined(configuration: Configuration) -> None:
    """What items refer to is there."""
    users = {user.name for user in configuration.users}
    groups = set(configuration.groups)
    internal = {schema.name for schema in configuration.schemas}
    external = {schema.name for schema in configuration.external_schemas}
    if both := internal & external:
        raise ConfigurationError(f"schema and external_schema at once: {', '.join(sorted(both))}")
    for user in configuration.users:
        _require(f"user {user.name}", "group", user.groups, groups)
    for schema in configuration.schemas:
        _require(f"schema {schema.name}", "user", [schema.owner], users)
    for grant in configuration.grants:
        of = f"grant to {grant.group} on {grant.schema}"
        _require(of, "group", [grant.group], groups)
        _require(of, "schema", [grant.schema], internal | external)
        if grant.schema in external and (grant.on_tables or grant.on_schema != ("usage",)):
            # https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT-usage-notes.html
            raise ConfigurationError(f"{of}: an external schema takes usage alone, which opens its tables for reading")


def _require(of: str, kind: str, names: Iterable[str], defined: set[str]) -> None:
    if missing := [name for name in names if name not in defined]:
        raise ConfigurationError(f"{of}: no item defines the {kind} {', '.join(missing)}")


def _called(item: Mapping[str, Any]) -> str:
    return f"the item {item.get('kind')!s:.40} {item.get('name')!s:.100}"


def _plain(value: Mapping[str, Any]) -> Any:
    """A DynamoDB attribute value; only texts and lists of them are used.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
    """
    [(kind, content)] = value.items()
    if kind == "L":
        return [_plain(one) for one in content]
    return content
