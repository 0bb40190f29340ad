import sqlite3
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amp_sandbox.glue.expression import HIVE_NULL, predicate
from amp_sandbox.protocol import AwsError

KEYS = [
    {"Name": "Dt", "Type": "string"},
    {"Name": "hour", "Type": "int"},
    {"Name": "day", "Type": "date"},
    {"Name": "at", "Type": "timestamp"},
    {"Name": "price", "Type": "decimal(6,2)"},
    {"Name": "odd", "Type": "array<int>"},
]
ROW = ["2026-11-22", "7", "2026-11-22", "2026-11-22 10:00:00", "12.50", "x"]


def holds(expression: str, row: Sequence[str] = ROW) -> bool:
    return predicate(expression, KEYS)(row)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", True),
        ("  ", True),
        ("dt = '2026-11-22'", True),
        ("DT = '2026-11-2'", False),
        ("\"dt\" <> '2026-11-22'", False),
        ("hour = 7", True),
        ("hour = '07'", True),
        ("hour > 10", False),  # as text, "7" would come after "10"
        ("10 > hour", True),
        ("7 <= hour", True),
        ("hour > -1", True),
        ("hour in (1, 7)", True),
        ("hour not in (1, 7)", False),
        ("hour between 7 and 8", True),
        ("hour not between 7 and 8", False),
        ("day >= '2026-11-22'", True),
        ("day < date '2026-12-01'", True),
        ("at > '2026-11-22 09:59:59.5'", True),
        ("at = timestamp '2026-11-22 10:00:00'", True),
        ("price = 12.5", True),
        ("price > 9", True),
        ("dt like '2026-%'", True),
        ("dt like '2026-__'", False),
        ("dt not like '2026-%'", False),
        ("dt not like '2025-%'", True),
        ("dt like '2026.11.22'", False),
        ("dt is null", False),
        ("dt is not null", True),
        ("not (hour = 1 or dt like '2025%')", True),
        ("hour = 1 or hour = 2 and dt is not null or hour = 7", True),
        ("hour = 7 and (dt = 'x' or day = '2026-01-01')", False),
    ],
)
def test_an_expression_compares_values_as_their_keys_types(expression: str, expected: bool) -> None:
    assert holds(expression) is expected


# SQL's three-valued logic, of a value that Hive calls NULL or that its key's type cannot hold.
@pytest.mark.parametrize("value", [HIVE_NULL, "seven"])
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("hour = 7", False),
        ("hour <> 7", False),
        ("not hour = 7", False),
        ("hour not in (1)", False),
        ("hour is null", True),
        ("hour is not null", False),
        ("hour = 7 or dt = '2026-11-22'", True),
        ("not (hour = 7 and dt = 'x')", True),
        ("not (hour = 7 or dt = 'x')", False),
    ],
)
def test_a_value_that_is_null_matches_only_is_null(expression: str, expected: bool, value: str) -> None:
    assert holds(expression, [ROW[0], value, *ROW[2:]]) is expected


def test_a_partition_older_than_a_key_has_null_for_it() -> None:
    assert not holds("hour = 7", ROW[:1])
    assert holds("hour is null and dt = '2026-11-22'", ROW[:1])


def test_a_comparison_with_null_never_holds() -> None:
    assert not holds("hour = null")
    assert not holds("hour not in (1, null)")
    assert holds("hour in (7, null)")


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("upper(dt) = 'A'", "UPPER(dt)"),
        ("hour + 1 = 8", "hour + 1"),
        ("hour = 1 + 2", "1 + 2"),
        ("dt = dt", "dt"),
        ("hour", "hour"),
        ("1 = 1", "1"),
        ("events.hour = 1", "events.hour"),
        ("hour in (select 1)", "SELECT 1"),
        ("hour in ()", "hour IN ()"),
        ("dt rlike 'a'", "'a'"),
        ("dt ilike 'a'", "ILIKE"),
        ("dt like 'a\\_'", "LIKE"),
        ("dt like 'a!_' escape '!'", "ESCAPE"),
        ("hour like 7", "LIKE"),
        ("hour is true", "IS TRUE"),
        ("exists (select 1)", "EXISTS"),
        ("missing = 1", "missing is no partition key"),
        ("odd = 1", "array<int>"),
        ("dt = 2026", "no string"),
        ("hour = 'seven'", "no int"),
        ("hour = 7.5", "no int"),
        ("hour = 1_0", "cannot be read"),
        ("day = 20261122", "no date"),
        ("day = 'tomorrow'", "no date"),
        ("dt = date '2026-11-22'", "CAST"),
        ("at > '2026-11-22T10:00:00Z'", "no timestamp"),
        ("price = 'NaN'", "no decimal"),
        ("hour = ", "cannot be read"),
        ("hour = 7 dt", "cannot be read"),
        ("hour = 7; dt = 'a'", "not one condition"),
        ("; hour = 7", "not one condition"),
        ("dt = 'open", "cannot be read"),
        ("(" * 1000 + "hour = 7" + ")" * 1000, "cannot be read"),
        ("not " * 500 + "hour = 7", "cannot be read"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(expression: str, named: str) -> None:
    with pytest.raises(AwsError) as raised:
        predicate(expression, KEYS)
    assert raised.value.code == "InvalidInputException"
    assert named in raised.value.message


COMPARISONS = st.one_of(
    st.tuples(st.sampled_from(["=", "<>", "!=", "<", "<=", ">", ">="]), st.integers(-3, 3)).map(
        lambda pair: f"n {pair[0]} {pair[1]}"
    ),
    st.tuples(st.sampled_from(["=", "<>", "<", ">="]), st.sampled_from(["a", "B", "b", "it''s", ""])).map(
        lambda pair: f"s {pair[0]} '{pair[1]}'"
    ),
    st.lists(st.integers(-3, 3), min_size=1, max_size=3).map(lambda some: f"n IN ({', '.join(map(str, some))})"),
    st.tuples(st.integers(-3, 3), st.integers(-3, 3)).map(lambda ends: f"n NOT BETWEEN {ends[0]} AND {ends[1]}"),
    st.sampled_from(["s LIKE 'a%'", "s NOT LIKE '_'", "s LIKE '%''_'", "n IS NULL", "s IS NOT NULL"]),
)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(" ".join),
        inner.map(lambda one: f"NOT ({one})"),
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(
    CONDITIONS,
    st.one_of(st.none(), st.integers(-3, 3)),
    st.one_of(st.none(), st.sampled_from(["a", "b", "B", "ab", "it's", ""])),
)
def test_an_expression_means_what_it_means_in_sqlite(condition: str, n: int | None, s: str | None) -> None:
    keys = [{"Name": "n", "Type": "bigint"}, {"Name": "s", "Type": "varchar(9)"}]
    row = [HIVE_NULL if n is None else str(n), HIVE_NULL if s is None else s]
    with sqlite3.connect(":memory:") as db:
        db.execute("PRAGMA case_sensitive_like = ON")
        expected = db.execute(f"SELECT ({condition}) IS TRUE FROM (SELECT ? AS n, ? AS s)", (n, s)).fetchone()[0]
    db.close()
    assert predicate(condition, keys)(row) is bool(expected)
