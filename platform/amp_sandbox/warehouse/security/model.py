"""Users, groups, owners and privileges as a value, and what one user may do by them: decisions without a connection.

https://docs.aws.amazon.com/redshift/latest/dg/r_Privileges.html and r_Database_objects.html: superusers and owners may
do everything; others what is granted to them, to their groups, or to PUBLIC.

**Left out:** an owner's privileges are its ownership's: they cannot be revoked from it (REVOKE warns).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from amp_sandbox.warehouse.errors import undefined_object
from amp_sandbox.warehouse.security.tables import DATABASE_OID

TABLE_PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "DROP", "TRUNCATE", "ALTER")
SCHEMA_PRIVILEGES = ("USAGE", "CREATE", "ALTER", "DROP")
DATABASE_PRIVILEGES = ("CREATE", "TEMP")
COLUMN_PRIVILEGES = ("SELECT", "UPDATE")
PRIVILEGES: Mapping[str, tuple[str, ...]] = {
    "table": TABLE_PRIVILEGES,
    "schema": SCHEMA_PRIVILEGES,
    "database": DATABASE_PRIVILEGES,
}


@dataclass(frozen=True)
class User:
    """A database user."""

    id: int
    name: str
    superuser: bool


@dataclass(frozen=True)
class Object:
    """A table, view, schema or database: what privileges are about."""

    kind: str  # "table" (views too), "schema", "database"
    oid: int
    schema: str
    name: str
    owner: int
    external: bool = False  # an external schema


@dataclass(frozen=True)
class Granted:
    """A privilege on an object, or on one column of it, as somebody granted it."""

    privilege: str
    column: str  # "": the whole object
    grantee_kind: str  # "user", "group", "public"
    grantee: int
    grantor: int
    grantable: bool


@dataclass(frozen=True)
class Model:
    """All that decisions need, as of one transaction."""

    users: Mapping[str, User]
    groups: Mapping[str, int]
    groups_of: Mapping[int, frozenset[int]]
    objects: Mapping[tuple[str, str, str], Object]
    granted: Mapping[tuple[str, int], tuple[Granted, ...]]

    def user(self, name: str) -> User:
        """The user of that name."""
        found = self.users.get(name)
        if found is None:
            raise undefined_object("user", name)
        return found

    def find(self, kind: str, schema: str, name: str) -> Object | None:
        """The object of that name; a schema's is `name`, and there is one database."""
        if kind == "database":
            return self.objects.get(("database", "", ""))
        return self.objects.get((kind, name if kind == "schema" else schema, name))


@dataclass(frozen=True)
class UserGrants:
    """What a user may do: the `Grants` of `interface`. Groups of temporary credentials count for this session only."""

    model: Model
    who: User
    groups: frozenset[int] = field(default_factory=frozenset)

    @property
    def user(self) -> str:
        """The user's name."""
        return self.who.name

    @property
    def superuser(self) -> bool:
        """Whether the user is a superuser."""
        return self.who.superuser

    def can(self, privilege: str, kind: str, schema: str, name: str, columns: Collection[str] | None = None) -> bool:
        """Whether the user has the privilege on the object, or on these columns of it (none: on any)."""
        if self.superuser:
            return True
        target = self.model.find(kind, schema, name)
        if target is None:
            # A table of an external schema has no privileges of its own: whoever may use the schema may read it.
            # https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_EXTERNAL_SCHEMA.html
            outer = self.model.find("schema", schema, schema) if kind == "table" else None
            return outer is not None and outer.external and privilege == "SELECT" and self.holds(outer, "USAGE")
        return self.holds(target, privilege, columns)

    def holds(self, target: Object, privilege: str, columns: Collection[str] | None = None) -> bool:
        """Whether the user has the privilege on an object that is there."""
        if self.owns_object(target):
            return True
        mine = [one for one in self.entries(target) if one.privilege == privilege]
        if any(not one.column for one in mine):
            return True
        if columns is None or not mine:
            return False
        return {one.column for one in mine}.issuperset(columns)

    def may_grant(self, target: Object, privilege: str) -> bool:
        """Whether the user may grant the privilege: as the owner, a superuser, or with the grant option."""
        return self.owns_object(target) or any(
            one.grantable and one.privilege == privilege and not one.column for one in self.entries(target)
        )

    def entries(self, target: Object) -> list[Granted]:
        """The privileges on an object that count for this user."""
        groups = self.model.groups_of.get(self.who.id, frozenset()) | self.groups
        return [
            one
            for one in self.model.granted.get((target.kind, target.oid), ())
            if one.grantee_kind == "public"
            or (one.grantee_kind == "user" and one.grantee == self.who.id)
            or (one.grantee_kind == "group" and one.grantee in groups)
        ]

    def owns(self, kind: str, schema: str, name: str) -> bool:
        """Whether the user owns the object or is a superuser."""
        target = self.model.find(kind, schema, name)
        return self.superuser or (target is not None and self.owns_object(target))

    def owns_object(self, target: Object) -> bool:
        """Whether the user owns an object that is there, or is a superuser."""
        return self.superuser or target.owner == self.who.id

    def owner(self, kind: str, schema: str, name: str) -> str | None:
        """The name of the object's owner; None when there is no such object."""
        target = self.model.find(kind, schema, name)
        if target is None:
            return None
        return next((user.name for user in self.model.users.values() if user.id == target.owner), None)

    def acting_as(self, user: str) -> "UserGrants":
        """What another user may do."""
        return UserGrants(self.model, self.model.user(user))


def load(db: Any) -> Model:
    """Read the model, as of the connection's transaction."""
    users = db.execute("SELECT id, name, superuser FROM amp_sys.users").fetchall()
    members: dict[int, set[int]] = {}
    for group, user in db.execute("SELECT group_id, user_id FROM amp_sys.members").fetchall():
        members.setdefault(user, set()).add(group)
    return Model(
        users={name: User(number, name, superuser) for number, name, superuser in users},
        groups=dict(db.execute("SELECT name, id FROM amp_sys.groups").fetchall()),
        groups_of={user: frozenset(groups) for user, groups in members.items()},
        objects=_objects(db),
        granted=_granted(db),
    )


def _objects(db: Any) -> dict[tuple[str, str, str], Object]:
    rows = db.execute(
        """
        SELECT 'table', r.oid, r.schema_name, r.name, coalesce(o.owner, 1), false
        FROM amp_sys.relations r LEFT JOIN amp_sys.owners o ON o.kind = 'table' AND o.oid = r.oid
        UNION ALL
        SELECT 'schema', s.oid, s.name, s.name, coalesce(o.owner, 1), s.kind = 'external'
        FROM amp_sys.schemas s LEFT JOIN amp_sys.owners o ON o.kind = 'schema' AND o.oid = s.oid
        """
    ).fetchall()
    found = {(row[0], row[2], row[3]): Object(*row) for row in rows}
    owner = db.execute("SELECT owner FROM amp_sys.owners WHERE kind = 'database'").fetchone()[0]
    found["database", "", ""] = Object("database", DATABASE_OID, "", "", owner)
    return found


def _granted(db: Any) -> dict[tuple[str, int], tuple[Granted, ...]]:
    rows = db.execute(
        "SELECT kind, oid, privilege, column_name, grantee_kind, grantee, grantor, grantable FROM amp_sys.privileges"
    ).fetchall()
    found: dict[tuple[str, int], list[Granted]] = {}
    for kind, oid, *entry in rows:
        found.setdefault((kind, oid), []).append(Granted(*entry))
    return {key: tuple(entries) for key, entries in found.items()}
