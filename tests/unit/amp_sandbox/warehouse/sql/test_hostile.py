"""What must not be: files, settings, other databases, DuckDB's own functions, and texts made to break the reader.

Every statement fails with a SQLSTATE, none reads or writes a file, and the session goes on.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.hostile_sql import HOSTILE, LONG

from amp_sandbox.warehouse.engine import Warehouse
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.session import Session

# What a refused or broken statement may be told; XX000, an internal error, is none of them.
STATES = """
    0A000 22003 22007 22008 22012 22023 22P02 25P01 26000 34000 3F000 42501 42601 42602 42622 42701 42702 42703 42704
    42712 42803 42804 42809 42846 42883 42939 42P01 42P07 54000 54001 58030
"""


@pytest.fixture(scope="module")
def session(warehouse: Warehouse) -> Iterator[Session]:
    """One session that all attacks meet, one after the other: it goes on."""
    made = warehouse.connect("awsuser")
    yield made
    made.close()


@pytest.mark.parametrize("sql", HOSTILE, ids=[f"{n}: {sql[:60]!r}" for n, sql in enumerate(HOSTILE)])
def test_hostile_statement_fails_cleanly(session: Session, sql: str) -> None:
    with pytest.raises(SqlError) as caught:
        session.run_script(sql, lambda result: result.rows())
    assert caught.value.sqlstate in STATES.split(), caught.value
    if session.transaction_status != "I":
        session.rollback()
    assert session.run("SELECT 1").rows() == [(1,)]


@pytest.mark.parametrize("name", LONG)
def test_statement_that_is_too_much_fails_cleanly_or_runs(session: Session, name: str) -> None:
    failed = None
    try:
        session.run_script(LONG[name], lambda result: result.rows())
    except SqlError as error:
        failed = error
    assert failed is None or failed.sqlstate in ("54000", "54001", "42601", "53200"), failed
    assert session.run("SELECT 1").rows() == [(1,)]


def test_statements_write_no_file(warehouse: Warehouse, session: Session, tmp_path: Path) -> None:
    target = tmp_path / "written"
    for sql in (
        f"COPY (SELECT 1) TO '{target}'",
        f"COPY pg_class TO '{target}'",
        f"UNLOAD ('SELECT 1') TO '{target}' IAM_ROLE default",
        f"UNLOAD ('SELECT 1') TO 'file://{target}' IAM_ROLE default",
        f"EXPORT DATABASE '{target}'",
        f"ATTACH '{target}' AS x",
    ):
        with pytest.raises(SqlError):
            session.run(sql)
    assert not target.exists()


@pytest.mark.parametrize(
    "sql",
    [
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET memory_limit = '100GB'",
        "ATTACH '/tmp/other.duckdb' AS other",
        "INSTALL httpfs",
        "COPY (SELECT 1) TO '/tmp/written.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/etc/*')",
    ],
)
def test_duckdb_itself_refuses_beneath_the_gate(session: Session, sql: str) -> None:
    """Whoever came past the gate would still find the door below it shut."""
    import duckdb

    with pytest.raises(duckdb.Error):
        session.db.execute(sql)
