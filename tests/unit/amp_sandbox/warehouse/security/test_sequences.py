"""Any sequence of statements leaves the privileges that a simple model has: what is decided, and what functions say."""

import itertools
from collections.abc import Iterable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from support.warehouse_objects import SUPERUSER, FakeSession, database

from amp_sandbox.warehouse import security
from amp_sandbox.warehouse.errors import SqlError

USERS = ("ann", "bob", "eve")
GROUPS = ("readers", "writers")
PRIVILEGES = ("SELECT", "INSERT", "DROP")
TABLES = ("orders", "lines")
GRANTEES = (*USERS, *(f"GROUP {group}" for group in GROUPS), "PUBLIC")

Grant = tuple[str, str, str, str]  # table, privilege, grantee, grantor

tables = st.sampled_from(TABLES)
privileges = st.lists(st.sampled_from(PRIVILEGES), min_size=1, max_size=2, unique=True)
grantees = st.sampled_from(GRANTEES)
actors = st.sampled_from((SUPERUSER, *USERS))


def furnish(db: object) -> None:
    admin = FakeSession(db)  # type: ignore[arg-type]
    for user in USERS:
        admin.run(f"CREATE USER {user} PASSWORD DISABLE")
    for group in GROUPS:
        admin.run(f"CREATE GROUP {group}")
    admin.schema("sales")
    for table in TABLES:
        admin.table("sales", table)
    admin.see()


class Privileges(RuleBasedStateMachine):
    """Grants are a set of (table, privilege, grantee, grantor); some of them may be granted on."""

    def __init__(self) -> None:
        super().__init__()
        self._opened = database(furnish)
        self.db = self._opened.__enter__()
        self.granted: dict[Grant, bool] = {}  # and whether with the grant option
        self.members: set[tuple[str, str]] = set()
        self.owners = dict.fromkeys(TABLES, SUPERUSER)

    def teardown(self) -> None:
        self._opened.__exit__(None, None, None)

    def run(self, actor: str, sql: str) -> bool:
        try:
            FakeSession(self.db, actor).run(sql)
        except SqlError as error:
            if error.sqlstate not in ("42501", "2BP01"):
                raise
            return False
        return True

    def counts_for(self, user: str) -> set[str]:
        return {user, "PUBLIC", *(f"GROUP {group}" for member, group in self.members if member == user)}

    def owns(self, user: str, table: str) -> bool:
        return user in (SUPERUSER, self.owners[table])

    def holds(self, user: str, table: str, privilege: str) -> bool:
        return self.owns(user, table) or any(
            (of, what) == (table, privilege) and grantee in self.counts_for(user)
            for of, what, grantee, _ in self.granted
        )

    def may_grant(self, user: str, table: str, privilege: str) -> bool:
        return self.owns(user, table) or any(
            option and (of, what) == (table, privilege) and grantee in self.counts_for(user)
            for (of, what, grantee, _), option in self.granted.items()
        )

    def grantor(self, actor: str, table: str) -> str:
        return self.owners[table] if self.owns(actor, table) else actor

    @rule(actor=actors, table=tables, wanted=privileges, grantee=grantees, option=st.booleans())
    def grant(self, actor: str, table: str, wanted: list[str], grantee: str, option: bool) -> None:
        option = option and grantee in USERS
        allowed = all(self.may_grant(actor, table, one) for one in wanted)
        clause = " WITH GRANT OPTION" if option else ""
        assert self.run(actor, f"GRANT {', '.join(wanted)} ON sales.{table} TO {grantee}{clause}") is allowed
        if allowed:
            for one in wanted:
                key = (table, one, grantee, self.grantor(actor, table))
                self.granted[key] = self.granted.get(key, False) or option

    @rule(actor=actors, table=tables, wanted=privileges, grantee=grantees, option_only=st.booleans())
    def revoke(self, actor: str, table: str, wanted: list[str], grantee: str, option_only: bool) -> None:
        after = dict(self.granted)
        for one in wanted:
            key = (table, one, grantee, self.grantor(actor, table))
            if option_only and key in after:
                after[key] = False
            elif not option_only:
                after.pop(key, None)
        allowed = all(self.may_grant(actor, table, one) for one in wanted) and not self.orphans(
            after, table, wanted, grantee
        )
        clause = "GRANT OPTION FOR " if option_only else ""
        assert self.run(actor, f"REVOKE {clause}{', '.join(wanted)} ON sales.{table} FROM {grantee}") is allowed
        if allowed:
            self.granted = after

    def orphans(self, after: dict[Grant, bool], table: str, wanted: Iterable[str], grantee: str) -> bool:
        """Whether the grantee has granted on what it may not grant any more."""
        if grantee not in USERS or grantee == self.owners[table]:
            return False
        return any(
            any((of, what, grantor) == (table, one, grantee) for of, what, _, grantor in after)
            and not any(
                option and (of, what, to) == (table, one, grantee) for (of, what, to, _), option in after.items()
            )
            for one in wanted
        )

    @rule(user=st.sampled_from(USERS), group=st.sampled_from(GROUPS), joins=st.booleans())
    def change_group(self, user: str, group: str, joins: bool) -> None:
        assert self.run(SUPERUSER, f"ALTER GROUP {group} {'ADD' if joins else 'DROP'} USER {user}")
        (self.members.add if joins else self.members.discard)((user, group))

    @rule(actor=actors, table=tables, owner=actors)
    def change_owner(self, actor: str, table: str, owner: str) -> None:
        allowed = self.owns(actor, table)
        assert self.run(actor, f"ALTER TABLE sales.{table} OWNER TO {owner}") is allowed
        if allowed:
            old, self.owners[table] = self.owners[table], owner
            moved: dict[Grant, bool] = {}
            for (of, what, grantee, grantor), option in self.granted.items():
                key = (of, what, grantee, owner if (of, grantor) == (table, old) else grantor)
                moved[key] = moved.get(key, False) or option
            self.granted = moved

    @invariant()
    def decisions_are_the_models(self) -> None:
        for user in (SUPERUSER, *USERS):
            grants = security.load_grants(FakeSession(self.db, user))
            for table, privilege in itertools.product(TABLES, PRIVILEGES):
                assert grants.can(privilege, "table", "sales", table) is self.holds(user, table, privilege)

    @invariant()
    def functions_say_what_is_decided(self) -> None:
        rows = self.db.execute(
            "SELECT u.name, r.name, p, amp_catalog.fn_has_table_privilege(u.name, r.oid, p)"
            " FROM amp_sys.users u, amp_sys.relations r, (SELECT unnest(?) AS p) WHERE u.name <> 'rdsdb'",
            [list(PRIVILEGES)],
        ).fetchall()
        said = {(user, table, privilege): answer for user, table, privilege, answer in rows}
        assert said == {key: self.holds(*key) for key in itertools.product((SUPERUSER, *USERS), TABLES, PRIVILEGES)}


TestPrivileges = Privileges.TestCase
TestPrivileges.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
