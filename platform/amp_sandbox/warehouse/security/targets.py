"""The parts that GRANT, REVOKE and ALTER DEFAULT PRIVILEGES have in common: privileges, objects, and who gets them.

https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html

**Left out** (SQLSTATE 0A000): roles, functions, procedures, languages, datashares, models, scoped permissions (FOR
TABLES IN), ASSUMEROLE, system permissions, and the forms for Lake Formation (EXTERNAL TABLE, EXTERNAL SCHEMA).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from amp_sandbox.warehouse import errors
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.security.model import COLUMN_PRIVILEGES, PRIVILEGES, Model, Object, UserGrants
from amp_sandbox.warehouse.security.names import find_table, require_schema
from amp_sandbox.warehouse.sql.tokens import Tokens

if TYPE_CHECKING:
    from amp_sandbox.warehouse.session import Session

_OTHER_OBJECTS = (
    "FUNCTION",
    "PROCEDURE",
    "LANGUAGE",
    "DATASHARE",
    "MODEL",
    "TEMPLATE",
    "COPY",
    "IDENTITY",
    "RLS",
    "MASKING",
    "CATALOG",
    "CONNECTION",
)
_OTHER_PRIVILEGES = ("ROLE", "ASSUMEROLE", "EXECUTE", "SHARE", "EXPLAIN", "IGNORE", "ACCESS", "CREATE USER")
_KNOWN = frozenset(privilege for kind in PRIVILEGES.values() for privilege in kind)


@dataclass(frozen=True)
class Wanted:
    """A privilege as written, and the columns after it; ALL is written as `ALL`."""

    privilege: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grantee:
    """A user, a group, or PUBLIC."""

    kind: str  # "user", "group", "public"
    name: str
    grantable: bool = False


def read_privileges(tokens: Tokens) -> list[Wanted]:
    """Read privileges up to ON: ALL [PRIVILEGES], or a list, each with columns or without."""
    for other in _OTHER_PRIVILEGES:
        if tokens.at(*other.split()):
            raise errors.not_supported(f"GRANT or REVOKE {other}")
    if tokens.accept("ALL"):
        tokens.accept("PRIVILEGES")
        return [Wanted("ALL", _columns(tokens))]
    wanted = []
    while True:
        wanted.append(_privilege(tokens))
        if not tokens.accept(","):
            return wanted


def _privilege(tokens: Tokens) -> Wanted:
    privilege = tokens.one_of("TEMPORARY", *sorted(_KNOWN), "RULE", "TRIGGER")
    if privilege is None:
        raise tokens.unexpected()
    if privilege in ("RULE", "TRIGGER"):
        raise errors.not_supported(f"privilege {privilege}")
    return Wanted("TEMP" if privilege == "TEMPORARY" else privilege, _columns(tokens))


def _columns(tokens: Tokens) -> tuple[str, ...]:
    if not tokens.accept("("):
        return ()
    columns = tokens.names()
    tokens.expect(")")
    return tuple(columns)


def read_objects(tokens: Tokens, session: "Session", model: Model) -> list[Object]:
    """Read the objects after ON; each must be there."""
    for other in _OTHER_OBJECTS:
        if tokens.at(other):
            raise errors.not_supported(f"GRANT or REVOKE ON {other}")
    if tokens.accept("EXTERNAL"):
        kind = tokens.take().upper
        raise SqlError(
            "0A000",
            f"GRANT or REVOKE ON EXTERNAL {kind} is not supported",
            hint="Grant USAGE ON SCHEMA: whoever may use an external schema may read its tables.",
        )
    if tokens.accept("ALL"):
        return _all_tables(tokens, model)
    if tokens.accept("SCHEMA"):
        return [require_schema(model, name) for name in tokens.names()]
    if tokens.accept("DATABASE"):
        return [_database(session, model, name) for name in tokens.names()]
    tokens.accept("TABLE")
    found = []
    while True:
        found.append(find_table(session, model, tokens.qualified_name()))
        if not tokens.accept(","):
            return found


def _all_tables(tokens: Tokens, model: Model) -> list[Object]:
    if not tokens.accept("TABLES"):
        raise errors.not_supported(f"GRANT or REVOKE ON ALL {tokens.take().upper}")
    tokens.expect("IN", "SCHEMA")
    schemas = [require_schema(model, name) for name in tokens.names()]
    for schema in schemas:
        if schema.external:
            raise SqlError("0A000", "Operation not supported on external tables")
    names = {schema.name for schema in schemas}
    return [one for one in model.objects.values() if one.kind == "table" and one.schema in names]


def _database(session: "Session", model: Model, name: str) -> Object:
    found = model.find("database", "", name)
    if found is None or name != session.database:
        raise errors.undefined_database(name)
    return replace(found, name=name)


def read_grantees(tokens: Tokens, model: Model, *, options: bool) -> list[Grantee]:
    """Read who gets or loses them; each must be there. With `options`, WITH GRANT OPTION may follow."""
    grantees = []
    while True:
        grantees.append(_grantee(tokens, model, options=options))
        if not tokens.accept(","):
            return grantees


def _grantee(tokens: Tokens, model: Model, *, options: bool) -> Grantee:
    if tokens.accept("PUBLIC"):
        kind, name = "public", ""
    elif tokens.accept("GROUP"):
        kind, name = "group", tokens.identifier()
        if name not in model.groups:
            raise errors.undefined_object("group", name)
    elif tokens.at("ROLE") or tokens.at("IAM_ROLE"):
        raise errors.not_supported(f"GRANT or REVOKE with {tokens.take().upper}")
    else:
        kind, name = "user", tokens.identifier()
        model.user(name)
    grantable = options and tokens.accept("WITH", "GRANT", "OPTION")
    if grantable and kind != "user":
        raise SqlError("0LP01", "grant options can only be granted to individual users")
    return Grantee(kind, name, grantable)


def grantee_id(model: Model, grantee: Grantee) -> int:
    """The id that a grantee is kept by; PUBLIC has 0."""
    if grantee.kind == "user":
        return model.user(grantee.name).id
    return model.groups[grantee.name] if grantee.kind == "group" else 0


def expanded(wanted: Sequence[Wanted], target: Object, *, granting: bool, grants: UserGrants) -> list[tuple[str, str]]:
    """The (privilege, column) pairs that are meant for an object; ALL means those that the user may grant."""
    pairs = []
    for one in wanted:
        known = COLUMN_PRIVILEGES if one.columns else PRIVILEGES[target.kind]
        if one.columns and target.kind != "table":
            raise SqlError("0LP01", f"column privileges are only valid for relations, not for a {target.kind}")
        names = [one.privilege]
        if one.privilege == "ALL":
            names = [name for name in known if not granting or grants.may_grant(target, name)]
        elif one.privilege not in known:
            what = "column" if one.columns else target.kind
            raise SqlError("0LP01", f"invalid privilege type {one.privilege} for {what}")
        if target.external and set(names) - {"USAGE"}:
            names = _of_external(one, names)
        if not names or not all(grants.may_grant(target, name) for name in names):
            raise denied(target)
        pairs += [(name, column) for name in names for column in one.columns or ("",)]
    return pairs


def _of_external(one: Wanted, names: list[str]) -> list[str]:
    # "You can only GRANT or REVOKE USAGE permissions on an external schema to database users and user groups."
    if one.privilege != "ALL":
        raise SqlError("0A000", f"privilege {one.privilege} is not supported on external schemas")
    return [name for name in names if name == "USAGE"]


def denied(target: Object) -> SqlError:
    """No privilege on an object, in Redshift's words."""
    kind = "relation" if target.kind == "table" else target.kind
    return errors.insufficient_privilege(kind, target.name)
