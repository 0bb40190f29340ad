"""Owners and privileges follow objects: whoever makes one owns it, and its default privileges apply.

"By default, only a superuser or the owner of an object can query, modify, or grant permissions on the object."
https://docs.aws.amazon.com/redshift/latest/dg/r_Privileges.html

**Left out:** owners of databases (there is one database, and no CREATE DATABASE).
"""

from typing import TYPE_CHECKING, Any

from amp_sandbox.warehouse import errors
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.security.model import Object
from amp_sandbox.warehouse.security.names import find_table, require_schema, user_grants
from amp_sandbox.warehouse.security.tables import RDSDB
from amp_sandbox.warehouse.sql.tokens import Tokens

if TYPE_CHECKING:
    from amp_sandbox.warehouse.session import Session


def object_created(session: "Session", kind: str, schema: str, name: str) -> None:
    """The session's user made a schema, table or view, which is in `amp_sys` by now: it owns it."""
    db = session.db
    kept, oid, schema_oid = _identify(db, kind, schema, name)
    owner = db.execute("SELECT id FROM amp_sys.users WHERE name = ?", [session.user]).fetchone()[0]
    _forget(db, kept, oid)
    db.execute("INSERT INTO amp_sys.owners VALUES (?, ?, ?)", [kept, oid, owner])
    if kept == "table":
        # One entry a grantee and privilege: defaults of the schema add to those of all schemas.
        db.execute(
            """
            INSERT INTO amp_sys.privileges
            SELECT 'table', ?, '', privilege, grantee_kind, grantee, owner, bool_or(grantable)
            FROM amp_sys.default_privileges WHERE owner = ? AND schema_oid IN (0, ?)
            GROUP BY privilege, grantee_kind, grantee, owner
            """,
            [oid, owner, schema_oid],
        )
    session.changed()


def object_dropped(session: "Session", kind: str, schema: str, name: str) -> None:
    """A schema, table or view goes, which is still in `amp_sys`: nobody owns it or may do anything with it."""
    kept, oid, _ = _identify(session.db, kind, schema, name)
    _forget(session.db, kept, oid)
    if kept == "schema":
        session.db.execute("DELETE FROM amp_sys.default_privileges WHERE schema_oid = ?", [oid])
    session.changed()


def object_renamed(session: "Session", kind: str, schema: str, name: str, new_name: str) -> None:
    """An object has another name: its oid stays, and with it owner and privileges."""
    session.changed()


def object_column_renamed(session: "Session", schema: str, table: str, column: str, new_name: str) -> None:
    """A column has another name: privileges on it follow."""
    _, oid, _ = _identify(session.db, "table", schema, table)
    session.db.execute(
        "UPDATE amp_sys.privileges SET column_name = ? WHERE kind = 'table' AND oid = ? AND column_name = ?",
        [new_name, oid, column],
    )
    session.changed()


def object_column_dropped(session: "Session", schema: str, table: str, column: str) -> None:
    """A column goes, and privileges on it with it."""
    _, oid, _ = _identify(session.db, "table", schema, table)
    session.db.execute(
        "DELETE FROM amp_sys.privileges WHERE kind = 'table' AND oid = ? AND column_name = ?", [oid, column]
    )
    session.changed()


def require_database_privilege(session: "Session", privilege: str) -> None:
    """The session's user has CREATE or TEMP on the database."""
    if not session.grants().can(privilege, "database", "", session.database):
        raise errors.insufficient_privilege("database", session.database)


def alter_table_owner(tokens: Tokens, session: "Session") -> None:
    """ALTER TABLE name OWNER TO user; also of views.

    https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html
    """
    tokens.expect("ALTER")
    if not tokens.accept("TABLE"):
        tokens.expect("VIEW")
    name = tokens.qualified_name()
    owner = _new_owner(tokens)
    _give(session, find_table(session, user_grants(session).model, name), owner)


def alter_schema_owner(tokens: Tokens, session: "Session") -> None:
    """ALTER SCHEMA name OWNER TO user.

    https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_SCHEMA.html
    """
    tokens.expect("ALTER", "SCHEMA")
    name = tokens.identifier()
    owner = _new_owner(tokens)
    _give(session, require_schema(user_grants(session).model, name), owner)


def set_session_authorization(tokens: Tokens, session: "Session") -> None:
    """SET SESSION AUTHORIZATION user: go on as another user, for one who logged on as a superuser.

    https://docs.aws.amazon.com/redshift/latest/dg/r_SET_SESSION_AUTHORIZATION.html
    """
    tokens.expect("SET", "SESSION", "AUTHORIZATION")
    if tokens.accept("DEFAULT"):
        name = session.session_user
    else:
        token = tokens.peek
        name = tokens.string().lower() if token is not None and token.kind == "string" else tokens.identifier()
    tokens.end()
    _become(session, name)


def reset_session_authorization(tokens: Tokens, session: "Session") -> None:
    """RESET SESSION AUTHORIZATION: be the user again who logged on."""
    tokens.expect("RESET", "SESSION", "AUTHORIZATION")
    tokens.end()
    _become(session, session.session_user)


def _become(session: "Session", name: str) -> None:
    model = user_grants(session).model
    system = name in model.users and model.user(name).id == RDSDB
    if system or (name != session.session_user and not model.user(session.session_user).superuser):
        raise SqlError("42501", "permission denied to set session authorization")
    session.user = model.user(name).name


def _new_owner(tokens: Tokens) -> str:
    tokens.expect("OWNER", "TO")
    owner = tokens.identifier()
    tokens.end()
    return owner


def _give(session: "Session", target: Object, owner: str) -> None:
    grants = user_grants(session)
    number = grants.model.user(owner).id
    if not grants.owns_object(target):
        raise errors.must_be_owner("relation" if target.kind == "table" else target.kind, target.name)
    session.db.execute("DELETE FROM amp_sys.owners WHERE kind = ? AND oid = ?", [target.kind, target.oid])
    session.db.execute("INSERT INTO amp_sys.owners VALUES (?, ?, ?)", [target.kind, target.oid, number])
    # What the old owner granted is the new one's from now on, as PostgreSQL has it.
    session.db.execute(
        "UPDATE amp_sys.privileges SET grantor = ? WHERE kind = ? AND oid = ? AND grantor = ?",
        [number, target.kind, target.oid, target.owner],
    )


def _identify(db: Any, kind: str, schema: str, name: str) -> tuple[str, int, int]:
    """The kind that privileges are kept under, and the oids of the object and its schema."""
    if kind == "schema":
        row = db.execute("SELECT oid, oid FROM amp_sys.schemas WHERE name = ?", [name]).fetchone()
    else:
        row = db.execute(
            "SELECT r.oid, coalesce(s.oid, 0) FROM amp_sys.relations r LEFT JOIN amp_sys.schemas s"
            " ON s.name = r.schema_name WHERE r.schema_name = ? AND r.name = ?",
            [schema, name],
        ).fetchone()
    if row is None:
        raise errors.undefined_schema(name) if kind == "schema" else errors.undefined_table(f"{schema}.{name}")
    return "schema" if kind == "schema" else "table", *row


def _forget(db: Any, kind: str, oid: int) -> None:
    db.execute("DELETE FROM amp_sys.owners WHERE kind = ? AND oid = ?", [kind, oid])
    db.execute("DELETE FROM amp_sys.privileges WHERE kind = ? AND oid = ?", [kind, oid])
