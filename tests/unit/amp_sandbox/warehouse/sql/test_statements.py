"""Statements run on a real database: transactions, objects, settings, cursors, cancelling, crashes."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from support.waiting import eventually
from support.warehouse_sql import Rows, fails

from amp_sandbox.errors import SandboxError
from amp_sandbox.warehouse.engine import Warehouse
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.session import Session
from amp_sandbox.warehouse.types import Result

NewWarehouse = Callable[..., Warehouse]


def _tags(session: Session, sql: str) -> list[str]:
    tags: list[str] = []

    def read(result: Result) -> None:
        result.rows()
        tags.append(result.command_tag)

    session.run_script(sql, read)
    return tags


def test_an_error_in_a_block_ends_all_but_rollback(session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_ROLLBACK.html"""
    rows("CREATE TEMP TABLE kept (a int)")
    assert session.transaction_status == "I"
    session.run("BEGIN")
    assert session.transaction_status == "T"
    rows("INSERT INTO kept VALUES (1)")
    assert fails(session, "SELECT nothing").sqlstate == "42703"
    assert session.transaction_status == "E"
    assert fails(session, "SELECT 1").sqlstate == "25P02"
    assert fails(session, "INSERT INTO kept VALUES (2)").sqlstate == "25P02"
    assert session.run("COMMIT").command_tag == "ROLLBACK"
    assert session.transaction_status == "I"
    assert rows("SELECT count(*) FROM kept") == [(0,)]


@pytest.mark.parametrize("end", ["COMMIT", "END", "COMMIT WORK", "END TRANSACTION"])
def test_a_block_is_committed(session: Session, rows: Rows, end: str) -> None:
    rows("CREATE TEMP TABLE done (a int)")
    _tags(session, "START TRANSACTION ISOLATION LEVEL SERIALIZABLE READ WRITE; INSERT INTO done VALUES (1)")
    session.run(end)
    assert (session.transaction_status, rows("SELECT a FROM done")) == ("I", [(1,)])


@pytest.mark.parametrize("end", ["ROLLBACK", "ABORT"])
def test_a_block_is_rolled_back_with_its_objects(session: Session, rows: Rows, end: str) -> None:
    session.run("BEGIN")
    rows("CREATE TABLE public.undone (a int)")
    rows("INSERT INTO public.undone VALUES (1)")
    assert rows("SELECT a FROM public.undone") == [(1,)]
    session.run(end)
    assert fails(session, "SELECT a FROM public.undone").sqlstate == "42P01"


def test_the_statements_of_a_text_are_one_transaction(session: Session, rows: Rows) -> None:
    """https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT"""
    rows("CREATE TEMP TABLE together (a int)")
    with pytest.raises(SqlError):
        _tags(session, "INSERT INTO together VALUES (1); SELECT 1/0")
    assert rows("SELECT count(*) FROM together") == [(0,)]
    assert _tags(session, "INSERT INTO together VALUES (1); SELECT a FROM together;;") == ["INSERT 0 1", "SELECT 1"]
    assert _tags(session, " ; -- nothing") == []


def test_changes_of_the_same_row_conflict(warehouse: Warehouse, session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/c_serial_isolation.html"""
    other = warehouse.connect("awsuser")
    rows("CREATE TABLE public.contended (a int)")
    rows("INSERT INTO public.contended VALUES (1)")
    try:
        session.run("BEGIN")
        rows("UPDATE public.contended SET a = 2")
        assert fails(other, "UPDATE public.contended SET a = 3").sqlstate == "40001"
        session.run("COMMIT")
        assert other.run("SELECT a FROM public.contended").rows() == [(2,)]
    finally:
        other.close()
        rows("DROP TABLE public.contended")


def test_truncate_commits(session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_TRUNCATE.html"""
    rows("CREATE TEMP TABLE emptied (a int)")
    rows("INSERT INTO emptied VALUES (1)")
    session.run("BEGIN")
    session.run("TRUNCATE emptied")
    assert session.transaction_status == "I"
    assert rows("SELECT count(*) FROM emptied") == [(0,)]


def test_views_follow_their_kinds(session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_VIEW.html"""
    rows("CREATE SCHEMA shown")
    try:
        rows("CREATE TABLE shown.base (a int, v varchar(5))")
        rows("INSERT INTO shown.base VALUES (1, 'x'), (2, 'y')")
        rows("CREATE VIEW shown.bound (n) AS SELECT a FROM shown.base WHERE v = 'x'")
        rows("CREATE VIEW shown.late AS SELECT * FROM shown.later WITH NO SCHEMA BINDING")
        rows("CREATE MATERIALIZED VIEW shown.kept AS SELECT count(*) AS n FROM shown.base")
        assert rows("SELECT n FROM shown.bound") == [(1,)]
        assert fails(session, "SELECT * FROM shown.late").sqlstate == "42P01"
        rows("CREATE TABLE shown.later AS SELECT 5 AS z")
        assert rows("SELECT z FROM shown.late") == [(5,)]
        rows("DROP TABLE shown.later")  # nothing depends on it
        rows("DELETE FROM shown.base")
        assert rows("SELECT n FROM shown.kept") == [(2,)]
        rows("REFRESH MATERIALIZED VIEW shown.kept")
        assert rows("SELECT n FROM shown.kept") == [(0,)]
        error = fails(session, "DROP TABLE shown.base")
        assert error.sqlstate == "2BP01"
        assert "shown.bound" in str(error.detail)
        assert fails(session, "INSERT INTO shown.bound VALUES (1)").sqlstate == "42809"
        assert fails(session, "DELETE FROM shown.kept").sqlstate == "42809"
        rows("CREATE OR REPLACE VIEW shown.bound AS SELECT v FROM shown.base")
        assert fails(session, "SELECT n FROM shown.bound").sqlstate == "42703"
        rows("DROP TABLE shown.base CASCADE")
        assert fails(session, "SELECT v FROM shown.bound").sqlstate == "42P01"
    finally:
        rows("DROP SCHEMA shown CASCADE")


def test_tables_are_altered(session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html"""
    rows("CREATE TABLE public.altered (a int DISTKEY, b varchar(3)) SORTKEY (a)")
    try:
        rows("INSERT INTO altered VALUES (1, 'abc')")
        rows("ALTER TABLE altered ADD COLUMN c int DEFAULT 4 NOT NULL")
        rows("ALTER TABLE altered RENAME COLUMN b TO bb")
        rows("ALTER TABLE altered ALTER COLUMN bb TYPE varchar(10)")
        rows("INSERT INTO altered (a, bb) VALUES (2, 'abcdefg')")
        rows("ALTER TABLE altered ADD CONSTRAINT pk PRIMARY KEY (a)")
        rows("ALTER TABLE altered DROP CONSTRAINT pk")
        assert rows("SELECT * FROM altered ORDER BY a") == [(1, "abc", 4), (2, "abcdefg", 4)]
        assert fails(session, "ALTER TABLE altered ALTER COLUMN bb TYPE varchar(5)").sqlstate == "22001"
        assert fails(session, "ALTER TABLE altered ADD COLUMN d int NOT NULL").sqlstate == "42601"
        assert fails(session, "ALTER TABLE altered APPEND FROM x").sqlstate == "0A000"
        rows("ALTER TABLE altered DROP COLUMN c")
        rows("ALTER TABLE altered RENAME TO altered2")
        assert rows("SELECT * FROM altered2 WHERE a = 1") == [(1, "abc")]
        rows("ALTER TABLE altered2 RENAME TO altered")
    finally:
        rows("DROP TABLE public.altered")


def test_tables_are_made_from_queries_and_other_tables(session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_AS.html and r_SELECT_INTO.html"""
    rows("CREATE TEMP TABLE first DISTKEY(a) SORTKEY(b) AS SELECT 1 AS a, 'x'::varchar(7) AS b")
    rows("SELECT a, b INTO TEMP second FROM first")
    rows("CREATE TEMP TABLE third (LIKE first)")
    rows("INSERT INTO third SELECT * FROM second")
    assert rows("SELECT * FROM third") == [(1, "x")]
    assert fails(session, "INSERT INTO third VALUES (1, '12345678')").sqlstate == "22001"
    assert fails(session, "CREATE TEMP TABLE first (a int)").sqlstate == "42P07"
    rows("CREATE TEMP TABLE IF NOT EXISTS first (z int)")
    assert "already exists" in session.notices[-1].message


def test_temporary_tables_end_with_their_session(warehouse: Warehouse, session: Session) -> None:
    other = warehouse.connect("awsuser")
    other.run("CREATE TEMP TABLE mine (a int)")
    other.run("INSERT INTO mine VALUES (1)")
    assert other.run("SELECT a FROM mine").rows() == [(1,)]
    schema = other.temporary_schema
    assert fails(session, "SELECT a FROM mine").sqlstate == "42P01"
    assert fails(session, f"SELECT a FROM {schema}.mine").sqlstate == "3F000"
    other.close()
    other.close()
    left = session.db.execute("SELECT count(*) FROM duckdb_tables() WHERE schema_name = $1", [schema]).fetchone()
    assert left == (0,)


def test_housekeeping_is_its_owners(warehouse: Warehouse, session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_VACUUM_command.html and r_ANALYZE.html, r_COMMENT.html"""
    rows("CREATE TABLE public.kept_tidy (a int)")
    rows("CREATE VIEW public.tidy_view AS SELECT a FROM public.kept_tidy")
    rows("CREATE MATERIALIZED VIEW public.tidy_kept AS SELECT a FROM public.kept_tidy")
    rows("CREATE USER tidier PASSWORD 'Tidying1'")
    other = warehouse.connect("tidier")
    try:
        for sql in (
            "ANALYZE public.kept_tidy (a)",
            "VACUUM FULL public.kept_tidy TO 99 PERCENT",
            "COMMENT ON TABLE public.kept_tidy IS 'tidy'",
            "COMMENT ON COLUMN public.kept_tidy.a IS NULL",
        ):
            rows(sql)
            assert fails(other, sql).sqlstate == "42501", sql
        assert fails(other, "VACUUM").sqlstate == "42501"
        session.run("BEGIN")
        assert fails(session, "VACUUM").sqlstate == "25001"
        session.run("ROLLBACK")
        assert any(
            "public.kept_tidy" in row[0] or "SEQ_SCAN" in row[0] for row in rows("EXPLAIN SELECT a FROM kept_tidy")
        )
        assert fails(other, "EXPLAIN SELECT a FROM kept_tidy").sqlstate == "42501"
        assert fails(other, "DROP VIEW public.tidy_view").sqlstate == "42501"
        rows("DROP VIEW public.tidy_view")
        rows("DROP MATERIALIZED VIEW public.tidy_kept")
    finally:
        other.close()
        rows("DROP TABLE public.kept_tidy CASCADE")
        rows("DROP USER tidier")


def test_external_schemas_keep_what_they_were_given(session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_EXTERNAL_SCHEMA.html"""
    role = "arn:aws:iam::000000000000:role/lake"
    rows(f"CREATE EXTERNAL SCHEMA spectrum FROM DATA CATALOG DATABASE 'amp_raw' REGION 'us-east-1' IAM_ROLE '{role}'")
    try:
        kept = session.db.execute(
            "SELECT glue_database, iam_role FROM amp_sys.schemas WHERE name = 'spectrum'"
        ).fetchall()
        assert kept == [("amp_raw", role)]
        assert (
            fails(session, "CREATE EXTERNAL SCHEMA spectrum FROM DATA CATALOG DATABASE 'x' IAM_ROLE default").sqlstate
            == "42P06"
        )
        rows("CREATE EXTERNAL SCHEMA IF NOT EXISTS spectrum FROM DATA CATALOG DATABASE 'x' IAM_ROLE default")
        assert fails(session, "CREATE TABLE spectrum.x (a int)").sqlstate == "0A000"
        assert fails(session, "SELECT * FROM spectrum.nothing").sqlstate == "42P01"
    finally:
        rows("DROP SCHEMA spectrum")


def test_cursors_are_fetched_in_a_transaction(session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/declare.html"""
    query = "DECLARE c CURSOR FOR SELECT n FROM generate_series(1, 5) g(n)"
    assert fails(session, query).sqlstate == "25P01"
    session.run("BEGIN")
    session.run(query)
    assert rows("FETCH 2 FROM c") == [(1,), (2,)]
    assert rows("FETCH NEXT FROM c") == [(3,)]
    assert rows("FETCH ALL FROM c") == [(4,), (5,)]
    assert rows("FETCH ALL FROM c") == []
    session.run("CLOSE c")
    assert fails(session, "FETCH c").sqlstate == "34000"
    session.run("ROLLBACK")


def test_prepared_statements_of_sql(session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_PREPARE.html"""
    rows("PREPARE adding (int, int) AS SELECT $1 + $2 AS s")
    assert rows("EXECUTE adding (1, -3)") == [(-2,)]
    assert fails(session, "EXECUTE adding (1)").sqlstate == "08P01"
    rows("DEALLOCATE adding")
    assert fails(session, "EXECUTE adding (1, 2)").sqlstate == "26000"


def test_settings_are_set_shown_and_reset(session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_SET.html"""
    assert rows("SHOW search_path") == [('"$user", public',)]
    rows("SET search_path TO 'Other', $user, public")
    assert rows("SHOW search_path") == [('"other", "$user", "public"',)]
    assert session.search_path()[1:] == ["other", "awsuser", "public"]
    rows("RESET search_path")
    rows("SET query_group TO 'reports'")
    assert rows("SHOW query_group") == [("reports",)]
    rows("SET query_group TO DEFAULT")
    assert rows("SHOW query_group") == [("default",)]
    assert rows("SHOW is_superuser") == [("on",)]
    assert fails(session, "SET nothing TO 1").sqlstate == "42704"
    assert fails(session, "SET server_version TO '9'").sqlstate == "55P02"
    assert fails(session, "SET timezone TO 'Europe/Paris'").sqlstate == "0A000"
    assert ("timezone", "UTC") in rows("SHOW ALL")


def test_a_statement_stops_at_its_timeout(session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_statement_timeout.html"""
    rows("SET statement_timeout TO 50")
    error = fails(session, "SELECT count(*) FROM generate_series(1, 10000000) a, generate_series(1, 10000000) b")
    assert (error.sqlstate, "timeout" in error.message) == ("57014", True)
    rows("SET statement_timeout TO 0")
    assert rows("SELECT 1") == [(1,)]


def test_a_statement_is_cancelled_from_another_thread(session: Session) -> None:
    session.cancel()  # nothing runs
    failures: list[SqlError] = []

    def run() -> None:
        try:
            session.run("SELECT count(*) FROM generate_series(1, 10000000) a, generate_series(1, 10000000) b").rows()
        except SqlError as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def cancelled() -> bool:
        session.cancel()
        return not thread.is_alive()

    eventually(cancelled, bool, timeout=20, what="the statement's end")
    thread.join()
    assert [one.sqlstate for one in failures] == ["57014"]
    assert session.run("SELECT 1").rows() == [(1,)]


def test_a_result_that_is_given_up_lets_the_next_statement_run(session: Session) -> None:
    result = session.run("SELECT n FROM generate_series(1, 1000000) g(n)")
    first = next(iter(result))
    assert first[0] == (1,)
    assert session.run("SELECT 2").rows() == [(2,)]
    result = session.run("SELECT n FROM generate_series(1, 1000000) g(n)")
    next(iter(result))
    result.close()
    assert session.run("SELECT 3").rows() == [(3,)]


def test_revoked_privileges_end_prepared_statements(warehouse: Warehouse, session: Session, rows: Rows) -> None:
    rows("CREATE TABLE public.lent (a int)")
    rows("CREATE USER borrower PASSWORD 'Borrowed1'")
    rows("GRANT SELECT ON public.lent TO borrower")
    borrower = warehouse.connect("borrower")
    try:
        prepared = borrower.prepare("SELECT a FROM public.lent")
        assert borrower.execute(prepared).rows() == []
        rows("REVOKE SELECT ON public.lent FROM borrower")
        with pytest.raises(SqlError) as caught:
            borrower.execute(prepared)
        assert caught.value.sqlstate == "42501"
        rows("DROP TABLE public.lent")
        rows("CREATE TABLE public.lent (a int)")  # another table of the same name
        with pytest.raises(SqlError) as caught:
            borrower.execute(prepared)
        assert caught.value.sqlstate == "42501"
    finally:
        borrower.close()
        rows("DROP TABLE public.lent")
        rows("DROP USER borrower")


def test_columns_are_granted_apart(warehouse: Warehouse, session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html: column-level access control"""
    rows("CREATE TABLE public.parted (seen int, hidden int, changed int)")
    rows("INSERT INTO public.parted VALUES (1, 2, 3)")
    rows("CREATE USER partial PASSWORD 'Partial1'")
    rows("GRANT SELECT (seen), UPDATE (changed) ON public.parted TO partial")
    user = warehouse.connect("partial")
    try:
        for sql in (
            "SELECT seen FROM parted",
            "SELECT p.seen + 1 FROM parted p WHERE p.seen = 1 ORDER BY seen",
            "SELECT count(*) FROM parted",
            "SELECT * FROM (SELECT seen FROM parted) x",
            "UPDATE parted SET changed = 4",
            "UPDATE parted SET changed = 5 WHERE seen = 1",
        ):
            user.run(sql).rows()
        for sql in (
            "SELECT hidden FROM parted",
            "SELECT * FROM parted",
            "SELECT p.* FROM parted p",
            "SELECT seen FROM parted WHERE hidden = 2",
            "SELECT seen FROM parted ORDER BY hidden",
            "SELECT seen FROM parted GROUP BY seen, hidden",
            "SELECT (SELECT max(hidden) FROM parted)",
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM parted WHERE hidden = 2)",
            "SELECT x.seen FROM parted x JOIN parted y USING (hidden)",
            "SELECT x.seen FROM parted x NATURAL JOIN parted y",
            "SELECT o.seen FROM parted o WHERE EXISTS (SELECT 1 FROM (SELECT 1 AS a) i WHERE i.a = o.hidden)",
            "SELECT p.b FROM parted p (a, b)",
            "UPDATE parted SET seen = 1",
            "UPDATE parted SET changed = hidden",
            "UPDATE parted SET changed = 1 WHERE hidden = 2",
            "DELETE FROM parted",
            "INSERT INTO parted (seen) VALUES (1)",
            "CREATE TEMP TABLE stolen AS SELECT * FROM public.parted",
        ):
            assert fails(user, sql).sqlstate in ("42501", "0A000"), sql
    finally:
        user.close()
        rows("DROP TABLE public.parted")
        rows("DROP USER partial")


def test_positions_are_those_of_the_whole_text(session: Session) -> None:
    with pytest.raises(SqlError) as caught:
        session.run_script("SELECT 1; SELECT nothing", lambda result: result.rows())
    assert caught.value.position == len("SELECT 1; SELECT n")
    assert fails(session, "SELECT 1 FROM nowhere").position == len("SELECT 1 FROM n")


def test_data_survives_a_restart(new_warehouse: NewWarehouse) -> None:
    first = new_warehouse()
    session = first.connect("awsuser")
    session.run("CREATE TABLE kept (a int IDENTITY(1, 1), v varchar(3))")
    session.run("INSERT INTO kept (v) VALUES ('a')")
    session.run("BEGIN")
    session.run("INSERT INTO kept (v) VALUES ('b')")
    first.stop()
    again = new_warehouse().connect("awsuser")
    again.run("INSERT INTO kept (v) VALUES ('c')")
    assert [row[1] for row in again.run("SELECT a, v FROM kept ORDER BY a").rows()] == ["a", "c"]
    assert fails(again, "INSERT INTO kept (v) VALUES ('long')").sqlstate == "22001"


def test_a_database_has_one_process(new_warehouse: NewWarehouse, tmp_path: Path) -> None:
    new_warehouse()
    script = "import sys; from pathlib import Path; from amp_sandbox.warehouse.engine import *; "
    script += "Warehouse(Options(Path(sys.argv[1]))).start()"
    told = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "warehouse")], capture_output=True, text=True, timeout=60
    )
    assert told.returncode != 0
    assert SandboxError.__name__ in told.stderr


_CRASH = """
import os, signal, sys
from pathlib import Path
from amp_sandbox.warehouse.engine import Options, Warehouse
warehouse = Warehouse(Options(Path(sys.argv[1])))
warehouse.start()
session = warehouse.connect("awsuser")
session.run("CREATE TABLE survivors (a int)")
session.run("INSERT INTO survivors VALUES (1)")
session.run("CREATE TEMP TABLE gone (a int)")
session.run("BEGIN")
session.run("INSERT INTO survivors VALUES (2)")
session.run("CREATE TABLE half (a int)")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_kill_9_keeps_what_was_committed_and_nothing_else(new_warehouse: NewWarehouse, tmp_path: Path) -> None:
    told = subprocess.run([sys.executable, "-c", _CRASH, str(tmp_path / "warehouse")], timeout=60, check=False)
    assert told.returncode == -signal.SIGKILL
    session = new_warehouse().connect("awsuser")
    assert session.run("SELECT a FROM survivors").rows() == [(1,)]
    assert fails(session, "SELECT a FROM half").sqlstate == "42P01"
    schemas = session.db.execute("SELECT name FROM amp_sys.schemas WHERE kind = 'temporary'").fetchall()
    assert schemas == []
