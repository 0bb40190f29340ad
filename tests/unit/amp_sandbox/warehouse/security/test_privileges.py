"""GRANT, REVOKE, ALTER DEFAULT PRIVILEGES and owners, as decisions.

https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html, r_REVOKE.html, r_Privileges.html,
r_ALTER_DEFAULT_PRIVILEGES.html
"""

import duckdb
import pytest
from support.warehouse_objects import FakeSession

from amp_sandbox.warehouse import security
from amp_sandbox.warehouse.errors import SqlError

ORDERS = ("table", "sales", "orders")
SALES = ("schema", "sales", "sales")
AMP = ("database", "", "amp")
PAGE = "r_GRANT"
NOTES = "r_GRANT-usage-notes"
REVOKE = "r_REVOKE"


def can(session: FakeSession, user: str, privilege: str, target: tuple[str, str, str], *columns: str) -> bool:
    grants = security.load_grants(FakeSession(session.db, user))
    return grants.can(privilege, *target, columns=columns) if columns else grants.can(privilege, *target)


def refused(session: FakeSession, sql: str) -> SqlError:
    with pytest.raises(SqlError) as caught:
        session.run(sql)
    return caught.value


@pytest.mark.parametrize(
    ("statements", "user", "privilege", "target", "expected"),
    [
        pytest.param([], "ann", "SELECT", ORDERS, False, id=f"nothing is granted at first: {PAGE}"),
        pytest.param([], "awsuser", "SELECT", ORDERS, True, id=f"superusers may all: {NOTES}"),
        pytest.param(["GRANT SELECT ON sales.orders TO ann"], "ann", "SELECT", ORDERS, True, id=f"a user: {PAGE}"),
        pytest.param(
            ["GRANT SELECT ON TABLE sales.orders TO ann"], "bob", "SELECT", ORDERS, False, id="not another user"
        ),
        pytest.param(
            ["GRANT SELECT ON sales.orders TO ann"], "ann", "INSERT", ORDERS, False, id="not another privilege"
        ),
        pytest.param(
            ["GRANT SELECT ON sales.orders TO GROUP analysts"],
            "ann",
            "SELECT",
            ORDERS,
            True,
            id=f"a group: {PAGE}",
        ),
        pytest.param(
            ["GRANT SELECT ON sales.orders TO GROUP analysts"],
            "bob",
            "SELECT",
            ORDERS,
            False,
            id="not outside the group",
        ),
        pytest.param(
            ["GRANT SELECT ON sales.orders TO GROUP analysts", "ALTER GROUP analysts DROP USER ann"],
            "ann",
            "SELECT",
            ORDERS,
            False,
            id="who leaves the group loses it: r_ALTER_GROUP.html",
        ),
        pytest.param(["GRANT SELECT ON sales.orders TO PUBLIC"], "bob", "SELECT", ORDERS, True, id=f"PUBLIC: {PAGE}"),
        pytest.param(["GRANT ALL ON sales.orders TO ann"], "ann", "TRUNCATE", ORDERS, True, id=f"ALL: {PAGE}"),
        pytest.param(["GRANT ALL PRIVILEGES ON sales.orders TO ann"], "ann", "DROP", ORDERS, True, id="ALL PRIVILEGES"),
        pytest.param(
            ["GRANT INSERT, DELETE ON sales.orders, public.shows TO bob, GROUP analysts"],
            "ann",
            "DELETE",
            ("table", "public", "shows"),
            True,
            id="lists of all three",
        ),
        pytest.param(
            ["GRANT SELECT ON ALL TABLES IN SCHEMA sales TO ann"],
            "ann",
            "SELECT",
            ("table", "sales", "daily"),
            True,
            id=f"all tables and views of a schema: {PAGE}",
        ),
        pytest.param(
            ["GRANT SELECT ON ALL TABLES IN SCHEMA sales TO ann"],
            "ann",
            "SELECT",
            ("table", "public", "shows"),
            False,
            id="not those of other schemas",
        ),
        pytest.param(
            ["GRANT SELECT ON sales.daily TO ann"],
            "ann",
            "SELECT",
            ORDERS,
            False,
            id=f"a view's privilege is none on its tables: {NOTES}",
        ),
        pytest.param(
            ["GRANT ALL ON SCHEMA sales TO ann"],
            "ann",
            "SELECT",
            ORDERS,
            False,
            id=f"a schema's privilege is none on its tables: {NOTES}",
        ),
        pytest.param(["GRANT USAGE ON SCHEMA sales TO ann"], "ann", "USAGE", SALES, True, id="a schema's USAGE"),
        pytest.param(["GRANT USAGE ON SCHEMA sales TO ann"], "ann", "CREATE", SALES, False, id="USAGE is not CREATE"),
        pytest.param(
            [], "ann", "CREATE", ("schema", "public", "public"), True, id="CREATE on public: r_Schemas_and_tables"
        ),
        pytest.param([], "ann", "TEMP", AMP, True, id=f"TEMP for PUBLIC from the start: {PAGE}"),
        pytest.param([], "ann", "CREATE", AMP, False, id="no schemas at first"),
        pytest.param(["GRANT CREATE, TEMPORARY ON DATABASE amp TO ann"], "ann", "CREATE", AMP, True, id="a database"),
        pytest.param(
            ["GRANT USAGE ON SCHEMA spectrum TO ann"],
            "ann",
            "SELECT",
            ("table", "spectrum", "events"),
            True,
            id=f"external tables follow their schema's USAGE: {PAGE}",
        ),
        pytest.param([], "ann", "SELECT", ("table", "spectrum", "events"), False, id="external tables without USAGE"),
        pytest.param(
            ["GRANT USAGE ON SCHEMA spectrum TO ann"],
            "ann",
            "INSERT",
            ("table", "spectrum", "events"),
            False,
            id="external tables are only read",
        ),
        pytest.param(
            ["GRANT SELECT ON sales.orders TO ann", "REVOKE SELECT ON sales.orders FROM ann"],
            "ann",
            "SELECT",
            ORDERS,
            False,
            id=f"REVOKE: {REVOKE}",
        ),
        pytest.param(
            ["GRANT SELECT ON sales.orders TO ann, GROUP analysts", "REVOKE SELECT ON sales.orders FROM ann RESTRICT"],
            "ann",
            "SELECT",
            ORDERS,
            True,
            id=f"REVOKE from a user leaves its group's: {REVOKE}",
        ),
        pytest.param(
            ["GRANT ALL ON sales.orders TO ann", "REVOKE ALL ON ALL TABLES IN SCHEMA sales FROM ann"],
            "ann",
            "UPDATE",
            ORDERS,
            False,
            id="REVOKE of all tables",
        ),
        pytest.param(
            ["REVOKE CREATE ON SCHEMA public FROM PUBLIC"],
            "ann",
            "CREATE",
            ("schema", "public", "public"),
            False,
            id=f"PUBLIC's can be revoked: {REVOKE}",
        ),
        pytest.param(
            ["ALTER TABLE sales.orders OWNER TO bob"], "bob", "DROP", ORDERS, True, id="owners: r_ALTER_TABLE.html"
        ),
        pytest.param(
            ["ALTER SCHEMA sales OWNER TO bob"], "bob", "CREATE", SALES, True, id="owners: r_ALTER_SCHEMA.html"
        ),
        pytest.param(
            ["ALTER USER bob CREATEUSER"], "bob", "DELETE", ORDERS, True, id="new superusers: r_superusers.html"
        ),
        pytest.param([], "ann", "SELECT", ("table", "sales", "nothing"), False, id="what is not there is not granted"),
    ],
)
def test_who_may_do_what(
    people: FakeSession,
    statements: list[str],
    user: str,
    privilege: str,
    target: tuple[str, str, str],
    expected: bool,
) -> None:
    for statement in statements:
        people.run(statement)
    assert can(people, user, privilege, target) is expected


@pytest.mark.parametrize(
    ("grant", "columns", "expected"),
    [
        ("GRANT SELECT (id) ON sales.orders TO ann", ["id"], True),
        ("GRANT SELECT (id) ON sales.orders TO ann", ["id", "name"], False),
        ("GRANT SELECT (id, name) ON sales.orders TO ann", ["id", "name"], True),
        ("GRANT SELECT (id), UPDATE (name) ON sales.orders TO ann", ["name"], False),
        ("GRANT ALL (name) ON sales.orders TO GROUP analysts", ["name"], True),
        ("GRANT SELECT ON sales.orders TO ann", ["id", "name"], True),
    ],
)
def test_columns_are_granted_one_by_one(people: FakeSession, grant: str, columns: list[str], expected: bool) -> None:
    people.run(grant)
    assert can(people, "ann", "SELECT", ORDERS, *columns) is expected


def test_columns_are_not_the_table_but_let_it_be_counted(people: FakeSession) -> None:
    people.run("GRANT SELECT (id) ON sales.orders TO ann")
    grants = security.load_grants(FakeSession(people.db, "ann"))
    assert not grants.can("SELECT", *ORDERS)
    assert grants.can("SELECT", *ORDERS, columns=())
    assert not security.load_grants(FakeSession(people.db, "bob")).can("SELECT", *ORDERS, columns=())


def test_a_tables_revoke_takes_its_columns_too(people: FakeSession) -> None:
    people.run("GRANT SELECT (id), UPDATE (name) ON sales.orders TO ann")
    people.run("REVOKE SELECT ON sales.orders FROM ann")
    assert not can(people, "ann", "SELECT", ORDERS, "id")
    assert can(people, "ann", "UPDATE", ORDERS, "name")


def test_privileges_on_columns_follow_them(people: FakeSession) -> None:
    people.run("GRANT SELECT (id, name) ON sales.orders TO ann")
    security.object_column_renamed(people, "sales", "orders", "name", "label")
    security.object_column_dropped(people, "sales", "orders", "id")
    assert can(people, "ann", "SELECT", ORDERS, "label")
    assert not can(people, "ann", "SELECT", ORDERS, "id")


@pytest.mark.parametrize(
    ("sql", "sqlstate", "message"),
    [
        ("GRANT SELECT ON sales.nothing TO ann", "42P01", 'relation "sales.nothing" does not exist'),
        ("GRANT SELECT ON nothing TO ann", "42P01", 'relation "nothing" does not exist'),
        ("GRANT SELECT ON amp_sys.users TO ann", "3F000", 'schema "amp_sys" does not exist'),
        ("GRANT USAGE ON SCHEMA amp_catalog TO ann", "3F000", 'schema "amp_catalog" does not exist'),
        ("ALTER SCHEMA amp_sys OWNER TO ann", "3F000", 'schema "amp_sys" does not exist'),
        ("SET SESSION AUTHORIZATION rdsdb", "42501", "permission denied to set session authorization"),
        ("GRANT SELECT ON nowhere.orders TO ann", "3F000", 'schema "nowhere" does not exist'),
        (
            "GRANT SELECT ON other.sales.orders TO ann",
            "0A000",
            'cross-database reference to "other.sales.orders" is not supported',
        ),
        ("GRANT SELECT ON sales.orders TO nobody", "42704", 'user "nobody" does not exist'),
        ("GRANT SELECT ON sales.orders TO GROUP nobody", "42704", 'group "nobody" does not exist'),
        ("GRANT SELECT ON sales.orders TO ROLE reader", "0A000", "GRANT or REVOKE with ROLE is not supported"),
        ("GRANT ROLE reader TO ann", "0A000", "GRANT or REVOKE ROLE is not supported"),
        ("GRANT EXECUTE ON FUNCTION f(int) TO ann", "0A000", "GRANT or REVOKE EXECUTE is not supported"),
        ("GRANT USAGE ON LANGUAGE plpythonu TO ann", "0A000", "GRANT or REVOKE ON LANGUAGE is not supported"),
        (
            "GRANT SELECT ON EXTERNAL TABLE spectrum.t TO ann",
            "0A000",
            "GRANT or REVOKE ON EXTERNAL TABLE is not supported",
        ),
        ("GRANT SELECT ON spectrum.events TO ann", "0A000", "Operation not supported on external tables"),
        ("GRANT SELECT ON ALL TABLES IN SCHEMA spectrum TO ann", "0A000", "Operation not supported on external tables"),
        ("GRANT CREATE ON SCHEMA spectrum TO ann", "0A000", "privilege CREATE is not supported on external schemas"),
        ("GRANT SELECT ON SCHEMA sales TO ann", "0LP01", "invalid privilege type SELECT for schema"),
        ("GRANT USAGE ON sales.orders TO ann", "0LP01", "invalid privilege type USAGE for table"),
        ("GRANT INSERT (id) ON sales.orders TO ann", "0LP01", "invalid privilege type INSERT for column"),
        ("GRANT SELECT (nope) ON sales.orders TO ann", "42703", 'column "nope" of relation "orders" does not exist'),
        (
            "GRANT USAGE (id) ON SCHEMA sales TO ann",
            "0LP01",
            "column privileges are only valid for relations, not for a schema",
        ),
        ("GRANT CREATE ON DATABASE other TO ann", "3D000", 'database "other" does not exist'),
        (
            "GRANT SELECT ON sales.orders TO PUBLIC WITH GRANT OPTION",
            "0LP01",
            "grant options can only be granted to individual users",
        ),
        (
            "GRANT SELECT ON sales.orders TO GROUP analysts WITH GRANT OPTION",
            "0LP01",
            "grant options can only be granted to individual users",
        ),
        (
            "GRANT SELECT (id) ON sales.orders TO ann WITH GRANT OPTION",
            "0A000",
            "WITH GRANT OPTION for columns is not supported",
        ),
        ("GRANT SELECT ON sales.orders TO ann; DROP TABLE x", "42601", 'syntax error at or near ";"'),
        ("GRANT FLY ON sales.orders TO ann", "42601", 'syntax error at or near "FLY"'),
        ("GRANT SELECT sales.orders TO ann", "42601", 'syntax error at or near "sales"'),
        ("GRANT SELECT ON sales.orders", "42601", "syntax error at end of input"),
        ("REVOKE SELECT ON sales.orders FROM ann CASCADE", "42601", 'syntax error at or near "CASCADE"'),
        ("ALTER DEFAULT PRIVILEGES GRANT USAGE ON TABLES TO ann", "0LP01", "invalid privilege type USAGE for table"),
        (
            "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO ann",
            "0A000",
            "GRANT or REVOKE EXECUTE is not supported",
        ),
        ("ALTER TABLE sales.orders OWNER TO nobody", "42704", 'user "nobody" does not exist'),
    ],
)
def test_statements_that_cannot_be_run(people: FakeSession, sql: str, sqlstate: str, message: str) -> None:
    error = refused(people, sql)
    assert (error.sqlstate, error.message) == (sqlstate, message)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("GRANT SELECT ON sales.orders TO bob", "permission denied for relation orders"),
        ("GRANT ALL ON sales.orders TO bob", "permission denied for relation orders"),
        ("GRANT UPDATE ON sales.orders TO ann", "permission denied for relation orders"),
        ("REVOKE SELECT ON sales.orders FROM bob", "permission denied for relation orders"),
        ("GRANT USAGE ON SCHEMA sales TO bob", "permission denied for schema sales"),
        ("GRANT CREATE ON DATABASE amp TO ann", "permission denied for database amp"),
        ("ALTER TABLE sales.orders OWNER TO ann", "must be owner of relation orders"),
        ("ALTER SCHEMA sales OWNER TO ann", "must be owner of schema sales"),
        (
            "ALTER DEFAULT PRIVILEGES FOR USER bob GRANT SELECT ON TABLES TO ann",
            "must be superuser to alter default privileges of other users",
        ),
        (
            "ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO bob",
            "permission denied for schema sales",
        ),
        ("SET SESSION AUTHORIZATION bob", "permission denied to set session authorization"),
    ],
)
def test_what_users_may_not_do_even_with_privileges(people: FakeSession, sql: str, message: str) -> None:
    people.run("GRANT SELECT, INSERT ON sales.orders TO ann")
    people.run("GRANT USAGE ON SCHEMA sales TO ann")
    error = refused(FakeSession(people.db, "ann"), sql)
    assert (error.sqlstate, error.message) == ("42501", message)


def test_the_grant_option_lets_others_grant_that_privilege_only(people: FakeSession) -> None:
    # https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT-usage-notes.html: the user HR.
    people.run("GRANT SELECT ON sales.orders TO ann WITH GRANT OPTION")
    ann = FakeSession(people.db, "ann")
    ann.run("GRANT SELECT ON sales.orders TO bob")
    assert can(people, "bob", "SELECT", ORDERS)
    assert refused(ann, "GRANT INSERT ON sales.orders TO bob").sqlstate == "42501"
    assert refused(FakeSession(people.db, "bob"), "GRANT SELECT ON sales.orders TO ann").sqlstate == "42501"


def test_all_with_the_grant_option_means_what_may_be_granted(people: FakeSession) -> None:
    people.run("GRANT SELECT, INSERT ON sales.orders TO ann WITH GRANT OPTION")
    people.run("GRANT DELETE ON sales.orders TO ann")
    FakeSession(people.db, "ann").run("GRANT ALL ON sales.orders TO bob")
    granted = [one for one in ("SELECT", "INSERT", "DELETE", "UPDATE") if can(people, "bob", one, ORDERS)]
    assert granted == ["SELECT", "INSERT"]


def test_one_takes_back_only_what_one_granted(people: FakeSession) -> None:
    # "Revokes only those privileges that the user directly granted." r_REVOKE.html
    people.run("GRANT SELECT ON sales.orders TO ann WITH GRANT OPTION")
    people.run("GRANT SELECT ON sales.orders TO bob")
    ann = FakeSession(people.db, "ann")
    ann.run("REVOKE SELECT ON sales.orders FROM bob")
    assert can(people, "bob", "SELECT", ORDERS)
    ann.run("GRANT SELECT ON sales.orders TO bob")
    people.run("REVOKE SELECT ON sales.orders FROM bob")
    assert can(people, "bob", "SELECT", ORDERS)
    ann.run("REVOKE SELECT ON sales.orders FROM bob")
    assert not can(people, "bob", "SELECT", ORDERS)


@pytest.mark.parametrize("statement", ["REVOKE SELECT", "REVOKE GRANT OPTION FOR SELECT", "REVOKE ALL"])
def test_a_grant_that_others_depend_on_stays(people: FakeSession, statement: str) -> None:
    people.run("GRANT SELECT ON sales.orders TO ann WITH GRANT OPTION")
    FakeSession(people.db, "ann").run("GRANT SELECT ON sales.orders TO bob")
    error = refused(people, f"{statement} ON sales.orders FROM ann")
    assert (error.sqlstate, error.message) == ("2BP01", "dependent privileges exist")
    assert can(people, "ann", "SELECT", ORDERS)


def test_the_grant_option_alone_can_be_revoked(people: FakeSession) -> None:
    people.run("GRANT SELECT ON sales.orders TO ann WITH GRANT OPTION")
    people.run("REVOKE GRANT OPTION FOR SELECT ON sales.orders FROM ann")
    assert can(people, "ann", "SELECT", ORDERS)
    assert refused(FakeSession(people.db, "ann"), "GRANT SELECT ON sales.orders TO bob").sqlstate == "42501"


def test_an_owner_keeps_its_privileges_and_is_told_so(people: FakeSession) -> None:
    people.run("ALTER TABLE sales.orders OWNER TO bob")
    people.run("REVOKE ALL ON sales.orders FROM bob")
    assert can(people, "bob", "SELECT", ORDERS)
    assert people.notices == ['WARNING: the owner "bob" keeps its privileges on "orders"']


def test_grants_stay_when_the_owner_changes(people: FakeSession) -> None:
    people.run("GRANT SELECT ON sales.orders TO ann")
    people.run("ALTER TABLE sales.orders OWNER TO bob")
    assert can(people, "ann", "SELECT", ORDERS)
    FakeSession(people.db, "bob").run("REVOKE SELECT ON sales.orders FROM ann")
    assert not can(people, "ann", "SELECT", ORDERS)


def test_who_makes_an_object_owns_it(people: FakeSession) -> None:
    FakeSession(people.db, "ann").table("public", "mine")
    mine = ("table", "public", "mine")
    assert can(people, "ann", "DROP", mine)
    assert not can(people, "bob", "SELECT", mine)
    assert security.load_grants(people).owner(*mine) == "ann"


def test_default_privileges_are_for_what_their_owner_makes_from_then_on(people: FakeSession) -> None:
    people.run("ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO GROUP analysts")
    people.run("ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO ann WITH GRANT OPTION")
    people.table("sales", "later")
    people.table("public", "later")
    FakeSession(people.db, "bob").table("public", "bobs")
    later, elsewhere = ("table", "sales", "later"), ("table", "public", "later")
    assert [can(people, "ann", one, later) for one in ("SELECT", "INSERT", "DELETE")] == [True, True, False]
    assert [can(people, "ann", one, elsewhere) for one in ("SELECT", "INSERT")] == [False, True]
    assert not can(people, "ann", "SELECT", ORDERS)
    assert not can(people, "ann", "INSERT", ("table", "public", "bobs"))
    FakeSession(people.db, "ann").run("GRANT INSERT ON sales.later TO bob")


def test_default_privileges_of_another_user(people: FakeSession) -> None:
    people.run("ALTER DEFAULT PRIVILEGES FOR USER ann, bob GRANT ALL ON TABLES TO PUBLIC")
    FakeSession(people.db, "ann").table("public", "hers")
    assert can(people, "bob", "TRUNCATE", ("table", "public", "hers"))


def test_default_privileges_can_be_revoked(people: FakeSession) -> None:
    people.run("ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT ON TABLES TO ann WITH GRANT OPTION")
    people.run("ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM ann")
    people.run("ALTER DEFAULT PRIVILEGES REVOKE GRANT OPTION FOR INSERT ON TABLES FROM ann RESTRICT")
    people.table("sales", "later")
    assert [can(people, "ann", one, ("table", "sales", "later")) for one in ("SELECT", "INSERT")] == [False, True]
    assert refused(FakeSession(people.db, "ann"), "GRANT INSERT ON sales.later TO bob").sqlstate == "42501"


def test_a_dropped_object_takes_its_privileges_with_it(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    people.run("GRANT SELECT ON sales.orders TO ann")
    security.object_dropped(people, "table", "sales", "orders")
    db.execute("DELETE FROM amp_sys.relations WHERE name = 'orders'; DROP TABLE sales.orders")
    people.table("sales", "orders")
    assert not can(people, "ann", "SELECT", ORDERS)


def test_a_renamed_object_keeps_owner_and_privileges(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    people.run("GRANT SELECT ON sales.orders TO ann")
    db.execute("UPDATE amp_sys.relations SET name = 'bookings' WHERE name = 'orders'")
    security.object_renamed(people, "table", "sales", "orders", "bookings")
    assert can(people, "ann", "SELECT", ("table", "sales", "bookings"))
    assert not can(people, "ann", "SELECT", ORDERS)


def test_unqualified_names_are_found_along_the_search_path(people: FakeSession) -> None:
    people.settings["search_path"] = '"$user", sales, public'
    people.run("GRANT SELECT ON orders TO ann")
    assert can(people, "ann", "SELECT", ORDERS)


def test_a_view_reads_as_its_owner(people: FakeSession) -> None:
    people.run("ALTER TABLE sales.daily OWNER TO bob")
    grants = security.load_grants(FakeSession(people.db, "ann"))
    assert grants.owner("table", "sales", "daily") == "bob"
    assert not grants.acting_as("bob").can("SELECT", *ORDERS)
    people.run("GRANT SELECT ON sales.orders TO bob")
    assert security.load_grants(FakeSession(people.db, "ann")).acting_as("bob").can("SELECT", *ORDERS)


@pytest.mark.parametrize(("privilege", "denied"), [("TEMP", False), ("CREATE", True)])
def test_the_database_is_asked_for(people: FakeSession, privilege: str, denied: bool) -> None:
    ann = FakeSession(people.db, "ann")
    if not denied:
        security.require_database_privilege(ann, privilege)
        return
    with pytest.raises(SqlError, match="permission denied for database amp"):
        security.require_database_privilege(ann, privilege)


def test_a_superuser_goes_on_as_another_and_back(people: FakeSession) -> None:
    people.groups = ("empty",)
    people.run("SET SESSION AUTHORIZATION 'ANN'")
    assert (people.user, people.session_user) == ("ann", "awsuser")
    assert security.load_grants(people).groups == frozenset()
    assert not people.grants().can("SELECT", *ORDERS)
    people.run("SET SESSION AUTHORIZATION bob")
    people.run("RESET SESSION AUTHORIZATION")
    assert people.user == "awsuser"
    people.run("SET SESSION AUTHORIZATION bob")
    people.run("SET SESSION AUTHORIZATION DEFAULT")
    assert people.user == "awsuser"


def test_grants_that_are_rolled_back_never_were(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    db.execute("BEGIN")
    FakeSession(db, block=True).run("GRANT SELECT ON sales.orders TO ann")
    assert can(people, "ann", "SELECT", ORDERS)
    assert not can(FakeSession(db.cursor()), "ann", "SELECT", ORDERS)  # others see it once it is committed
    db.execute("ROLLBACK")
    assert not can(people, "ann", "SELECT", ORDERS)


def test_every_change_is_told(people: FakeSession) -> None:
    before = people.changes
    people.run("GRANT SELECT ON sales.orders TO ann")
    people.run("REVOKE SELECT ON sales.orders FROM ann")
    assert people.changes == before + 2
