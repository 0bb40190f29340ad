"""Logins.

https://docs.aws.amazon.com/redshift/latest/APIReference/API_GetClusterCredentials.html
"""

import hashlib
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from support.warehouse_objects import PASSWORD, FakeSession

from amp_sandbox.warehouse import security
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.security import login
from amp_sandbox.warehouse.wire.scram import Verifier

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SALT = b"\x01\x02\x03\x04"
GOOD = "Abcdefg1"


def answer(user: str, password: str, salt: bytes = SALT) -> str:
    """What a client of PostgreSQL's MD5 method sends: https://www.postgresql.org/docs/15/protocol-flow.html"""
    inner = hashlib.md5((password + user).encode()).hexdigest()
    return "md5" + hashlib.md5(inner.encode() + salt).hexdigest()


def by_md5(db: duckdb.DuckDBPyConnection, user: str, password: str, now: datetime = NOW) -> login.Login:
    return login.by_md5(db, user, SALT, answer(user, password), now)


def test_a_password_proves_a_user_by_md5(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    people.run(f"ALTER USER ann PASSWORD '{GOOD}' CONNECTION LIMIT 2 SESSION TIMEOUT 90")
    people.run("ALTER USER ann SET search_path TO sales")
    assert by_md5(db, "ann", GOOD) == login.Login("ann", (), {"search_path": "sales"}, 2, 90)


@pytest.mark.parametrize(("user", "password"), [("ann", "Wrong1234"), ("nobody", GOOD), ("bob", GOOD)])
def test_wrong_passwords_unknown_and_disabled_users_fail_alike(
    people: FakeSession, db: duckdb.DuckDBPyConnection, user: str, password: str
) -> None:
    people.run(f"ALTER USER ann PASSWORD '{GOOD}'")
    with pytest.raises(SqlError) as caught:
        by_md5(db, user, password)
    assert (caught.value.sqlstate, caught.value.message) == (
        "28P01",
        f'password authentication failed for user "{user}"',
    )


def test_the_same_answer_does_not_fit_another_salt(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    people.run(f"ALTER USER ann PASSWORD '{GOOD}'")
    with pytest.raises(SqlError, match="password authentication failed"):
        login.by_md5(db, "ann", b"\x09\x09\x09\x09", answer("ann", GOOD), NOW)


def test_a_password_has_a_scram_verifier(admin: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    text = login.scram_verifier(db, "awsuser")
    assert text is not None
    kept = Verifier.parse(text)
    assert Verifier.of(PASSWORD, kept.salt, kept.iterations) == kept
    assert login.by_scram(db, "awsuser", NOW).user == "awsuser"


def test_scram_is_nothing_for_users_without_a_verifier(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    assert login.scram_verifier(db, "ann") is None
    assert login.scram_verifier(db, "nobody") is None
    with pytest.raises(SqlError, match="password authentication failed"):
        login.by_scram(db, "ann", NOW)


@pytest.mark.parametrize(
    ("password", "methods"),
    [
        (f"'{GOOD}'", ("scram", "md5")),
        (f"'sha256|{GOOD}'", ("password",)),
        ("'md5153c434b4b77c89e6b94f12c5393af5b'", ("md5",)),
        ("DISABLE", ("scram", "md5")),
    ],
)
def test_methods_are_those_that_the_kept_password_allows(
    people: FakeSession, db: duckdb.DuckDBPyConnection, password: str, methods: tuple[str, ...]
) -> None:
    people.run(f"ALTER USER ann PASSWORD {password}")
    assert login.methods(db, "ann") == methods
    assert login.methods(db, "IAM:ann") == ("md5",)


def test_a_sha256_password_is_proved_by_itself(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    people.run(f"ALTER USER ann PASSWORD 'sha256|{GOOD}'")
    digest = hashlib.sha256(GOOD.encode() + bytes.fromhex("00ff")).hexdigest()
    people.run(f"ALTER USER bob PASSWORD 'sha256|{digest}|00ff'")
    assert [login.by_password(db, user, GOOD, NOW).user for user in ("ann", "bob")] == ["ann", "bob"]
    for wrong in ("Wrong1234", ""):
        with pytest.raises(SqlError, match="password authentication failed"):
            login.by_password(db, "ann", wrong, NOW)


def test_a_password_is_good_until_its_time(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    people.run(f"ALTER USER ann PASSWORD '{GOOD}' VALID UNTIL '2026-11-22 12:00:00'")
    assert by_md5(db, "ann", GOOD, NOW - timedelta(seconds=1)).user == "ann"
    with pytest.raises(SqlError, match="password authentication failed"):
        by_md5(db, "ann", GOOD, NOW)


def test_temporary_credentials_expire(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    made = login.create_credentials(db, "Ann", auto_create=False, groups=[], seconds=900, now=NOW)
    assert (made.login, made.expires) == ("IAM:ann", NOW + timedelta(seconds=900))
    assert by_md5(db, made.login, made.password).user == "ann"
    with pytest.raises(SqlError, match="password authentication failed"):
        by_md5(db, made.login, made.password, NOW + timedelta(seconds=900))


def test_several_credentials_of_a_user_are_good_at_a_time(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    made = [
        login.create_credentials(db, "ann", auto_create=False, groups=groups, seconds=900, now=NOW)
        for groups in ([], ["empty"])
    ]
    assert [by_md5(db, one.login, one.password).groups for one in made] == [(), ("empty",)]


def test_a_credential_is_for_its_own_login_name(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    made = login.create_credentials(db, "ann", auto_create=False, groups=[], seconds=900, now=NOW)
    for name in ("ann", "bob", "IAM:bob", "IAMA:ann"):
        with pytest.raises(SqlError, match="password authentication failed"):
            by_md5(db, name, made.password)


def test_credentials_of_a_user_that_is_not_there_fail_or_make_it(
    people: FakeSession, db: duckdb.DuckDBPyConnection
) -> None:
    plain = login.create_credentials(db, "eve", auto_create=False, groups=[], seconds=900, now=NOW)
    with pytest.raises(SqlError, match='user "eve" does not exist'):
        by_md5(db, plain.login, plain.password)
    making = login.create_credentials(db, "eve", auto_create=True, groups=[], seconds=900, now=NOW)
    assert making.login == "IAMA:eve"
    assert by_md5(db, making.login, making.password).user == "eve"
    assert by_md5(db, plain.login, plain.password).user == "eve"


def test_credentials_go_on_when_the_password_has_expired(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    people.run("ALTER USER ann VALID UNTIL '2000-01-01'")
    made = login.create_credentials(db, "ann", auto_create=False, groups=[], seconds=900, now=NOW)
    assert by_md5(db, made.login, made.password).user == "ann"


def test_groups_of_credentials_count_for_the_session_only(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    people.run("GRANT SELECT ON sales.orders TO GROUP empty")
    session = FakeSession(db, "bob", groups=("empty",))
    assert security.load_grants(session).can("SELECT", "table", "sales", "orders")
    assert not security.load_grants(FakeSession(db, "bob")).can("SELECT", "table", "sales", "orders")


def test_a_group_of_credentials_must_be_there(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    made = login.create_credentials(db, "ann", auto_create=False, groups=["none"], seconds=900, now=NOW)
    with pytest.raises(SqlError, match='group "none" does not exist'):
        by_md5(db, made.login, made.password)


def test_nobody_logs_on_as_the_system_itself(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    made = login.create_credentials(db, "rdsdb", auto_create=True, groups=[], seconds=900, now=NOW)
    with pytest.raises(SqlError, match='user "rdsdb" does not exist'):
        by_md5(db, made.login, made.password)


def test_passwords_are_in_no_repr(people: FakeSession, db: duckdb.DuckDBPyConnection) -> None:
    made = login.create_credentials(db, "ann", auto_create=False, groups=[], seconds=900, now=NOW)
    assert made.password not in repr(made)
