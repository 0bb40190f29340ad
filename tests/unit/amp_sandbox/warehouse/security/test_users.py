"""Users and groups.

https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_USER.html, r_ALTER_USER.html, r_DROP_USER.html and groups."""

from datetime import UTC, datetime

import duckdb
import pytest
from support.warehouse_objects import FakeSession

from amp_sandbox.warehouse.errors import SqlError

GOOD = "Abcdefg1"


def row(db: duckdb.DuckDBPyConnection, columns: str, user: str) -> tuple[object, ...]:
    found = db.execute(f"SELECT {columns} FROM amp_sys.users WHERE name = ?", [user]).fetchone()
    assert found is not None
    return found


def members(db: duckdb.DuckDBPyConnection, group: str) -> list[str]:
    return [
        name
        for (name,) in db.execute(
            "SELECT u.name FROM amp_sys.members m JOIN amp_sys.groups g ON g.id = m.group_id"
            " JOIN amp_sys.users u ON u.id = m.user_id WHERE g.name = ? ORDER BY 1",
            [group],
        ).fetchall()
    ]


def refused(session: FakeSession, sql: str) -> SqlError:
    with pytest.raises(SqlError) as caught:
        session.run(sql)
    return caught.value


def test_a_user_has_what_its_options_say(admin: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    admin.run("CREATE GROUP g1")
    admin.run("CREATE GROUP g2")
    admin.run(
        f"CREATE USER Ann WITH PASSWORD '{GOOD}' CREATEDB CREATEUSER SYSLOG ACCESS UNRESTRICTED IN GROUP g1, g2"
        " VALID UNTIL '2030-05-06 07:08:09' CONNECTION LIMIT 3 SESSION TIMEOUT 120"
    )
    columns = "superuser, createdb, syslog_access, valid_until, connection_limit, session_timeout"
    assert row(db, columns, "ann") == (True, True, True, datetime(2030, 5, 6, 7, 8, 9, tzinfo=UTC), 3, 120)
    assert (members(db, "g1"), members(db, "g2")) == (["ann"], ["ann"])


def test_a_user_is_nobody_special_by_default(admin: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    admin.run(f"CREATE USER ann PASSWORD '{GOOD}'")
    columns = "superuser, createdb, syslog_access, valid_until, connection_limit, session_timeout"
    assert row(db, columns, "ann") == (False, False, False, None, None, None)


def test_ids_count_up_from_the_administrators(admin: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    admin.run("CREATE USER ann PASSWORD DISABLE")
    admin.run("CREATE USER bob PASSWORD DISABLE")
    assert (row(db, "id", "awsuser"), row(db, "id", "ann"), row(db, "id", "bob")) == ((100,), (101,), (102,))


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("Abcdef1", "8 to 64"),
        ("A1" + "b" * 63, "8 to 64"),
        ("abcdefg1", "uppercase"),
        ("ABCDEFG1", "lowercase"),
        ("Abcdefgh", "number"),
        ("Abcdefg1 ", "8 to 64"),
        ("Abcdefg1@", "8 to 64"),
        ("Abcdefg1/", "8 to 64"),
        ('Abcdefg1"', "8 to 64"),
        ("Abcdéfg1", "8 to 64"),
        ("sha256|abcdefg1", "uppercase"),
        ("", "8 to 64"),
    ],
)
def test_passwords_that_break_the_rules_are_refused(admin: FakeSession, password: str, problem: str) -> None:
    error = refused(admin, f"CREATE USER ann PASSWORD '{password}'")
    assert error.sqlstate == "22023"
    assert problem in error.message


def test_a_refused_password_is_not_repeated(admin: FakeSession) -> None:
    error = refused(admin, "CREATE USER ann PASSWORD 'secretive'")
    assert "secretive" not in repr(error) + str(error) + str(error.detail)


def test_a_password_is_not_kept_in_clear(admin: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    admin.run(f"CREATE USER ann PASSWORD '{GOOD}'")
    md5, scram, sha256 = row(db, "md5, scram, sha256", "ann")
    # md5 of password and name: https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_USER.html
    assert md5 == "md5" + __import__("hashlib").md5(b"Abcdefg1ann").hexdigest()
    assert str(scram).startswith("SCRAM-SHA-256$4096:")
    assert sha256 is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("md5153c434b4b77c89e6b94f12c5393af5b", ("md5153c434b4b77c89e6b94f12c5393af5b", None, None)),
        (f"sha256|{'ab' * 32}|00ff", (None, None, f"sha256|{'ab' * 32}|00ff")),
    ],
)
def test_hashes_are_kept_as_given(
    admin: FakeSession, db: duckdb.DuckDBPyConnection, given: str, kept: tuple[object, ...]
) -> None:
    admin.run(f"CREATE USER ann PASSWORD '{given}'")
    assert row(db, "md5, scram, sha256", "ann") == kept


@pytest.mark.parametrize(
    ("sql", "sqlstate", "message"),
    [
        ("CREATE USER awsuser PASSWORD DISABLE", "42710", 'user "awsuser" already exists'),
        ("CREATE USER public PASSWORD DISABLE", "42939", 'name "public" is reserved'),
        ("CREATE USER pg_x PASSWORD DISABLE", "42939", 'name "pg_x" is reserved'),
        ('CREATE USER "IAM:x" PASSWORD DISABLE', "42602", 'name "iam:x" has a colon, which temporary credentials have'),
        ("CREATE USER ann PASSWORD DISABLE IN GROUP nobody", "42704", 'group "nobody" does not exist'),
        ("CREATE USER ann PASSWORD DISABLE EXTERNALID 'x'", "0A000", "EXTERNALID is not supported"),
        ("CREATE USER a PASSWORD DISABLE SESSION TIMEOUT 59", "22023", "SESSION TIMEOUT must be 60 to 1728000 seconds"),
        ("CREATE USER a PASSWORD DISABLE VALID UNTIL 'soon'", "22007", 'invalid input syntax for type abstime: "soon"'),
        ("CREATE USER ann PASSWORD DISABLE WHATEVER", "42601", 'syntax error at or near "WHATEVER"'),
        ("CREATE USER ann PASSWORD DISABLE; DROP USER bob", "42601", 'syntax error at or near ";"'),
        ("CREATE USER ann", "42601", 'user "ann" needs a PASSWORD, or PASSWORD DISABLE'),
        ("ALTER USER awsuser SET nothing TO 1", "42704", 'unrecognized configuration parameter "nothing"'),
        ("ALTER USER awsuser SET datestyle TO german", "0A000", "datestyle = german is not supported"),
        ("ALTER USER nobody CREATEDB", "42704", 'user "nobody" does not exist'),
        ("ALTER USER awsuser", "42601", "syntax error at end of input"),
        ("ALTER USER rdsdb NOCREATEUSER", "42501", "permission denied"),
        ("DROP USER nobody", "42704", 'user "nobody" does not exist'),
        ("DROP USER awsuser", "55006", "current user cannot be dropped"),
        ("DROP USER rdsdb", "55006", "user \"rdsdb\" can't be dropped because it is the cluster's administrator"),
        ("CREATE GROUP g USER nobody", "42704", 'user "nobody" does not exist'),
        ("ALTER GROUP nobody ADD USER awsuser", "42704", 'group "nobody" does not exist'),
        ("DROP GROUP nobody", "42704", 'group "nobody" does not exist'),
    ],
)
def test_statements_that_cannot_be_run(admin: FakeSession, sql: str, sqlstate: str, message: str) -> None:
    error = refused(admin, sql)
    assert (error.sqlstate, error.message) == (sqlstate, message)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("CREATE USER x PASSWORD DISABLE", "must be superuser to create users"),
        ("ALTER USER bob PASSWORD DISABLE", "permission denied"),
        ("ALTER USER ann CREATEUSER", "permission denied"),
        (f"ALTER USER ann PASSWORD '{GOOD}' VALID UNTIL 'infinity'", "permission denied"),
        ("ALTER USER ann RENAME TO queen", "permission denied"),
        ("DROP USER bob", "must be superuser to drop users"),
        ("CREATE GROUP g", "must be superuser to create groups"),
        ("ALTER GROUP analysts ADD USER bob", "must be superuser to alter groups"),
        ("DROP GROUP analysts", "must be superuser to drop groups"),
    ],
)
def test_only_superusers_manage_users(people: FakeSession, sql: str, message: str) -> None:
    error = refused(FakeSession(people.db, "ann"), sql)
    assert (error.sqlstate, error.message) == ("42501", message)


def test_users_change_their_own_password_and_settings(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    ann = FakeSession(db, "ann")
    ann.run(f"ALTER USER ann PASSWORD '{GOOD}'")
    ann.run("ALTER USER ann SET search_path TO sales, public")
    ann.run("ALTER USER ann SET query_group = 'reports'")
    ann.run("ALTER USER ann RESET query_group")
    assert row(db, "md5 IS NOT NULL, settings", "ann") == (True, {"search_path": "sales, public"})


def test_a_renamed_user_needs_a_new_password(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    people.run(f"ALTER USER ann PASSWORD '{GOOD}'")
    people.run("ALTER USER ann RENAME TO queen")
    assert row(db, "id, md5, scram", "queen") == (101, None, None)
    assert people.notices == ["NOTICE: password cleared because of user rename"]
    assert members(db, "analysts") == ["queen"]


def test_options_can_be_taken_back(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    people.run("ALTER USER ann CREATEUSER CREATEDB CONNECTION LIMIT 1 SESSION TIMEOUT 60 VALID UNTIL '2030-01-01'")
    people.run(
        "ALTER USER ann WITH NOCREATEUSER NOCREATEDB CONNECTION LIMIT UNLIMITED RESET SESSION TIMEOUT"
        " VALID UNTIL 'infinity'"
    )
    columns = "superuser, createdb, connection_limit, session_timeout, valid_until"
    assert row(db, columns, "ann") == (False, False, None, None, None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("GRANT SELECT ON sales.orders TO bob", "REVOKE SELECT ON sales.orders FROM bob"),
        ("GRANT SELECT (id) ON sales.orders TO bob", "REVOKE SELECT (id) ON sales.orders FROM bob"),
        ("GRANT USAGE ON SCHEMA sales TO bob", "REVOKE ALL ON SCHEMA sales FROM bob"),
        ("GRANT CREATE ON DATABASE amp TO bob", "REVOKE CREATE ON DATABASE amp FROM bob"),
        (
            "ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO bob",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA sales REVOKE SELECT ON TABLES FROM bob",
        ),
    ],
)
def test_a_user_with_privileges_is_not_dropped(people: FakeSession, before: str, after: str) -> None:
    people.run(before)
    error = refused(people, "DROP USER bob")
    # https://docs.aws.amazon.com/redshift/latest/dg/r_DROP_USER.html gives text and SQLSTATE.
    assert error.message == 'user "bob" can\'t be dropped because the user has a privilege on some object'
    assert error.sqlstate == "55006"
    people.run(after)
    assert people.run("DROP USER bob") == "DROP USER"


def test_a_user_that_owns_something_is_not_dropped(people: FakeSession) -> None:
    people.run("ALTER TABLE sales.orders OWNER TO bob")
    error = refused(people, "DROP USER bob")
    assert error.message == 'user "bob" can\'t be dropped because the user owns some object'
    assert error.sqlstate == "55006"
    people.run("ALTER TABLE sales.orders OWNER TO awsuser")
    assert people.run("DROP USER bob") == "DROP USER"


def test_a_failed_drop_of_several_drops_none(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    refused(people, "DROP USER bob, nobody")
    assert row(db, "name", "bob") == ("bob",)


def test_dropping_a_user_that_is_not_there_can_be_allowed(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    people.run("DROP USER IF EXISTS nobody, bob")
    assert people.notices == ['NOTICE: user "nobody" does not exist, skipping']
    assert db.execute("SELECT 1 FROM amp_sys.users WHERE name = 'bob'").fetchone() is None


def test_a_dropped_user_is_in_no_group_any_more(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    people.run("DROP USER ann")
    assert db.execute("SELECT * FROM amp_sys.members").fetchall() == []


@pytest.mark.parametrize("name", ["x'; DROP TABLE t; --", 'quo"te', "日本", "a b", "{a,b}", "%s", "$1"])
def test_names_are_only_names(people: FakeSession, db: duckdb.DuckDBPyConnection, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    people.run(f"CREATE USER {quoted} PASSWORD DISABLE")
    people.run(f"CREATE GROUP {quoted} WITH USER {quoted}")
    people.run(f"GRANT SELECT ON sales.orders TO {quoted}, GROUP {quoted}")
    people.run(f"ALTER USER {quoted} SET query_group TO 'a''b'")
    folded = name.lower()
    assert row(db, "settings", folded) == ({"query_group": "a'b"},)
    assert members(db, folded) == [folded]
    people.run(f"REVOKE ALL ON sales.orders FROM {quoted}, GROUP {quoted}")
    people.run(f"DROP GROUP {quoted}")
    people.run(f"DROP USER {quoted}")
    assert db.execute("SELECT count(*) FROM amp_sys.users").fetchone() == (4,)


@pytest.mark.parametrize("name", ['""', '"' + "x" * 128 + '"', '"' + "日" * 43 + '"'])
def test_names_that_no_object_can_have(admin: FakeSession, name: str) -> None:
    assert refused(admin, f"CREATE USER {name} PASSWORD DISABLE").sqlstate == "42602"


def test_groups_gain_and_lose_users(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    people.run("ALTER GROUP analysts ADD USER bob, ann")
    assert members(db, "analysts") == ["ann", "bob"]
    people.run("ALTER GROUP analysts DROP USER ann")
    assert members(db, "analysts") == ["bob"]
    people.run("ALTER GROUP analysts RENAME TO readers")
    assert members(db, "readers") == ["bob"]


def test_a_group_with_privileges_is_not_dropped(people: FakeSession) -> None:
    # https://docs.aws.amazon.com/redshift/latest/dg/r_DROP_GROUP.html
    people.run("GRANT SELECT ON sales.orders TO GROUP analysts")
    error = refused(people, "DROP GROUP analysts")
    assert error.message == 'group "analysts" can\'t be dropped because the group has a privilege on some object'
    people.run("REVOKE SELECT ON sales.orders FROM GROUP analysts")
    assert people.run("DROP GROUP analysts") == "DROP GROUP"


def test_users_made_at_the_same_time_conflict(people: FakeSession) -> None:
    one, other = (FakeSession(people.db.cursor(), block=True) for _ in range(2))
    for session in (one, other):
        session.db.execute("BEGIN")
    one.run("CREATE USER eve PASSWORD DISABLE")
    with pytest.raises(duckdb.TransactionException):
        other.run("CREATE USER eve PASSWORD DISABLE")
    one.db.execute("COMMIT")
