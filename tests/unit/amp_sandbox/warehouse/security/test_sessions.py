"""Grants as sessions meet them: from one statement to the next, and with a kill in between.

https://docs.aws.amazon.com/redshift/latest/dg/r_REVOKE.html and r_GRANT.html
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from amp_sandbox.warehouse.engine import Options, Warehouse
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.session import Session

Connect = Callable[..., Session]


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    warehouse = Warehouse(Options(folder=tmp_path))
    warehouse.start()
    admin = warehouse.connect("awsuser")
    for statement in (
        "CREATE GROUP readers",
        "CREATE USER ann PASSWORD DISABLE",
        "CREATE USER bob PASSWORD DISABLE",
        "CREATE SCHEMA sales",
        "CREATE TABLE sales.orders (id int, name varchar(10))",
        "INSERT INTO sales.orders VALUES (1, 'one')",
        "GRANT USAGE ON SCHEMA sales TO PUBLIC",
        "GRANT SELECT ON sales.orders TO ann",
    ):
        admin.run(statement).close()
    yield warehouse.connect
    warehouse.stop()


def refused(session: Session, sql: str) -> tuple[str, str]:
    with pytest.raises(SqlError) as caught:
        session.run(sql).rows()
    return caught.value.sqlstate, caught.value.message


ORDERS = "SELECT id FROM sales.orders"
DENIED = ("42501", "permission denied for relation orders")


def test_a_revoke_counts_from_the_next_statement_on(connect: Connect) -> None:
    admin, ann = connect("awsuser"), connect("ann")
    assert ann.run(ORDERS).rows() == [(1,)]
    admin.run("REVOKE SELECT ON sales.orders FROM ann").close()
    assert refused(ann, ORDERS) == DENIED
    admin.run("GRANT SELECT ON sales.orders TO ann").close()
    assert ann.run(ORDERS).rows() == [(1,)]


def test_a_prepared_statement_is_refused_after_a_revoke(connect: Connect) -> None:
    admin, ann = connect("awsuser"), connect("ann")
    prepared = ann.prepare(ORDERS)
    assert ann.execute(prepared).rows() == [(1,)]
    admin.run("REVOKE SELECT ON sales.orders FROM ann").close()
    with pytest.raises(SqlError, match="permission denied for relation orders"):
        ann.execute(prepared)


def test_a_text_that_is_sent_again_is_refused_after_a_revoke(connect: Connect) -> None:
    admin, ann = connect("awsuser"), connect("ann")
    found: list[list[tuple[object, ...]]] = []
    ann.run_script(ORDERS, lambda result: found.append(result.rows()))
    admin.run("INSERT INTO sales.orders VALUES (2, 'two')").close()
    ann.run_script(ORDERS, lambda result: found.append(sorted(result.rows())))
    assert found == [[(1,)], [(1,), (2,)]]
    admin.run("REVOKE SELECT ON sales.orders FROM ann").close()
    with pytest.raises(SqlError, match="permission denied for relation orders"):
        ann.run_script(ORDERS, lambda result: found.append(result.rows()))
    assert len(found) == 2


def test_a_revoke_counts_in_a_transaction_that_is_open(connect: Connect) -> None:
    admin, ann = connect("awsuser"), connect("ann")
    ann.run("BEGIN").close()
    assert ann.run(ORDERS).rows() == [(1,)]
    admin.run("REVOKE SELECT ON sales.orders FROM ann").close()
    assert refused(ann, ORDERS) == DENIED


def test_a_grant_counts_once_it_is_committed(connect: Connect) -> None:
    admin, bob = connect("awsuser"), connect("bob")
    admin.run("BEGIN").close()
    admin.run("GRANT SELECT ON sales.orders TO bob").close()
    assert refused(bob, ORDERS) == DENIED
    admin.run("COMMIT").close()
    assert bob.run(ORDERS).rows() == [(1,)]


def test_a_grant_that_is_rolled_back_never_was(connect: Connect) -> None:
    admin, bob = connect("awsuser"), connect("bob")
    admin.run("BEGIN").close()
    admin.run("GRANT SELECT ON sales.orders TO bob").close()
    admin.run("SET SESSION AUTHORIZATION bob").close()
    assert admin.run(ORDERS).rows() == [(1,)]
    admin.run("ROLLBACK").close()
    assert refused(bob, ORDERS) == DENIED


def test_a_failed_statement_leaves_nothing(connect: Connect) -> None:
    admin = connect("awsuser")
    assert refused(admin, "GRANT SELECT ON sales.orders, sales.nothing TO bob")[0] == "42P01"
    assert refused(admin, "DROP USER bob, nobody")[0] == "42704"
    assert refused(connect("bob"), ORDERS) == DENIED


def test_groups_of_temporary_credentials_are_for_their_session(connect: Connect) -> None:
    connect("awsuser").run("GRANT SELECT ON sales.orders TO GROUP readers").close()
    mine = connect("bob", groups=("readers",))
    assert mine.run(ORDERS).rows() == [(1,)]
    assert mine.run("SELECT has_table_privilege('sales.orders', 'select')").rows() == [(True,)]
    other = connect("bob")
    assert refused(other, ORDERS) == DENIED
    assert other.run("SELECT has_table_privilege('sales.orders', 'select')").rows() == [(False,)]


def test_columns_are_granted_to_queries(connect: Connect) -> None:
    connect("awsuser").run("GRANT SELECT (id) ON sales.orders TO bob").close()
    bob = connect("bob")
    assert bob.run(ORDERS).rows() == [(1,)]
    assert bob.run("SELECT count(*) FROM sales.orders").rows() == [(1,)]
    assert refused(bob, "SELECT * FROM sales.orders") == DENIED
    assert refused(bob, "SELECT id FROM sales.orders WHERE name = 'one'") == DENIED


def test_a_view_reads_with_its_owners_privileges(connect: Connect) -> None:
    # https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT-usage-notes.html: a view's privileges are its own.
    admin, ann, bob = connect("awsuser"), connect("ann"), connect("bob")
    for kind in ("", " WITH NO SCHEMA BINDING"):
        admin.run(f"CREATE OR REPLACE VIEW sales.names AS SELECT name FROM sales.orders{kind}").close()
        admin.run("GRANT SELECT ON sales.names TO bob").close()
        assert bob.run("SELECT * FROM sales.names").rows() == [("one",)]
        assert refused(bob, ORDERS) == DENIED
        assert refused(ann, "SELECT * FROM sales.names") == ("42501", "permission denied for relation names")
        admin.run("ALTER TABLE sales.names OWNER TO bob").close()
        assert refused(bob, "SELECT * FROM sales.names") == DENIED
        admin.run("DROP VIEW sales.names").close()


def test_who_becomes_another_user_may_do_what_that_one_may(connect: Connect) -> None:
    admin = connect("awsuser")
    admin.run("SET SESSION AUTHORIZATION bob").close()
    assert admin.run("SELECT current_user, session_user").rows() == [("bob", "awsuser")]
    assert refused(admin, ORDERS) == DENIED
    admin.run("RESET SESSION AUTHORIZATION").close()
    assert admin.run(ORDERS).rows() == [(1,)]


def test_users_and_grants_outlive_the_warehouse(tmp_path: Path) -> None:
    first = Warehouse(Options(folder=tmp_path, superuser_password="Correct1horse"))
    first.start()
    admin = first.connect("awsuser")
    for statement in ("CREATE USER ann PASSWORD DISABLE", "CREATE TABLE t (id int)", "GRANT SELECT ON t TO ann"):
        admin.run(statement).close()
    first.stop()
    second = Warehouse(Options(folder=tmp_path, superuser_password="Another1horse"))
    second.start()
    try:
        assert second.connect("ann").run("SELECT * FROM t").rows() == []
        kept = "SELECT count(*) FROM pg_user WHERE usename IN ('awsuser', 'ann')"
        assert second.connect("awsuser").run(kept).rows() == [(2,)]
    finally:
        second.stop()
