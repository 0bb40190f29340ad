"""The statements that make a warehouse what its configuration says, in an order in which each can run.

Only what is missing is made, so a second run finds nothing to do. Users are made with the password of their secret; the
password of a user that is there is the business of its rotation.
https://docs.aws.amazon.com/redshift/latest/dg/c_SQL_commands.html

**Left out:** taking away. What the configuration no longer names stays as it is, until a person removes it: dropping a
schema or a user by a typing mistake in a table would be worse. A schema that is external to another database than the
configuration says is an error.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from configuration import Configuration, ConfigurationError, Grant
from state import State
from warehouse_client import identifier, literal, password_hash


@dataclass(frozen=True)
class Statement:
    """A statement to run, and the same as it may be told: without a password's hash."""

    sql: str
    told: str


def plan(configuration: Configuration, state: State, role: str, password_of: Callable[[str], str]) -> list[Statement]:
    """What is missing.

    `role` is the role by which the warehouse reads the Data Catalog and S3; `password_of` answers a user's password and
    is only asked for users that are to be made.
    """
    return [
        *_groups(configuration, state),
        *_users(configuration, state, password_of),
        *_schemas(configuration, state),
        *_external_schemas(configuration, state, role),
        *(statement for grant in configuration.grants for statement in _grants(configuration, state, grant)),
    ]


def _groups(configuration: Configuration, state: State) -> Iterator[Statement]:
    for group in configuration.groups:
        if group not in state.members:
            yield _plain(f"CREATE GROUP {identifier(group)}")


def _users(configuration: Configuration, state: State, password_of: Callable[[str], str]) -> Iterator[Statement]:
    for user in configuration.users:
        if user.name not in state.users:
            create = f"CREATE USER {identifier(user.name)} PASSWORD"
            hashed = password_hash(user.name, password_of(user.name))
            yield Statement(f"{create} {literal(hashed)}", f"{create} '…'")
        for group in user.groups:
            if user.name not in state.members.get(group, ()):
                yield _plain(f"ALTER GROUP {identifier(group)} ADD USER {identifier(user.name)}")


def _schemas(configuration: Configuration, state: State) -> Iterator[Statement]:
    for schema in configuration.schemas:
        if schema.name in state.external:
            raise ConfigurationError(f"schema {schema.name}: the warehouse has an external schema of that name")
        if schema.name not in state.owners:
            yield _plain(f"CREATE SCHEMA {identifier(schema.name)} AUTHORIZATION {identifier(schema.owner)}")
        elif state.owners[schema.name] != schema.owner:
            yield _plain(f"ALTER SCHEMA {identifier(schema.name)} OWNER TO {identifier(schema.owner)}")


def _external_schemas(configuration: Configuration, state: State, role: str) -> Iterator[Statement]:
    for schema in configuration.external_schemas:
        present = state.external.get(schema.name)
        if present is None and schema.name in state.owners:
            raise ConfigurationError(f"external_schema {schema.name}: the warehouse has a schema of that name")
        if present is None:
            yield _plain(
                f"CREATE EXTERNAL SCHEMA {identifier(schema.name)} FROM DATA CATALOG"
                f" DATABASE {literal(schema.glue_database)} IAM_ROLE {literal(role)}"
            )
        elif present != schema.glue_database:
            raise ConfigurationError(
                f"external_schema {schema.name}: the warehouse has it for the database {present}; drop it first"
            )


def _grants(configuration: Configuration, state: State, grant: Grant) -> Iterator[Statement]:
    to_group = f"TO GROUP {identifier(grant.group)}"
    schema = identifier(grant.schema)
    for privilege in grant.on_schema:
        if (grant.group, grant.schema, privilege) not in state.on_schemas:
            yield _plain(f"GRANT {privilege.upper()} ON SCHEMA {schema} {to_group}")
    tables = state.tables.get(grant.schema, frozenset())
    for privilege in grant.on_tables:
        if any((grant.group, grant.schema, table, privilege) not in state.on_tables for table in tables):
            yield _plain(f"GRANT {privilege.upper()} ON ALL TABLES IN SCHEMA {schema} {to_group}")
        for owner in (one.owner for one in configuration.schemas if one.name == grant.schema):
            # What its owner will make tomorrow.
            if (grant.group, grant.schema, owner, privilege) not in state.on_future_tables:
                yield _plain(
                    f"ALTER DEFAULT PRIVILEGES FOR USER {identifier(owner)} IN SCHEMA {schema}"
                    f" GRANT {privilege.upper()} ON TABLES {to_group}"
                )


def _plain(sql: str) -> Statement:
    return Statement(sql, sql)
