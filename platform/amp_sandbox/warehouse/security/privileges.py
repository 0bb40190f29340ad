"""GRANT, REVOKE and ALTER DEFAULT PRIVILEGES.

A privilege is kept with the one who granted it. A superuser grants and revokes in the owner's name; one with the grant
option in its own, and takes back only what it gave: "Revokes only those privileges that the user directly granted".

https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html, r_GRANT-usage-notes.html, r_REVOKE.html,
r_ALTER_DEFAULT_PRIVILEGES.html

**Left out:** REVOKE … CASCADE, which Redshift does not have (a syntax error); WITH GRANT OPTION for columns (SQLSTATE
0A000). PostgreSQL grants what it may and warns of the rest; here a GRANT of what may not be granted fails whole.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from amp_sandbox.warehouse import errors
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.security.model import PRIVILEGES, Model, Object, UserGrants
from amp_sandbox.warehouse.security.names import require_schema, user_grants
from amp_sandbox.warehouse.security.targets import (
    Grantee,
    Wanted,
    expanded,
    grantee_id,
    read_grantees,
    read_objects,
    read_privileges,
)
from amp_sandbox.warehouse.sql.tokens import Tokens

if TYPE_CHECKING:
    from amp_sandbox.warehouse.session import Session

_KEY = "kind = ? AND oid = ? AND column_name = ? AND privilege = ? AND grantee_kind = ? AND grantee = ? AND grantor = ?"
_TABLE_KEY = _KEY.replace("AND column_name = ? ", "")
_FIND = f"SELECT grantable FROM amp_sys.privileges WHERE {_KEY}"  # noqa: S608
_SET_GRANTABLE = f"UPDATE amp_sys.privileges SET grantable = ? WHERE {_KEY}"  # noqa: S608
_DELETE = f"DELETE FROM amp_sys.privileges WHERE {_KEY}"  # noqa: S608
_DELETE_ALL_COLUMNS = f"DELETE FROM amp_sys.privileges WHERE {_TABLE_KEY}"  # noqa: S608
_DEFAULT_KEY = "owner = ? AND schema_oid = ? AND privilege = ? AND grantee_kind = ? AND grantee = ?"
_FIND_DEFAULT = f"SELECT grantable FROM amp_sys.default_privileges WHERE {_DEFAULT_KEY}"  # noqa: S608
_KEEP_DEFAULT = f"UPDATE amp_sys.default_privileges SET grantable = false WHERE {_DEFAULT_KEY}"  # noqa: S608
_DELETE_DEFAULT = f"DELETE FROM amp_sys.default_privileges WHERE {_DEFAULT_KEY}"  # noqa: S608


def grant(tokens: Tokens, session: "Session") -> None:
    """GRANT privileges ON objects TO grantees [WITH GRANT OPTION]."""
    tokens.expect("GRANT")
    grants = user_grants(session)
    wanted = read_privileges(tokens)
    tokens.expect("ON")
    targets = read_objects(tokens, session, grants.model)
    tokens.expect("TO")
    grantees = read_grantees(tokens, grants.model, options=True)
    tokens.end()
    if any(one.columns for one in wanted) and any(grantee.grantable for grantee in grantees):
        raise errors.not_supported("WITH GRANT OPTION for columns")
    for target in targets:
        _require_columns(session, target, wanted)
        for privilege, column in expanded(wanted, target, granting=True, grants=grants):
            for grantee in grantees:
                _grant(session, grants, target, privilege, column, grantee)


def _grant(
    session: "Session", grants: UserGrants, target: Object, privilege: str, column: str, grantee: Grantee
) -> None:
    key = _key(grants, target, privilege, column, grantee)
    found = session.db.execute(_FIND, key).fetchone()
    if found is None:
        session.db.execute("INSERT INTO amp_sys.privileges VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [*key, grantee.grantable])
    elif grantee.grantable and not found[0]:
        session.db.execute(_SET_GRANTABLE, [True, *key])


def revoke(tokens: Tokens, session: "Session") -> None:
    """REVOKE [GRANT OPTION FOR] privileges ON objects FROM grantees [RESTRICT]."""
    tokens.expect("REVOKE")
    option_only = tokens.accept("GRANT", "OPTION", "FOR")
    grants = user_grants(session)
    wanted = read_privileges(tokens)
    tokens.expect("ON")
    targets = read_objects(tokens, session, grants.model)
    tokens.expect("FROM")
    grantees = read_grantees(tokens, grants.model, options=False)
    tokens.accept("RESTRICT")
    tokens.end()
    for target in targets:
        _require_columns(session, target, wanted)
        pairs = expanded(wanted, target, granting=False, grants=grants)
        for grantee in grantees:
            if grantee.kind == "user" and grants.model.user(grantee.name).id == target.owner:
                session.notice(f'the owner "{grantee.name}" keeps its privileges on "{target.name}"', "WARNING")
            for privilege, column in pairs:
                _revoke(session, _key(grants, target, privilege, column, grantee), option_only=option_only)
            _require_no_dependents(session, grants.model, target, {privilege for privilege, _ in pairs}, grantee)


def _revoke(session: "Session", key: list[object], *, option_only: bool) -> None:
    if option_only:
        session.db.execute(_SET_GRANTABLE, [False, *key])
        return
    if key[2]:
        session.db.execute(_DELETE, key)
    else:  # who loses a table's privilege loses it on the columns too
        session.db.execute(_DELETE_ALL_COLUMNS, [*key[:2], *key[3:]])


def _require_no_dependents(
    session: "Session", model: Model, target: Object, privileges: set[str], grantee: Grantee
) -> None:
    if grantee.kind != "user" or (number := model.user(grantee.name).id) == target.owner:
        return
    left = session.db.execute(
        """
        SELECT given.privilege FROM amp_sys.privileges given
        WHERE given.kind = ? AND given.oid = ? AND given.grantor = ? AND given.privilege IN (SELECT unnest(?))
          AND NOT EXISTS (
            SELECT 1 FROM amp_sys.privileges held
            WHERE held.kind = given.kind AND held.oid = given.oid AND held.privilege = given.privilege
              AND held.grantee_kind = 'user' AND held.grantee = given.grantor AND held.grantable)
        """,
        [target.kind, target.oid, number, sorted(privileges)],
    ).fetchone()
    if left is not None:
        raise SqlError(
            "2BP01", "dependent privileges exist", detail=f'"{grantee.name}" granted {left[0]} on "{target.name}"'
        )


def alter_default_privileges(tokens: Tokens, session: "Session") -> None:
    """ALTER DEFAULT PRIVILEGES [FOR USER …] [IN SCHEMA …] GRANT or REVOKE … ON TABLES: what future tables get."""
    tokens.expect("ALTER", "DEFAULT", "PRIVILEGES")
    grants = user_grants(session)
    names = tokens.names() if tokens.accept("FOR", "USER") else [session.user]
    schemas = [require_schema(grants.model, name) for name in tokens.names()] if tokens.accept("IN", "SCHEMA") else []
    granting = tokens.accept("GRANT")
    if not granting:
        tokens.expect("REVOKE")
    option_only = not granting and tokens.accept("GRANT", "OPTION", "FOR")
    privileges = _table_privileges(read_privileges(tokens))
    tokens.expect("ON")
    if not tokens.accept("TABLES"):
        raise errors.not_supported(f"ALTER DEFAULT PRIVILEGES ON {tokens.take().upper}")
    tokens.expect("TO" if granting else "FROM")
    grantees = read_grantees(tokens, grants.model, options=granting)
    if not granting:
        tokens.accept("RESTRICT")
    tokens.end()
    for name in names:
        owner = _require_owner(grants, name, schemas)
        for schema in [one.oid for one in schemas] or [0]:
            for privilege in privileges:
                for grantee in grantees:
                    key = [owner, schema, privilege, grantee.kind, grantee_id(grants.model, grantee)]
                    _alter_default(
                        session, key, grantable=grantee.grantable, granting=granting, option_only=option_only
                    )


def _alter_default(
    session: "Session", key: list[object], *, grantable: bool, granting: bool, option_only: bool
) -> None:
    if option_only:
        session.db.execute(_KEEP_DEFAULT, key)
        return
    found = session.db.execute(_FIND_DEFAULT, key).fetchone()
    session.db.execute(_DELETE_DEFAULT, key)
    if granting:
        kept = grantable or (found is not None and found[0])
        session.db.execute("INSERT INTO amp_sys.default_privileges VALUES (?, ?, ?, ?, ?, ?)", [*key, kept])


def _table_privileges(wanted: Sequence[Wanted]) -> list[str]:
    known = PRIVILEGES["table"]
    for one in wanted:
        if one.columns:
            raise errors.not_supported("default privileges on columns")
        if one.privilege not in ("ALL", *known):
            raise SqlError("0LP01", f"invalid privilege type {one.privilege} for table")
    return [name for one in wanted for name in (known if one.privilege == "ALL" else [one.privilege])]


def _require_owner(grants: UserGrants, name: str, schemas: Sequence[Object]) -> int:
    # "Only a superuser can specify default privileges for other users." The target needs CREATE on the schema.
    user = grants.model.user(name)
    if user != grants.who and not grants.superuser:
        raise errors.must_be_superuser("alter default privileges of other users")
    theirs = UserGrants(grants.model, user)
    for schema in schemas:
        if not theirs.holds(schema, "CREATE"):
            raise errors.insufficient_privilege("schema", schema.name)
    return user.id


def _require_columns(session: "Session", target: Object, wanted: Sequence[Wanted]) -> None:
    named = {column for one in wanted for column in one.columns}
    if not named or target.kind != "table":
        return
    rows = session.db.execute(
        "SELECT column_name FROM duckdb_columns() WHERE schema_name = ? AND table_name = ?",
        [target.schema, target.name],
    ).fetchall()
    for column in sorted(named - {row[0] for row in rows}):
        raise SqlError("42703", f'column "{column}" of relation "{target.name}" does not exist')


def _key(grants: UserGrants, target: Object, privilege: str, column: str, grantee: Grantee) -> list[object]:
    grantor = target.owner if grants.owns_object(target) else grants.who.id
    return [
        target.kind,
        target.oid,
        column,
        privilege,
        grantee.kind,
        grantee_id(grants.model, grantee),
        grantor,
    ]
