"""Redshift's functions that DuckDB has not, or has otherwise, as DuckDB macros in the schema `amp_fn`.

They are made again at each start. No statement of a user can name the schema.

https://docs.aws.amazon.com/redshift/latest/dg/c_SQL_functions.html
"""

from typing import Any

_UTC = "(now() AT TIME ZONE 'UTC')"

MACROS = {
    # Text. Lengths are INTEGER; LEN counts characters, OCTET_LENGTH bytes.
    "len(x)": "CAST(length(x) AS INTEGER)",
    "bytes(x)": "CAST(strlen(x) AS INTEGER)",
    "strpos(a, b)": "CAST(strpos(a, b) AS INTEGER)",
    "ascii(x)": "CAST(ascii(x) AS INTEGER)",
    "initcap(x)": (
        "list_reduce(list_prepend('', list_transform(regexp_extract_all(lower(x), '[\\p{L}\\p{N}]+|[^\\p{L}\\p{N}]+'),"
        " lambda part: upper(left(part, 1)) || substring(part, 2))), lambda a, b: a || b)"
    ),
    # A start before the text counts towards the length.
    # https://docs.aws.amazon.com/redshift/latest/dg/r_SUBSTRING.html
    "substring(x, start)": "substring(x, greatest(start, 1))",
    "substring_for(x, start, n)": (
        "CASE WHEN n < 0 THEN error('negative substring length not allowed')"
        " ELSE substring(x, greatest(start, 1), greatest(least(n, start + n - 1), 0)) END"
    ),
    "translate(x, a, b)": (
        "CASE WHEN x IS NULL OR a IS NULL OR b IS NULL THEN NULL ELSE array_to_string(list_transform("
        "string_split(x, ''), lambda c: CASE WHEN strpos(a, c) = 0 THEN c ELSE substring(b, strpos(a, c), 1) END),"
        " '') END"
    ),
    "quote_ident(x)": (
        "CASE WHEN regexp_full_match(x, '[a-z_][a-z0-9_$]*') THEN x ELSE '\"' || replace(x, '\"', '\"\"') || '\"' END"
    ),
    "quote_literal(x)": "'''' || replace(replace(x, '\\', '\\\\'), '''', '''''') || ''''",
    "sha2(x, bits)": "CASE WHEN bits IN (0, 256) THEN sha256(x) ELSE error('SHA2 has 256 bits here') END",
    # A value that is stored, or cast, to a length in bytes.
    # https://docs.aws.amazon.com/redshift/latest/dg/r_Character_types.html
    "fit(x, n, kind)": (
        "CASE WHEN x IS NULL OR strlen(x) <= n THEN x"
        " WHEN strlen(rtrim(x, ' ')) <= n THEN amp_fn.cut(x, n)"
        " ELSE error('22001:value too long for type ' || kind || '(' || n || ')') END"
    ),
    "cut(x, n)": (
        "CASE WHEN strlen(x) <= n THEN x WHEN strlen(x) = length(x) THEN left(x, n)"
        # x goes through a list, as it may be a subquery, which a lambda may not hold.
        " ELSE list_transform([x], lambda amp__t: left(amp__t, list_max(list_filter(range(0, n + 1),"
        " lambda amp__i: strlen(left(amp__t, amp__i)) <= n))))[1] END"
    ),
    "filled(x, name)": "CASE WHEN x IS NULL THEN error('23502:' || name) ELSE x END",
    "similar(x, pattern)": (
        "regexp_full_match(x, replace(replace(regexp_replace(pattern, '([.^$\\\\])', '\\\\\\1', 'g'),"
        " '%', '.*'), '_', '.'), 's')"
    ),
    "regexp_count(x, p)": "CAST(len(regexp_extract_all(x, p)) AS INTEGER)",
    "regexp_instr(x, p)": (
        "CAST(CASE WHEN regexp_matches(x, p) THEN strpos(x, regexp_extract(x, p)) ELSE 0 END AS INTEGER)"
    ),
    "regexp_substr(x, p)": "regexp_extract(x, p)",
    "regexp_substr_from(x, p, start)": "regexp_extract(substring(x, start), p)",
    "regexp_substr_nth(x, p, start, n)": "coalesce(regexp_extract_all(substring(x, start), p)[n], '')",
    "strtol(x, base)": (
        "CAST(CASE WHEN base NOT BETWEEN 2 AND 36 THEN error('22023:The base must be between 2 and 36')"
        " WHEN lower(replace(x, '-', '')) = '' THEN error('22P02:The input is no number of that base')"
        " ELSE list_reduce(list_prepend(CAST(0 AS HUGEINT), list_transform(string_split(lower(regexp_replace(x,"
        " '^-?(0[xX])?', '')), ''), lambda c: CASE WHEN strpos('0123456789abcdefghijklmnopqrstuvwxyz', c) BETWEEN 1"
        " AND base THEN CAST(strpos('0123456789abcdefghijklmnopqrstuvwxyz', c) - 1 AS HUGEINT)"
        " ELSE error('22P02:The input is no number of that base') END)), lambda a, d: a * base + d)"
        " * (CASE WHEN starts_with(x, '-') THEN -1 ELSE 1 END) END AS BIGINT)"
    ),
    # Numbers.
    "nonzero(x)": "CASE WHEN x = 0 THEN error('22012:division by zero') ELSE x END",
    "round_to(x, n)": "round(x, CAST(n AS INTEGER))",
    "trunc_to(x, n)": "trunc(x * power(10, n)) / power(10, n)",
    "cot(x)": "1 / tan(x)",
    # Dates and times, in UTC.
    # https://docs.aws.amazon.com/redshift/latest/dg/r_GETDATE.html: without fractions of a second
    "getdate()": f"date_trunc('second', {_UTC})",
    "sysdate()": _UTC,
    "current_date()": f"CAST({_UTC} AS DATE)",
    "current_timestamp()": "now()",
    "last_day(x)": "last_day(CAST(x AS TIMESTAMP))",
    # The last day of a month stays the last day.
    # https://docs.aws.amazon.com/redshift/latest/dg/r_ADD_MONTHS.html
    "add_months(x, n)": (
        "CASE WHEN CAST(x AS DATE) = last_day(CAST(x AS TIMESTAMP))"
        " THEN CAST(last_day(CAST(x AS TIMESTAMP) + to_months(CAST(n AS INTEGER))) AS TIMESTAMP)"
        " + (CAST(x AS TIMESTAMP) - date_trunc('day', CAST(x AS TIMESTAMP)))"
        " ELSE CAST(x AS TIMESTAMP) + to_months(CAST(n AS INTEGER)) END"
    ),
    # https://docs.aws.amazon.com/redshift/latest/dg/r_MONTHS_BETWEEN_function.html
    "months_between(a, b)": (
        "CASE WHEN day(CAST(a AS DATE)) = day(CAST(b AS DATE)) OR (CAST(a AS DATE) = last_day(CAST(a AS DATE))"
        " AND CAST(b AS DATE) = last_day(CAST(b AS DATE)))"
        " THEN CAST(date_diff('month', CAST(b AS DATE), CAST(a AS DATE)) AS DOUBLE)"
        " ELSE date_diff('month', CAST(b AS DATE), CAST(a AS DATE))"
        " + (epoch(CAST(a AS TIMESTAMP) - date_trunc('month', CAST(a AS TIMESTAMP)))"
        " - epoch(CAST(b AS TIMESTAMP) - date_trunc('month', CAST(b AS TIMESTAMP)))) / 86400.0 / 31.0 END"
    ),
    "next_day(x, name)": (
        "CAST(x AS DATE) + CAST((list_position(['su','mo','tu','we','th','fr','sa'], lower(left(name, 2))) - 1"
        " - dayofweek(CAST(x AS DATE)) + 6) % 7 + 1 AS INTEGER)"
    ),
    "cmp(a, b)": "CAST(CASE WHEN a < b THEN -1 WHEN a > b THEN 1 WHEN a = b THEN 0 END AS INTEGER)",
    # Weeks begin on Sunday in DATEDIFF.
    # https://docs.aws.amazon.com/redshift/latest/dg/r_DATEDIFF_function.html
    "datediff_week(a, b)": (
        "date_diff('day', date_trunc('day', CAST(a AS TIMESTAMP)) - to_days(CAST(dayofweek(a) AS INTEGER)),"
        " date_trunc('day', CAST(b AS TIMESTAMP)) - to_days(CAST(dayofweek(b) AS INTEGER))) // 7"
    ),
    "convert_timezone_utc(zone, x)": "(CAST(x AS TIMESTAMP) AT TIME ZONE 'UTC') AT TIME ZONE zone",
    "convert_timezone(source, zone, x)": "(CAST(x AS TIMESTAMP) AT TIME ZONE source) AT TIME ZONE zone",
    # SUPER, which is JSON. A path that leads nowhere, or through something else, is NULL.
    # https://docs.aws.amazon.com/redshift/latest/dg/query-super.html
    "json_text(x, path)": (
        "CASE WHEN json_valid(x) THEN coalesce(json_extract_string(x, path), '') ELSE error('22P02:invalid json') END"
    ),
    "json_text_or_null(x, path)": "CASE WHEN json_valid(x) THEN json_extract_string(x, path) END",
    "json_array_length(x)": (
        "CASE WHEN x IS NULL THEN NULL WHEN json_valid(x) AND json_type(CAST(x AS JSON)) = 'ARRAY'"
        " THEN CAST(json_array_length(CAST(x AS JSON)) AS INTEGER) ELSE error('22P02:invalid json array') END"
    ),
    "json_valid(x)": "json_valid(x) AND json_type(CAST(x AS JSON)) = 'OBJECT'",
    "json_valid_array(x)": "json_valid(x) AND json_type(CAST(x AS JSON)) = 'ARRAY'",
    "json_typeof(x)": (
        "CASE json_type(x) WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'object' WHEN 'VARCHAR' THEN 'string'"
        " WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' ELSE 'number' END"
    ),
    "get_array_length(x)": ("CASE WHEN json_type(x) = 'ARRAY' THEN CAST(json_array_length(x) AS INTEGER) END"),
    "is_type(x, name)": "coalesce(json_type(x) = name, false)",
    "is_scalar(x)": "coalesce(json_type(x) NOT IN ('ARRAY', 'OBJECT', 'NULL'), false)",
    "split_to_array(x, sep)": "to_json(string_split(x, sep))",
    "array_concat(a, b)": "to_json(list_concat(CAST(a AS JSON[]), CAST(b AS JSON[])))",
    "elements(x)": "CASE WHEN json_type(x) = 'ARRAY' THEN CAST(x AS JSON[]) ELSE CAST([] AS JSON[]) END",
    # A scalar of SUPER as SQL's text; NULL for what is none.
    "scalar(x)": "CASE WHEN json_type(x) IN ('ARRAY', 'OBJECT', 'NULL') THEN NULL ELSE x ->> '$' END",
    "super_text(x)": "CASE WHEN json_type(x) = 'NULL' THEN NULL ELSE x ->> '$' END",
}


def install(db: Any) -> None:
    """Make the macros."""
    db.execute("CREATE SCHEMA IF NOT EXISTS amp_fn")
    for signature, body in MACROS.items():
        db.execute(f"CREATE OR REPLACE MACRO amp_fn.{signature} AS {body}")
