from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from amp_sandbox.errors import SandboxError
from amp_sandbox.lake import Lake, connection


@pytest.fixture
def lake() -> Iterator[Lake]:
    with connection.local() as db:
        yield Lake(db)


def read(lake: Lake, sql: str) -> list[list[tuple[object, ...]]]:
    return [list(result.rows) for result in lake.query(sql)]


@pytest.mark.parametrize(
    ("sql", "columns", "rows"),
    [
        ("select 1 as a, 'x' as b", ("a", "b"), [(1, "x")]),
        ("select 1 as a, 2 as a, 3 as a", ("a", "a_1", "a_2"), [(1, 2, 3)]),
        ("select 1 as a where false", ("a",), []),
        ("with x as (select 2 as a) select * from x", ("a",), [(2,)]),
        ("from range(2)", ("range",), [(0,), (1,)]),
        ("select sum(range) as s from range(3)", ("s",), [(Decimal(3),)]),
        ("select [1, 2] as l, {'k': 'v'} as s", ("l", "s"), [([1, 2], {"k": "v"})]),
        ("-- nothing but a comment", None, None),
    ],
)
def test_a_query_is_answered(lake: Lake, sql: str, columns: tuple[str, ...] | None, rows: list[object] | None) -> None:
    found = [(result.columns, list(result.rows)) for result in lake.query(sql)]
    assert found == ([] if columns is None else [(columns, rows)])


def test_times_with_a_zone_are_in_utc(lake: Lake) -> None:
    [result] = [list(result.rows) for result in lake.query("select timestamptz '2026-11-22 10:00:00+02' as t")]
    assert str(result[0][0]) == "2026-11-22 08:00:00+00:00"


def test_statements_are_answered_one_after_the_other(lake: Lake) -> None:
    assert [list(result.rows) for result in lake.query("set threads = 1; select 1; select 2")][1:] == [[(1,)], [(2,)]]


def test_many_rows_are_read_in_batches(lake: Lake) -> None:
    [numbers] = [[row[0] for row in result.rows] for result in lake.query("select * from range(25000)")]
    assert numbers == list(range(25_000))


@pytest.mark.parametrize(
    "sql",
    [
        "explain select 1",
        "explain analyze select 1",
        "EXPLAIN (ANALYZE, FORMAT json) SELECT 1",
        "explain (select 1)",
        "explain analyze (select 1)",
        "-- why?\nexplain select 1",
        "/* café */ explain /* why? */ select 'é'",
        "describe select 1",
        "summarize select 1",
        "show tables",
        "pragma version",
    ],
)
def test_questions_about_queries_are_answered(lake: Lake, sql: str) -> None:
    assert read(lake, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "copy (select 1) to '{file}'",
        "explain analyze copy (select 1) to '{file}'",
        "EXPLAIN (ANALYZE) COPY (SELECT 1) TO '{file}'",
        "explain /* not */ analyze copy (select 1) to '{file}'",
        "/* explain ( */ explain analyze copy (select 1) to '{file}' -- ) */ select 1",
        "/* explain ( */ explain analyze copy t to '{file}' -- ) */ select 1",
        "explain (analyze -- ) select 1 /*\n) copy (select 1) to '{file}' -- */",
        "/* ééé */ explain analyze copy (select 1) to '{file}'",
        "select 1; copy (select 1) to '{file}'",
        "export database '{file}'",
        "attach '{file}' as x",
        "create table t as select 1",
        "install spatial",
        "load spatial",
        "call enable_logging()",
    ],
)
def test_what_does_not_only_read_is_refused_before_anything_runs(lake: Lake, tmp_path: Path, sql: str) -> None:
    file = tmp_path / "written"
    with pytest.raises(SandboxError):
        list(lake.query(sql.format(file=file)))
    assert not file.exists()


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("selec 1", 'syntax error at or near "selec"'),
        ("select nope from range(1)", 'Referenced column "nope" not found'),
        ("select * from nope", "Table with name nope does not exist"),
        ("select 'x'::int", "Could not convert string 'x' to INT32"),
        ("select error('half-way') from range(3)", "half-way"),
    ],
)
def test_an_error_of_sql_is_told_in_duckdbs_words(lake: Lake, sql: str, told: str) -> None:
    with pytest.raises(SandboxError, match=r"The query failed") as error:
        read(lake, sql)
    assert told in str(error.value)


def test_who_does_not_know_the_views_is_told_them(lake: Lake) -> None:
    with pytest.raises(SandboxError) as error:
        list(lake.query("select * from events"))
    assert error.value.hint is not None
    assert error.value.hint.startswith("The views are raw.show_catalog and raw.app_events;")
