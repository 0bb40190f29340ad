import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[4]


def changed(items: list[dict[str, Any]], kind: str, changes: dict[str, Any]) -> list[dict[str, Any]]:
    """The items, with the first of a kind changed."""
    for item in items:
        if item["kind"] == kind:
            item.update(changes)
            break
    return items


def test_items_become_a_configuration(function: SimpleNamespace, items: list[dict[str, Any]]) -> None:
    module = function.configuration
    found = module.parse(items)
    assert found.groups == ("analysts",)
    assert found.users == (module.User("etl", ()), module.User("analyst", ("analysts",)))
    assert found.schemas == (module.Schema("marts", "etl"),)
    assert found.external_schemas == (module.ExternalSchema("lake", "amp_transformed"),)
    assert found.grants[0] == module.Grant("analysts", "marts", ("usage",), ("select",))


@pytest.mark.parametrize(
    ("kind", "changes", "named"),
    [
        ("group", {"kind": "role"}, "the kinds are group, user"),
        ("group", {"name": 'x"; DROP SCHEMA marts; --'}, "is no name"),
        ("group", {"name": 7}, "name must be a text"),
        ("group", {"colour": "red"}, "unknown: colour"),
        ("user", {"groups": "analysts"}, "groups must be a list"),
        ("user", {"groups": ["nobody"]}, "no item defines the group nobody"),
        ("schema", {"owner": "nobody"}, "no item defines the user nobody"),
        ("schema", {"name": "lake"}, "at once: lake"),
        ("external_schema", {"glue_database": "a'; DROP"}, "is no name"),
        ("grant", {"schema": "elsewhere"}, "no item defines the schema elsewhere"),
        ("grant", {"on_tables": ["truncate"]}, "on_tables takes select, insert"),
        ("grant", {"schema": "lake"}, "takes usage alone"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    function: SimpleNamespace, items: list[dict[str, Any]], kind: str, changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(function.configuration.ConfigurationError, match=named):
        function.configuration.parse(changed(items, kind, changes))


def test_what_is_missing_is_named(function: SimpleNamespace, items: list[dict[str, Any]]) -> None:
    del items[1]["groups"]
    with pytest.raises(function.configuration.ConfigurationError, match="the item user etl: groups is missing"):
        function.configuration.parse(items)


def test_the_configuration_that_ships_can_be_used(function: SimpleNamespace) -> None:
    items = json.loads((REPOSITORY / "platform" / "parameters" / "warehouse.json").read_bytes())
    found = function.configuration.parse(items)
    assert {user.name for user in found.users} == {"analyst", "etl"}


def test_an_empty_table_configures_nothing(function: SimpleNamespace) -> None:
    assert function.configuration.parse([]) == function.configuration.Configuration((), (), (), (), ())
