# ruff: noqa: DTZ001 - TIMESTAMP has no time zone; one case a line
"""Functions that answer in Redshift as in DuckDB, or nearly: each runs, and answers what Redshift's guide says.

https://docs.aws.amazon.com/redshift/latest/dg/c_SQL_functions.html
"""

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from support.warehouse_sql import Rows

from amp_sandbox.warehouse.session import Session

_NUMBERS = "(SELECT 1 AS a UNION ALL SELECT 2 UNION ALL SELECT 3) t"
_ROWS = "(SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, 'y' UNION ALL SELECT 3, NULL) t"

SCALARS: list[tuple[str, Any]] = [
    ("abs(-1)", 1),
    ("acos(1)", 0.0),
    ("asin(0)", 0.0),
    ("atan(0)", 0.0),
    ("atan2(0, 1)", 0.0),
    ("cbrt(27)", pytest.approx(3.0)),
    ("ceil(1.2)", Decimal(2)),
    ("ceiling(-1.2)", Decimal(-1)),
    ("cos(0)", 1.0),
    ("cot(radians(45))", pytest.approx(1.0)),
    ("degrees(pi())", 180.0),
    ("dexp(0)", 1.0),
    ("dlog1(1)", 0.0),
    ("dlog10(1000)", 3.0),
    ("exp(0)", 1.0),
    ("floor(1.8)", Decimal(1)),
    ("pi()", math.pi),
    ("pow(2, 3)", 8.0),
    ("power(2, -1)", 0.5),
    ("radians(180)", math.pi),
    ("random() < 1", True),
    ("round(28.05, 1)", Decimal("28.1")),
    ("sin(0)", 0.0),
    ("sqrt(16)", 4.0),
    ("tan(0)", 0.0),
    ("trunc(111.86)", Decimal(111)),
    ("trunc(111.86, 1)", 111.8),
    ("2 ^ 3", 8.0),
    ("5 & 3, 5 | 3, 1 << 3, 8 >> 1, ~1", None),
    ("ascii('amazon')", 97),
    ("bytes('ä')", 2),
    ("char_length('abc')", 3),
    ("character_length('abc')", 3),
    ("chr(65)", "A"),
    ("left('Chicago', 3)", "Chi"),
    ("right('Chicago', 3)", "ago"),
    ("length('abc')", 3),
    ("textlen('abc')", 3),
    ("lower('ABC')", "abc"),
    ("upper('abc')", "ABC"),
    ("lpad('7', 3, '0')", "007"),
    ("rpad('7', 3)", "7  "),
    ("ltrim('xxa', 'x')", "a"),
    ("rtrim('axx', 'x')", "a"),
    ("trim('  a ')", "a"),
    ("position('fish' IN 'dogfish')", 4),
    ("strpos('dogfish', 'fish')", 4),
    ("quote_ident('\"CAT\"')", '"""CAT"""'),
    ("quote_literal('''CAT''')", "'''CAT'''"),
    ("regexp_instr('the fox', 'fox')", 5),
    ("regexp_substr('a1b2', '[0-9]', 3)", "2"),
    ("regexp_substr('a1b2', '[0-9]', 1, 2)", "2"),
    ("repeat('ab', 2)", "abab"),
    ("replicate('ab', 2)", "abab"),
    ("replace('a-b', '-', '+')", "a+b"),
    ("reverse('abc')", "cba"),
    ("substr('caterpillar', 6, 4)", "pill"),
    ("func_sha1('a')", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
    ("sha('a') = sha1('a')", True),
    ("sha2('a', 256)", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
    ("to_hex(255)", "ff"),
    ("to_timestamp('2024-01-02', 'YYYY-MM-DD') = '2024-01-02'::timestamptz", True),
    ("sysdate <= now()", True),
    ("current_timestamp IS NOT NULL", True),
    ("date_add(day, 1, '2024-01-01')", datetime(2024, 1, 2)),
    ("date_diff(day, '2024-01-01', '2024-01-03')", 2),
    ("date_cmp('2008-01-01', '2008-01-04')", -1),
    ("timestamp_cmp('2008-01-24 06:43:29', '2008-01-24 06:43:29')", 0),
    ("current_date = trunc(getdate())", True),
    ("convert(int, '7')", 7),
    ("try_cast('x' AS int)", None),
    ("coalesce(NULL, 2)", 2),
    ("date '2024-01-01' - date '2023-12-31'", 1),
    ("date '2024-01-01' + 1", date(2024, 1, 2)),
    ("timestamp '2024-01-01' AT TIME ZONE 'US/Pacific' = '2024-01-01 08:00'::timestamptz", True),
    ("array_concat(array(1), array(2))", "[1,2]"),
    ("array(1, 'a', NULL)", '[1,"a",null]'),
    ("can_json_parse('{')", False),
    ("is_boolean(json_parse('true'))", True),
    ("is_char(json_parse('\"a\"'))", True),
    ("is_varchar(json_parse('1'))", False),
    ("is_object(json_parse('{}'))", True),
    ("is_scalar(json_parse('1'))", True),
    ("json_serialize(json_parse('{\"a\":1}'))", '{"a":1}'),
    ("object('a', 1)", '{"a":1}'),
    ("split_to_array('a,b', ',')", '["a","b"]'),
    ("current_user", "awsuser"),
    ("session_user = user", True),
    ("current_database()", "amp"),
    ("current_catalog", "amp"),
    ("current_schema()", "awsuser"),
    ("pg_backend_pid() > 0", True),
    ("version() LIKE 'PostgreSQL 8.0.2 %Redshift%'", True),
]
AGGREGATES: list[tuple[str, str, Any]] = [
    ("any_value(b) IS NOT NULL", f"{_ROWS} WHERE a = 1", [(True,)]),
    ("bit_and(a), bit_or(a)", _NUMBERS, [(0, 3)]),
    ("bool_and(a > 1), bool_or(a > 1)", _NUMBERS, [(False, True)]),
    ("min(b), max(b), count(b), count(*)", _ROWS, [("x", "y", 2, 3)]),
    ("stddev(a), stddev_samp(a), variance(a), var_samp(a)", _NUMBERS, [(1.0, 1.0, 1.0, 1.0)]),
    ("stddev_pop(a), var_pop(a)", _NUMBERS, [(pytest.approx(0.8164965), pytest.approx(0.6666666))]),
    ("sum(DISTINCT a), avg(a::float)", _NUMBERS, [(6, 2.0)]),
    ("approximate percentile_disc(0.5) WITHIN GROUP (ORDER BY a)", _NUMBERS, [(2,)]),
    (
        "a, cume_dist() OVER (ORDER BY a), percent_rank() OVER (ORDER BY a)",
        f"{_NUMBERS} ORDER BY a LIMIT 1",
        [(1, pytest.approx(1 / 3), 0.0)],
    ),
    ("dense_rank() OVER (ORDER BY b), rank() OVER (ORDER BY b)", f"{_ROWS} ORDER BY a", [(1, 1), (2, 2), (3, 3)]),
    (
        "first_value(b IGNORE NULLS) OVER (ORDER BY a DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
        f"{_ROWS} LIMIT 1",
        [("y",)],
    ),
    (
        "last_value(a) OVER (ORDER BY a ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
        f"{_ROWS} LIMIT 1",
        [(3,)],
    ),
    (
        "lag(a) OVER (ORDER BY a), lead(a, 1) OVER (ORDER BY a)",
        f"{_NUMBERS} ORDER BY a",
        [(None, 2), (1, 3), (2, None)],
    ),
    (
        "nth_value(a, 2) OVER (ORDER BY a ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
        f"{_NUMBERS} LIMIT 1",
        [(2,)],
    ),
    ("ntile(3) OVER (ORDER BY a), row_number() OVER (ORDER BY a)", f"{_NUMBERS} ORDER BY a", [(1, 1), (2, 2), (3, 3)]),
    ("sum(a) OVER (ORDER BY a ROWS UNBOUNDED PRECEDING)", f"{_NUMBERS} ORDER BY a", [(1,), (3,), (6,)]),
    ("a", f"{_ROWS} QUALIFY row_number() OVER (ORDER BY a DESC) = 1", [(3,)]),
    ("a, count(*)", f"{_NUMBERS} GROUP BY ROLLUP (a) ORDER BY a", [(1, 1), (2, 1), (3, 1), (None, 3)]),
]


@pytest.mark.parametrize(("call", "expected"), SCALARS, ids=[call[:60] for call, _ in SCALARS])
def test_scalar(rows: Rows, call: str, expected: Any) -> None:
    if expected is None and "," in call:
        assert rows(f"SELECT {call}") == [(1, 7, 8, 4, -2)]
    else:
        assert rows(f"SELECT {call}") == [(expected,)]


@pytest.mark.parametrize(("calls", "source", "expected"), AGGREGATES, ids=[calls[:60] for calls, _, _ in AGGREGATES])
def test_aggregate_or_window(rows: Rows, calls: str, source: str, expected: Any) -> None:
    assert rows(f"SELECT {calls} FROM {source}") == expected


def test_set_operations_nest_and_order(rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_UNION.html"""
    assert rows("SELECT 1 AS a UNION SELECT 1 UNION ALL SELECT 2 ORDER BY a DESC") == [(2,), (1,)]
    assert rows("(SELECT 1 AS a UNION ALL SELECT 2) INTERSECT SELECT 2") == [(2,)]
    assert rows("SELECT 1 AS a MINUS SELECT 1") == []
    assert rows("(SELECT 3 AS a ORDER BY 1 LIMIT 1) UNION ALL (SELECT 4)") == [(3,), (4,)]
    assert rows("WITH x AS (SELECT 1 AS a) SELECT a FROM x UNION ALL SELECT a + 1 FROM x ORDER BY 1") == [(1,), (2,)]


def test_joins_show_each_column_once(session: Session, rows: Rows) -> None:
    left, right = "(SELECT 1 AS k, 'l' AS a) x", "(SELECT 1 AS k, 'r' AS b UNION ALL SELECT 2, 's') y"
    assert rows(f"SELECT * FROM {left} JOIN {right} USING (k)") == [(1, "l", "r")]
    assert rows(f"SELECT * FROM {left} NATURAL JOIN {right}") == [(1, "l", "r")]
    assert rows(f"SELECT * FROM {left} RIGHT JOIN {right} USING (k) ORDER BY k") == [(1, "l", "r"), (2, None, "s")]
    assert rows(f"SELECT x.*, y.b FROM {left} FULL JOIN {right} ON x.k = y.k ORDER BY y.b") == [
        (1, "l", "r"),
        (None, None, "s"),
    ]
    assert rows(f"SELECT * EXCLUDE (k) FROM {left}") == [("l",)]
    assert rows(f"SELECT count(*) FROM {left}, {right}") == [(2,)]
    assert rows(f"SELECT k FROM {right} WHERE k = ANY (SELECT k FROM {left}) AND (k, b) IN (SELECT 1, 'r')") == [(1,)]
