"""What the SQL service asks of the security model, and what the model is given.

The model lives in `amp_sandbox.warehouse.security`; it keeps its tables in `amp_sys` and reads and writes them through
`Session.db`, the session's own DuckDB connection, inside the transaction of the statement.

Functions that `amp_sandbox.warehouse.security` offers:

    install(db, superuser, password_hash | password) -> None
        Make the tables, at every start; the first superuser when there is no user yet.
    load_grants(session: Session) -> Grants
        What the session's user may do, as of its transaction. The session calls it once a statement and keeps it as
        long as nothing of users, grants or objects has changed anywhere (`Session.changed` says so to all sessions).
    handle(statement: Statement, session: Session) -> Result
        Run a statement whose kind is in `KINDS`. It checks who may do so, and calls `session.changed()`.
    object_created(session, kind, schema, name) -> None
    object_dropped(session, kind, schema, name) -> None
    object_renamed(session, kind, schema, name, new_name) -> None
        Owners, default privileges and grants follow objects; kind is "schema", "table", "view" (late-binding and
        materialised ones too). For a schema, `name` is its name and `schema` the same.
    require_database_privilege(session, privilege) -> None       (CREATE on the database, for CREATE SCHEMA; TEMP)

Logins are the wire's affair: `Warehouse.connect` trusts its caller, and asks security only whether the user exists.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from amp_sandbox.warehouse.sql.tokens import Tokens

# The statements that the security model runs. A statement is classified by its leading words; the longest match wins.
KINDS = (
    "CREATE USER",
    "ALTER USER",
    "DROP USER",
    "CREATE GROUP",
    "ALTER GROUP",
    "DROP GROUP",
    "GRANT",
    "REVOKE",
    "ALTER DEFAULT PRIVILEGES",
    "SET SESSION AUTHORIZATION",
    "RESET SESSION AUTHORIZATION",
    "ALTER TABLE OWNER",  # ALTER TABLE name OWNER TO user, also of views
    "ALTER SCHEMA OWNER",
)


@dataclass(frozen=True)
class Statement:
    """A statement that is read word by word. `tokens` stands at its first word; call `tokens.end()` when done."""

    kind: str
    tokens: Tokens
    text: str


class Grants(Protocol):
    """What one user may do, as a value without a connection, so that decisions are pure.

    `privilege` is SELECT, INSERT, UPDATE, DELETE, REFERENCES, TRUNCATE, DROP, ALTER (tables, views); USAGE, CREATE
    (schemas); CREATE, TEMP (databases); EXECUTE, USAGE (functions, languages). `kind` is "table" (views too), "schema",
    "database". A superuser and an owner may do everything. Objects that are not known are not granted.
    """

    @property
    def user(self) -> str:
        """The user that statements run as."""
        ...

    @property
    def superuser(self) -> bool:
        """Whether that is a superuser."""
        ...

    def can(self, privilege: str, kind: str, schema: str, name: str, columns: Collection[str] | None = None) -> bool:
        """Whether the user has the privilege on the object: granted to it, its groups or PUBLIC, or owned.

        With `columns`, whether it has the privilege on all of these; with none of them, on any.

        For a schema, `schema` and `name` are the same. Having a table's privilege does not imply its schema's USAGE;
        the caller asks for both.
        """
        ...

    def owns(self, kind: str, schema: str, name: str) -> bool:
        """Whether the user owns the object or is a superuser."""
        ...

    def owner(self, kind: str, schema: str, name: str) -> str | None:
        """The object's owner; None when there is no such object. Views read with their owner's privileges."""
        ...

    def acting_as(self, user: str) -> "Grants":
        """What another user may do: the owner of a view, for what the view reads."""
        ...
