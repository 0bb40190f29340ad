"""What a warehouse has, as far as the configuration is about it, from Redshift's own catalogs.

https://docs.aws.amazon.com/redshift/latest/dg/c_intro_system_views.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class State:
    """Users, groups and their members, schemas and their owners, and what groups have been granted."""

    users: frozenset[str]
    members: Mapping[str, frozenset[str]]
    owners: Mapping[str, str]
    external: Mapping[str, str]
    tables: Mapping[str, frozenset[str]]
    on_schemas: frozenset[tuple[str, str, str]]  # group, schema, privilege
    on_tables: frozenset[tuple[str, str, str, str]]  # group, schema, table, privilege
    on_future_tables: frozenset[tuple[str, str, str, str]]  # group, schema, whose tables, privilege


def read_state(connection: Any) -> State:
    """Ask the catalogs; as a superuser, who sees all rows."""
    groups = _rows(connection, "SELECT groname FROM pg_group")
    members = _rows(
        connection, "SELECT groname, usename FROM pg_group, pg_user WHERE pg_user.usesysid = ANY(pg_group.grolist)"
    )
    tables = _rows(connection, "SELECT table_schema, table_name FROM svv_tables WHERE table_type <> 'EXTERNAL TABLE'")
    return State(
        users=frozenset(name for (name,) in _rows(connection, "SELECT usename FROM pg_user")),
        members={name: frozenset(user for group, user in members if group == name) for (name,) in groups},
        owners=dict(
            _rows(
                connection,
                "SELECT nspname, usename FROM pg_namespace JOIN pg_user ON pg_user.usesysid = pg_namespace.nspowner",
            )
        ),
        external=dict(_rows(connection, "SELECT schemaname, databasename FROM svv_external_schemas")),
        tables={
            name: frozenset(table for schema, table in tables if schema == name) for name in {row[0] for row in tables}
        },
        on_schemas=frozenset(
            _rows(
                connection,
                "SELECT identity_name, namespace_name, lower(privilege_type) FROM svv_schema_privileges"
                " WHERE identity_type = 'group'",
            )
        ),
        on_tables=frozenset(
            _rows(
                connection,
                "SELECT identity_name, namespace_name, relation_name, lower(privilege_type)"
                " FROM svv_relation_privileges WHERE identity_type = 'group'",
            )
        ),
        on_future_tables=frozenset(
            _rows(
                connection,
                "SELECT grantee_name, schema_name, owner_name, lower(privilege_type) FROM svv_default_privileges"
                " WHERE grantee_type = 'group' AND lower(object_type) IN ('relation', 'table', 'r')",
            )
        ),
    )


def _rows(connection: Any, query: str) -> list[tuple[Any, ...]]:
    cursor = connection.cursor()
    cursor.execute(query)
    return [tuple(row) for row in cursor.fetchall()]
