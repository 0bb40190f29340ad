"""Redshift's security model: users, groups, owners, privileges, and what the SQL service asks of them.

`interface` says what the SQL service asks. `model` decides, without a connection; `users`, `privileges` and `objects`
run the statements and keep the `tables`; `login` is for those who let users in.

**Left out:** roles, row-level security, dynamic data masking, datashares (SQLSTATE 0A000).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from amp_sandbox.warehouse.security import objects, privileges, tables, users
from amp_sandbox.warehouse.security.interface import Statement
from amp_sandbox.warehouse.security.model import Model, UserGrants, load
from amp_sandbox.warehouse.security.objects import (
    object_column_dropped,
    object_column_renamed,
    object_created,
    object_dropped,
    object_renamed,
    require_database_privilege,
)
from amp_sandbox.warehouse.sql.tokens import Tokens
from amp_sandbox.warehouse.types import Result

if TYPE_CHECKING:
    from amp_sandbox.warehouse.session import Session

__all__ = [
    "handle",
    "install",
    "load_grants",
    "object_column_dropped",
    "object_column_renamed",
    "object_created",
    "object_dropped",
    "object_renamed",
    "require_database_privilege",
]

_HANDLERS: dict[str, Callable[[Tokens, "Session"], None]] = {
    "CREATE USER": users.create_user,
    "ALTER USER": users.alter_user,
    "DROP USER": users.drop_user,
    "CREATE GROUP": users.create_group,
    "ALTER GROUP": users.alter_group,
    "DROP GROUP": users.drop_group,
    "GRANT": privileges.grant,
    "REVOKE": privileges.revoke,
    "ALTER DEFAULT PRIVILEGES": privileges.alter_default_privileges,
    "SET SESSION AUTHORIZATION": objects.set_session_authorization,
    "RESET SESSION AUTHORIZATION": objects.reset_session_authorization,
    "ALTER TABLE OWNER": objects.alter_table_owner,
    "ALTER SCHEMA OWNER": objects.alter_schema_owner,
}
_OF_THE_SESSION = ("SET SESSION AUTHORIZATION", "RESET SESSION AUTHORIZATION")
_TAGS = {
    "SET SESSION AUTHORIZATION": "SET",
    "RESET SESSION AUTHORIZATION": "RESET",
    "ALTER TABLE OWNER": "ALTER TABLE",
    "ALTER SCHEMA OWNER": "ALTER SCHEMA",
}


def install(db: Any, superuser: str, password: str | None = None) -> None:
    """Make the tables where they are not there; a new database gets its first superuser, with this password."""
    if tables.install(db, superuser) and password is not None:
        users.set_password(db, superuser, password)


def load_grants(session: "Session") -> UserGrants:
    """What the session's user may do: as of the last commit, or of a transaction that has changed something itself.

    A block that only reads keeps the rows it saw first, but what is revoked elsewhere counts from its next statement.
    """
    model = load(session.db) if session.transaction_status == "I" or session.uncommitted else _committed(session.db)
    # Groups of temporary credentials are the user's who logged on, not of one it became.
    groups = session.groups if session.user == session.session_user else ()
    numbers = frozenset(model.groups[name] for name in groups if name in model.groups)
    return UserGrants(model, model.user(session.user), numbers)


def handle(statement: Statement, session: "Session") -> Result:
    """Run a statement of the security model, if the session's user may."""
    _HANDLERS[statement.kind](statement.tokens, session)
    if statement.kind not in _OF_THE_SESSION:
        session.changed()
    return Result(_TAGS.get(statement.kind, statement.kind))


def _committed(db: Any) -> Model:
    with db.cursor() as latest:
        return load(latest)
