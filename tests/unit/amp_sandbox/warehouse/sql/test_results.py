# ruff: noqa: DTZ001, E501 - TIMESTAMP has no time zone; one case a line
"""Redshift's own answers, where DuckDB's would be others. Each case names the AWS page its value comes from."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from support.warehouse_sql import Rows, fails

from amp_sandbox.warehouse.session import Session

DG = "https://docs.aws.amazon.com/redshift/latest/dg/"

# (statement, its first row, the page that says so)
CASES: list[tuple[str, Any, str]] = [
    # Whole numbers divide to whole numbers; NUMERIC keeps a scale of at least 4.
    ("SELECT 7 / 2, -7 / 2, 7 % 3, 7 / 2.0", (3, -3, 1, Decimal("3.5000")), "r_numeric_computations201.html"),
    ("SELECT 10.0 / 3", (Decimal("3.333333333333"),), "r_numeric_computations201.html"),
    ("SELECT sum(a), avg(a) FROM (SELECT 1 AS a UNION ALL SELECT 2) t", (3, 1), "r_AVG.html"),
    ("SELECT avg(a) FROM (SELECT 1.25 AS a UNION ALL SELECT 1.27) t", (Decimal("1.26"),), "r_AVG.html"),
    ("SELECT sum(a) FROM (SELECT 9223372036854775807 AS a UNION ALL SELECT 1) t", (Decimal(2**63),), "r_SUM.html"),
    (
        "SELECT CAST(12.345 AS decimal), CAST('7.5' AS decimal(4,1))",
        (Decimal(12), Decimal("7.5")),
        "r_Numeric_types201.html",
    ),
    (
        "SELECT 100.0 * (n - 1) / nullif(n, 0) FROM (SELECT 4::smallint AS n) t",
        (Decimal("75.0000000"),),
        "r_numeric_computations201.html",
    ),
    # Dates.
    ("SELECT datediff(week, '2009-01-01', '2009-12-31')", (52,), "r_DATEDIFF_function.html"),
    ("SELECT datediff(qtr, '1998-07-01', '2008-07-01')", (40,), "r_DATEDIFF_function.html"),
    ("SELECT datediff(day, '2008-12-31', '2009-01-01')", (1,), "r_DATEDIFF_function.html"),
    ("SELECT datediff(year, '2008-12-31', '2009-01-01')", (1,), "r_DATEDIFF_function.html"),
    ("SELECT datediff(hours, '2008-01-01 23:59', '2008-01-02 00:01')", (1,), "r_DATEDIFF_function.html"),
    ("SELECT datediff(week, '2024-01-06', '2024-01-07')", (1,), "r_DATEDIFF_function.html"),  # Saturday, Sunday
    ("SELECT datediff('day', '2024-03-01'::date, '2024-02-01'::date)", (-29,), "r_DATEDIFF_function.html"),
    ("SELECT dateadd(month, 18, '2008-02-28')", (datetime(2009, 8, 28),), "r_DATEADD_function.html"),
    ("SELECT dateadd(month, 1, '2006-01-31'::date)", (datetime(2006, 2, 28),), "r_DATEADD_function.html"),
    ("SELECT dateadd(m, 30, '2008-02-28 10:00')", (datetime(2008, 2, 28, 10, 30),), "r_DATEADD_function.html"),
    ("SELECT add_months('2008-03-31', -1)", (datetime(2008, 2, 29),), "r_ADD_MONTHS.html"),
    ("SELECT add_months('2008-04-30', 1)", (datetime(2008, 5, 31),), "r_ADD_MONTHS.html"),
    ("SELECT date_trunc('week', '2008-09-07'::date)", (datetime(2008, 9, 1),), "r_DATE_TRUNC.html"),
    (
        "SELECT date_trunc('hour', timestamp '2020-04-30T22:45:33.16')",
        (datetime(2020, 4, 30, 22),),
        "r_DATE_TRUNC.html",
    ),
    ("SELECT date_part(dow, timestamp '2008-06-17 09:44:54')", (2.0,), "r_DATE_PART_function.html"),
    ("SELECT date_part(w, timestamp '2008-06-17 09:44:54')", (25.0,), "r_DATE_PART_function.html"),
    ("SELECT extract(day FROM timestamp '2009-09-09 12:08:43')", (9,), "r_EXTRACT_function.html"),
    ("SELECT extract(epoch FROM timestamp '1970-01-02 00:00:01')", (86401,), "r_EXTRACT_function.html"),
    ("SELECT last_day('2004-01-15'::date)", (date(2004, 1, 31),), "r_LAST_DAY.html"),
    ("SELECT next_day('2014-08-20', 'Tuesday')", (date(2014, 8, 26),), "r_NEXT_DAY.html"),
    ("SELECT months_between('1969-01-18', '1969-03-18')", (-2.0,), "r_MONTHS_BETWEEN_function.html"),
    ("SELECT trunc(timestamp '2011-07-21 10:32:38.248109')", (date(2011, 7, 21),), "r_TRUNC_date.html"),
    (
        "SELECT convert_timezone('US/Pacific', '2008-08-21 07:23:54')",
        (datetime(2008, 8, 21, 0, 23, 54),),
        "CONVERT_TIMEZONE.html",
    ),
    (
        "SELECT convert_timezone('EST', 'UTC', '2008-03-05 09:25:29')",
        (datetime(2008, 3, 5, 14, 25, 29),),
        "CONVERT_TIMEZONE.html",
    ),
    (
        "SELECT to_char(timestamp '2009-12-31 23:15:59', 'MONTH-DY-DD-YYYY HH12:MIPM')",
        ("DECEMBER -THU-31-2009 11:15PM",),
        "r_TO_CHAR.html",
    ),
    (
        "SELECT to_char(timestamp '2009-12-31 23:15:59', 'FMfmYYYY-MM-DD HH24:MI:SS')",
        ("2009-12-31 23:15:59",),
        "r_FORMAT_strings.html",
    ),
    ("SELECT to_date('02 Oct 2001', 'DD Mon YYYY')", (date(2001, 10, 2),), "r_TO_DATE_function.html"),
    ("SELECT getdate() = date_trunc('second', getdate())", (True,), "r_GETDATE.html"),
    ("SELECT timestamp 'epoch' + 86400 * interval '1 second'", (datetime(1970, 1, 2),), "r_interval_literals.html"),
    # Text.
    ("SELECT 'abcdef'::varchar(3), 'äöü'::varchar(3), 'abc'::char(5)", ("abc", "ä", "abc  "), "r_Character_types.html"),
    ("SELECT 'abc' || NULL, concat('a', NULL)", (None, None), "r_CONCAT.html"),
    ("SELECT len('français'), octet_length('français')", (8, 9), "r_LEN.html"),
    ("SELECT charindex('dog', 'fish'), charindex('fish', 'dogfish')", (0, 4), "r_CHARINDEX.html"),
    ("SELECT substring('caterpillar', 6, 4), substring('caterpillar', 0, 4)", ("pill", "cat"), "r_SUBSTRING.html"),
    (
        "SELECT strtol('abcd1234', 16), strtol('1234567', 10), strtol('110101', 2)",
        (2882343476, 1234567, 53),
        "r_STRTOL.html",
    ),
    ("SELECT translate('mint tea', 'inea', 'osin')", ("most tin",), "r_TRANSLATE.html"),
    ("SELECT initcap('nibh.enim@egestas.ca')", ("Nibh.Enim@Egestas.Ca",), "r_INITCAP.html"),
    ("SELECT btrim('xyzaxyzbxyzcxyz', 'xyz'), trim(both 'x' FROM 'xax')", ("axyzbxyzc", "a"), "r_BTRIM.html"),
    ("SELECT split_part('abc$def$ghi', '$', 2), split_part('abc$def$ghi', '$', 4)", ("def", ""), "SPLIT_PART.html"),
    ("SELECT regexp_substr('the fox', 'FOX'), regexp_substr('a1b2', '[0-9]')", ("", "1"), "REGEXP_SUBSTR.html"),
    (
        "SELECT regexp_replace('a1b2', '[0-9]', 'x'), regexp_replace('ab', '(a)(b)', '$2$1')",
        ("axbx", "ba"),
        "REGEXP_REPLACE.html",
    ),
    ("SELECT regexp_count('abcdefghijklmnopqrstuvwxyz', '[a-z]{3}')", (8,), "REGEXP_COUNT.html"),
    (
        "SELECT 'abc' SIMILAR TO '_b_', 'abc' SIMILAR TO '(b|c)%', 'a.c' SIMILAR TO 'a.c'",
        (True, False, True),
        "pattern-matching-conditions-similar-to.html",
    ),
    ("SELECT 'abc' ~ '^a', 'abc' !~ 'x', 'ABC' ~ 'abc'", (True, True, False), "pattern-matching-conditions-posix.html"),
    (
        r"SELECT 'start_' LIKE '%start\\_', 'startx' LIKE '%start\\_', 'a%' LIKE 'a^%' ESCAPE '^'",
        (True, False, True),
        "r_patternmatching_condition_like.html",
    ),
    ("SELECT 'ABC' ILIKE 'a%', 'abc' NOT LIKE 'b%'", (True, True), "r_patternmatching_condition_like.html"),
    # Conditions.
    ("SELECT nvl(NULL, 'b'), nvl2(NULL, 1, 2), nullif(1, 1)", ("b", 2, None), "r_NVL2.html"),
    (
        "SELECT decode(NULL, 1, 'one', NULL, 'none', 'other'), decode(2, 1, 'one')",
        ("none", None),
        "r_DECODE_expression.html",
    ),
    ("SELECT greatest(1, NULL, 3), least('b', 'a')", (3, "a"), "r_GREATEST_LEAST.html"),
    # JSON and SUPER.
    (
        """SELECT json_extract_path_text('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}', 'f4', 'f6')""",
        ("star",),
        "JSON_EXTRACT_PATH_TEXT.html",
    ),
    ("SELECT json_extract_path_text('{', 'a', true)", (None,), "JSON_EXTRACT_PATH_TEXT.html"),
    ("SELECT json_extract_array_element_text('[111,112,113]', 2)", ("113",), "JSON_EXTRACT_ARRAY_ELEMENT_TEXT.html"),
    ("SELECT json_array_length('[11,12,13,{\"f1\":21},14]')", (5,), "JSON_ARRAY_LENGTH.html"),
    (
        "SELECT is_valid_json('{\"a\":2}'), is_valid_json('{'), is_valid_json_array('[1]')",
        (True, False, True),
        "IS_VALID_JSON.html",
    ),
    (
        "SELECT json_typeof(json_parse('[1]')), is_array(json_parse('[1]')), get_array_length(json_parse('[1,2]'))",
        ("array", True, 2),
        "r_json_typeof.html",
    ),
    # Windows and aggregates.
    (
        "SELECT listagg(DISTINCT a, ',') WITHIN GROUP (ORDER BY a DESC) FROM (SELECT 1 AS a UNION ALL SELECT 2 UNION ALL SELECT 2) t",
        ("2,1",),
        "r_LISTAGG.html",
    ),
    ("SELECT listagg(a) FROM (SELECT 'x' AS a WHERE false) t", (None,), "r_LISTAGG.html"),
    (
        "SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY a) FROM (SELECT 2 AS a UNION ALL SELECT 4) t",
        (2.5,),
        "r_PERCENTILE_CONT.html",
    ),
    (
        "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY a DESC) FROM (SELECT 2 AS a UNION ALL SELECT 4) t",
        (4,),
        "r_APPROXIMATE_PERCENTILE_DISC.html",
    ),
    ("SELECT median(a) FROM (SELECT 10 AS a UNION ALL SELECT 20 UNION ALL SELECT 50) t", (20.0,), "r_MEDIAN.html"),
    (
        "SELECT approximate count(DISTINCT a) FROM (SELECT 1 AS a UNION ALL SELECT 2 UNION ALL SELECT 2) t",
        (2,),
        "r_COUNT.html",
    ),
    (
        "SELECT ratio_to_report(a) OVER () FROM (SELECT 1 AS a UNION ALL SELECT 3) t ORDER BY 1",
        (0.25,),
        "r_WF_RATIO_TO_REPORT.html",
    ),
    ("SELECT TOP 1 a FROM (SELECT 1 AS a UNION ALL SELECT 2) t ORDER BY a DESC", (2,), "r_SELECT_list.html"),
    # Case is folded, quoted or not.
    ('SELECT A AS "MixedCase" FROM (SELECT 1 AS a) T', (1,), "r_names.html"),
    ("SELECT log(100), ln(1), round(-2.5), sign(-3), mod(10, 4)", (2.0, 0.0, Decimal(-3), -1, 2), "r_LOG.html"),
    ("SELECT md5('Amazon Redshift')", ("f7415e33f972c03abd4f3fed36748f7a",), "r_MD5.html"),
    ("SELECT a + 1 AS b, b * 2 FROM (SELECT 1 AS a) t", (2, 4), "r_SELECT_list.html"),
    ("SELECT max(n) FROM generate_series(1, 5) g(n)", (5,), "c_SQL_functions_leader_node_only.html"),
]


@pytest.mark.parametrize(("sql", "expected", "page"), CASES, ids=[sql[7:70] for sql, _, _ in CASES])
def test_answer(rows: Rows, sql: str, expected: Any, page: str) -> None:
    found = rows(sql)[0]
    assert found == expected, DG + page
    assert [type(one) for one in found] == [type(one) for one in expected], DG + page


def test_times_with_a_zone_are_aware_and_in_utc(rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_Datetime_types.html"""
    [(found,)] = rows("SELECT '2008-06-01 09:59:59 US/Pacific'::timestamptz")
    assert found == datetime(2008, 6, 1, 16, 59, 59, tzinfo=UTC)


def test_null_is_the_largest_value(rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_ORDER_BY_clause.html"""
    values = "(SELECT 1 AS a UNION ALL SELECT NULL UNION ALL SELECT 2) t"
    assert rows(f"SELECT a FROM {values} ORDER BY a") == [(1,), (2,), (None,)]
    assert rows(f"SELECT a FROM {values} ORDER BY a DESC") == [(None,), (2,), (1,)]
    assert rows(f"SELECT a FROM {values} ORDER BY a NULLS FIRST") == [(None,), (1,), (2,)]
    ranks = f"SELECT a, row_number() OVER (ORDER BY a DESC) FROM {values} ORDER BY 2"
    assert [row[0] for row in rows(ranks)] == [None, 2, 1]


def test_columns_have_redshifts_names_and_types(session: Session) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_SUM.html and r_AVG.html; names are PostgreSQL's."""
    result = session.run("SELECT count(*), SUM(1), 1::int8, 'x', getdate(), current_date, 1 + 1, avg(1.5), true")
    assert result.columns is not None
    assert [(one.name, one.type.sql()) for one in result.columns] == [
        ("count", "bigint"),
        ("sum", "bigint"),
        ("int8", "bigint"),
        ("?column?", "character varying"),
        ("getdate", "timestamp without time zone"),
        ("current_date", "date"),
        ("?column?", "integer"),
        ("avg", "numeric(38,1)"),
        ("bool", "boolean"),
    ]


def test_super_is_navigated_and_unnested(session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/query-super.html"""
    rows("CREATE TEMP TABLE orders (id int, o super)")
    rows(
        """INSERT INTO orders VALUES (1, json_parse('{"lines":[{"sku":"a","n":2},{"sku":"b","n":3}],"to":{"zip":"1"}}'))"""
    )
    rows("INSERT INTO orders VALUES (2, json_parse('{}'))")
    found = rows("SELECT o.lines[0].sku, o.to.zip, o.lines[1].n + 1, o.missing.path FROM orders ORDER BY id")
    assert found == [('"a"', '"1"', 4, None), (None, None, None, None)]
    unnested = "SELECT id, l.sku, l.n::int, place FROM orders AS s, s.o.lines AS l AT place ORDER BY place"
    assert rows(unnested) == [(1, '"a"', 2, 0), (1, '"b"', 3, 1)]
    assert rows("SELECT sum(l.n) FROM orders s, s.o.lines l WHERE l.sku = 'b'") == [(3.0,)]
    assert fails(session, "SELECT id.x FROM orders").sqlstate == "42809"


def test_text_is_measured_in_bytes(session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_Character_types.html"""
    rows("CREATE TEMP TABLE names (v varchar(3), c char(3))")
    rows("INSERT INTO names VALUES ('abc', 'ab'), ('a    ', NULL)")
    assert rows("SELECT v, c, len(c), c = 'ab' FROM names ORDER BY v DESC") == [
        ("abc", "ab ", 2, True),
        ("a  ", None, None, None),
    ]
    for sql in (
        "INSERT INTO names (v) VALUES ('abcd')",
        "INSERT INTO names (v) VALUES ('äö')",
        "INSERT INTO names (v) SELECT 'abcd'",
        "UPDATE names SET v = v || 'x'",
        "UPDATE names SET c = 'abcd'",
    ):
        error = fails(session, sql)
        assert error.sqlstate == "22001", sql
        assert error.message.startswith("value too long for type character")
    assert fails(session, "INSERT INTO names (v) VALUES ($1)", "abcd").sqlstate == "22001"


def test_keys_inform_and_not_null_is_enforced(session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/t_Defining_constraints.html"""
    rows("CREATE TEMP TABLE keyed (id int PRIMARY KEY, other int UNIQUE, must int NOT NULL)")
    rows("INSERT INTO keyed VALUES (1, 1, 1), (1, 1, 1)")
    assert rows("SELECT count(*) FROM keyed") == [(2,)]
    error = fails(session, "INSERT INTO keyed VALUES (2, 2, NULL)")
    assert (error.sqlstate, "must" in error.message) == ("23502", True)


def test_identity_counts_and_defaults_apply(session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html"""
    rows(
        "CREATE TEMP TABLE counted (id bigint IDENTITY(10, 5), at date DEFAULT current_date, n int DEFAULT 7, v varchar)"
    )
    rows("INSERT INTO counted (v) VALUES ('a'), ('b')")
    rows("INSERT INTO counted (n, v) VALUES (DEFAULT, 'c'), (1, 'd')")
    rows("INSERT INTO counted (v) SELECT 'e'")
    rows("INSERT INTO counted DEFAULT VALUES")
    found = rows("SELECT id, at = current_date, n, v FROM counted ORDER BY id")
    assert found == [
        (10, True, 7, "a"),
        (15, True, 7, "b"),
        (20, True, 7, "c"),
        (25, True, 1, "d"),
        (30, True, 7, "e"),
        (35, True, 7, None),
    ]
    assert fails(session, "INSERT INTO counted (id) VALUES (1)").sqlstate == "428C9"


def test_changes_count_their_rows(session: Session, rows: Rows) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_MERGE.html, r_UPDATE.html, r_DELETE.html"""
    tag = lambda sql: session.run(sql).command_tag  # noqa: E731
    rows("CREATE TEMP TABLE target (id int, v varchar(5))")
    rows("CREATE TEMP TABLE source (id int, v varchar(20))")
    assert tag("INSERT INTO source VALUES (1, 'a'), (2, 'b'), (3, 'c')") == "INSERT 0 3"
    assert tag("INSERT INTO target SELECT * FROM source WHERE id < 3") == "INSERT 0 2"
    assert tag("UPDATE target SET v = s.v || 'x' FROM source s WHERE s.id = target.id AND s.id = 1") == "UPDATE 1"
    assert tag("DELETE FROM target USING source s WHERE s.id = target.id AND s.v = 'b'") == "DELETE 1"
    merge = (
        "MERGE INTO target USING source ON target.id = source.id"
        " WHEN MATCHED THEN UPDATE SET v = source.v WHEN NOT MATCHED THEN INSERT VALUES (source.id, source.v)"
    )
    assert tag(merge) == "MERGE 3"
    assert rows("SELECT * FROM target ORDER BY id") == [(1, "a"), (2, "b"), (3, "c")]
    assert fails(session, "UPDATE target SET nothing = 1").sqlstate == "42703"
    rows("UPDATE source SET v = 'too long' WHERE id = 1")
    assert fails(session, merge).sqlstate == "22001"


def test_parameters_take_the_type_of_their_place(session: Session, rows: Rows) -> None:
    rows("CREATE TEMP TABLE typed (a int, d date, n decimal(8,2), s super)")
    prepared = session.prepare("INSERT INTO typed VALUES ($1, $2, $3, $4)")
    assert [one.name for one in prepared.parameters] == ["integer", "date", "numeric", "character varying"]
    assert session.execute(prepared, ("5", "2024-02-03", "1.50", "x")).command_tag == "INSERT 0 1"
    query = session.prepare("SELECT a, n FROM typed WHERE d >= $1 AND a = $2 LIMIT $3")
    assert [one.name for one in query.parameters] == ["date", "integer", "bigint"]
    assert query.columns is not None
    assert [(one.name, one.type.sql()) for one in query.columns] == [("a", "integer"), ("n", "numeric(8,2)")]
    assert session.execute(query, (date(2024, 1, 1), 5, 10)).rows() == [(5, Decimal("1.50"))]
    assert session.execute(query, (date(2025, 1, 1), 5, 10)).rows() == []
    assert fails(session, "SELECT a FROM typed WHERE a = $1", "x").sqlstate == "22P02"
    assert fails(session, "SELECT $1::int", 1, 2).sqlstate == "08P01"
    assert session.execute(session.prepare("SELECT $1::int + 1, $2", [23]), (1, "t")).rows() == [(2, "t")]
