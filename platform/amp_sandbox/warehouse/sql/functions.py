"""The functions there are: Redshift's name, how many arguments, and how each is written for DuckDB.

A call of anything else is refused, whatever DuckDB has under that name. The catalog functions (`has_table_privilege`,
`format_type`, …) come from `catalogs.FUNCTIONS`.

https://docs.aws.amazon.com/redshift/latest/dg/c_SQL_functions.html
"""

import re
from collections.abc import Mapping, Sequence

from sqlglot import exp

from amp_sandbox.warehouse import catalogs, errors, types
from amp_sandbox.warehouse.sql import functions_aggregates as aggregates
from amp_sandbox.warehouse.sql import functions_dates as dates
from amp_sandbox.warehouse.sql.calls import Call, Function, Typed, Write, cast, common, duck, literal_text, number, text
from amp_sandbox.warehouse.types import RedshiftType

VERSION = (
    "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3),"
    " Redshift 1.0.123456"
)


def find(name: str) -> Function | None:
    """The function of that name."""
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    found = catalogs.FUNCTIONS.get(name)
    if found is None:
        return None
    counts = list(found.arguments)
    macro, kind = found.macro, found.type

    def write(call: Call) -> Typed:
        call_of = exp.Anonymous(this=macro, expressions=list(call.args))
        return exp.Dot(this=exp.to_identifier("amp_catalog", quoted=True), expression=call_of), kind

    return Function(name, "System information", min(counts), max(counts), write)


def _renamed(name: str, kind: RedshiftType | None = None) -> Write:
    return lambda call: (duck(name, *call.args), kind)


def _like_first(name: str) -> Write:
    return lambda call: (duck(name, *call.args), call.type())


def _common(name: str) -> Write:
    return lambda call: (duck(name, *call.args), common(call.types))


def _text_of_first(name: str) -> Write:
    """A function that makes no text longer."""

    def write(call: Call) -> Typed:
        kind = call.type()
        shorter = types.varchar(kind.length) if kind is not None and kind.length else types.VARCHAR_ANY
        return duck(name, *call.args), shorter

    return write


def _concat(call: Call) -> Typed:
    """CONCAT is NULL when either is: https://docs.aws.amazon.com/redshift/latest/dg/r_CONCAT.html"""
    return exp.Paren(this=exp.DPipe(this=call.args[0], expression=call.args[1], safe=True)), types.VARCHAR_ANY


def _nvl2(call: Call) -> Typed:
    present = exp.Not(this=exp.Is(this=exp.Paren(this=call.args[0]), expression=exp.Null()))
    chosen = exp.Case(ifs=[exp.If(this=present, true=call.args[1])], default=call.args[2])
    return chosen, common(call.types[1:])


def _decode(call: Call) -> Typed:
    """DECODE, which finds NULL equal to NULL: https://docs.aws.amazon.com/redshift/latest/dg/r_DECODE_expression.html"""
    value, rest = call.args[0], list(call.args[1:])
    default = rest.pop() if len(rest) % 2 else None
    pairs = zip(rest[::2], rest[1::2], strict=True)
    ifs = [exp.If(this=exp.NullSafeEQ(this=value.copy(), expression=one), true=answer) for one, answer in pairs]
    answers = list(call.types[2::2]) + ([call.types[-1]] if default is not None else [])
    return exp.Case(ifs=ifs, default=default), common(answers)


def _charindex(call: Call) -> Typed:
    return duck("fn.strpos", call.args[1], call.args[0]), types.INTEGER


def _overloaded(*names: str, kind: RedshiftType | None = None) -> Write:
    """The macro depends on how many arguments there are; names from the fewest to the most."""

    def write(call: Call) -> Typed:
        found = FUNCTIONS[call.name]
        return duck(names[len(call.args) - found.low], *call.args), kind

    return write


def _pad(name: str) -> Write:
    def write(call: Call) -> Typed:
        filler = call.args[2] if len(call.args) > 2 else text(" ")
        return duck(name, call.args[0], cast(call.args[1], types.INTEGER), filler), types.VARCHAR_ANY

    return write


def _regexp_replace(call: Call) -> Typed:
    """REGEXP_REPLACE replaces every match: https://docs.aws.amazon.com/redshift/latest/dg/REGEXP_REPLACE.html"""
    replacement = text(re.sub(r"\$(\d)", r"\\\1", literal_text(call, 2))) if len(call.args) > 2 else text("")
    return duck("regexp_replace", call.args[0], call.args[1], replacement, text("g")), types.VARCHAR_ANY


def _json_path(steps: Sequence[str]) -> exp.Expr:
    quoted = "".join('."' + step.replace("\\", "\\\\").replace('"', '\\"') + '"' for step in steps)
    return text("$" + quoted)


def _json_extract_path_text(call: Call) -> Typed:
    """https://docs.aws.amazon.com/redshift/latest/dg/JSON_EXTRACT_PATH_TEXT.html"""
    lenient = isinstance(call.args[-1], exp.Boolean)
    count = len(call.args) - lenient
    steps = [literal_text(call, index) for index in range(1, count)]
    name = "fn.json_text_or_null" if lenient and call.args[-1].this else "fn.json_text"
    return duck(name, cast(call.args[0], "VARCHAR"), _json_path(steps)), types.varchar(types.MAX_VARCHAR)


def _json_array_element(call: Call) -> Typed:
    """https://docs.aws.amazon.com/redshift/latest/dg/JSON_EXTRACT_ARRAY_ELEMENT_TEXT.html"""
    place = exp.DPipe(this=text("$["), expression=cast(call.args[1], "VARCHAR"), safe=True)
    path = exp.DPipe(this=place, expression=text("]"), safe=True)
    return duck("fn.json_text", cast(call.args[0], "VARCHAR"), path), types.varchar(types.MAX_VARCHAR)


def _json_parse(call: Call) -> Typed:
    return cast(cast(call.args[0], "VARCHAR"), types.SUPER), types.SUPER


def _json_serialize(call: Call) -> Typed:
    return cast(call.args[0], "VARCHAR"), types.varchar(types.MAX_VARCHAR)


def _is_kind(name: str) -> Write:
    return lambda call: (duck("fn.is_type", call.args[0], text(name)), types.BOOLEAN)


def _log(call: Call) -> Typed:
    """LOG is to the base 10: https://docs.aws.amazon.com/redshift/latest/dg/r_LOG.html"""
    return duck("log10", call.args[0]), types.DOUBLE


def _round(call: Call) -> Typed:
    if len(call.args) == 1:
        return duck("round", call.args[0]), call.type()
    return duck("fn.round_to", *call.args), None


def _variable(name: str) -> Write:
    return lambda _call: (cast(duck("getvariable", text(name)), "VARCHAR"), types.VARCHAR_ANY)


def _schema(_call: Call) -> Typed:
    path = cast(duck("getvariable", text("amp_search_path")), "VARCHAR[]")
    return duck("list_extract", path, number(1)), types.VARCHAR_ANY


def _table() -> dict[str, Function]:
    found: dict[str, Function] = {}

    def add(group: str, names: str, arguments: tuple[int, int | None], write: Write, **more: bool) -> None:
        for name in names.split():
            found[name] = Function(name, group, *arguments, write, **more)

    _add_text(add)
    _add_numbers(add)
    _add_dates(add)
    _add_json(add)
    _add_aggregates(add)
    add("Conditional", "coalesce nvl", (1, None), _common("coalesce"))
    add("Conditional", "nullif", (2, 2), _like_first("nullif"))
    add("Conditional", "greatest", (1, None), _common("greatest"))
    add("Conditional", "least", (1, None), _common("least"))
    add("Conditional", "nvl2", (3, 3), _nvl2)
    add("Conditional", "decode", (3, None), _decode)
    add("System information", "current_user user", (0, 0), _variable("amp_user"))
    add("System information", "session_user", (0, 0), _variable("amp_session_user"))
    add("System information", "current_database current_catalog", (0, 0), _variable("amp_database"))
    add("System information", "current_schema", (0, 0), _schema)
    add("System information", "version", (0, 0), lambda _call: (text(VERSION), types.VARCHAR_ANY))
    add(
        "System information",
        "pg_backend_pid",
        (0, 0),
        lambda _call: (cast(duck("getvariable", text("amp_pid")), types.INTEGER), types.INTEGER),
    )
    return found


def _add_text(add) -> None:  # type: ignore[no-untyped-def]
    group = "String"
    add(group, "len length char_length character_length textlen", (1, 1), _renamed("fn.len", types.INTEGER))
    add(group, "octet_length bytes", (1, 1), _renamed("fn.bytes", types.INTEGER))
    add(group, "upper", (1, 1), _text_of_first("upper"))
    add(group, "lower", (1, 1), _text_of_first("lower"))
    add(group, "initcap", (1, 1), _text_of_first("fn.initcap"))
    add(group, "btrim", (1, 2), _text_of_first("trim"))
    add(group, "ltrim", (1, 2), _text_of_first("ltrim"))
    add(group, "rtrim", (1, 2), _text_of_first("rtrim"))
    add(group, "left", (2, 2), _text_of_first("left"))
    add(group, "right", (2, 2), _text_of_first("right"))
    add(group, "lpad", (2, 3), _pad("lpad"))
    add(group, "rpad", (2, 3), _pad("rpad"))
    add(
        group,
        "substr",
        (2, 3),
        _overloaded("fn.substring", "fn.substring_for", kind=types.VARCHAR_ANY),
    )
    add(group, "strpos", (2, 2), _renamed("fn.strpos", types.INTEGER))
    add(group, "charindex", (2, 2), _charindex)
    add(group, "replace", (3, 3), _renamed("replace", types.VARCHAR_ANY))
    add(group, "translate", (3, 3), _renamed("fn.translate", types.VARCHAR_ANY))
    add(group, "repeat replicate", (2, 2), _renamed("repeat", types.VARCHAR_ANY))
    add(group, "reverse", (1, 1), _text_of_first("reverse"))
    add(group, "split_part", (3, 3), _renamed("split_part", types.VARCHAR_ANY))
    add(group, "concat", (2, 2), _concat)
    add(group, "chr", (1, 1), _renamed("chr", types.VARCHAR_ANY))
    add(group, "ascii", (1, 1), _renamed("fn.ascii", types.INTEGER))
    add(group, "quote_ident", (1, 1), _renamed("fn.quote_ident", types.VARCHAR_ANY))
    add(group, "quote_literal", (1, 1), _renamed("fn.quote_literal", types.VARCHAR_ANY))
    add(group, "regexp_count", (2, 2), _renamed("fn.regexp_count", types.INTEGER))
    add(group, "regexp_instr", (2, 2), _renamed("fn.regexp_instr", types.INTEGER))
    add(group, "regexp_replace", (2, 3), _regexp_replace)
    add(
        group,
        "regexp_substr",
        (2, 4),
        _overloaded("fn.regexp_substr", "fn.regexp_substr_from", "fn.regexp_substr_nth", kind=types.VARCHAR_ANY),
    )
    add("Hash", "md5", (1, 1), _renamed("md5", types.varchar(32)))
    add("Hash", "sha sha1 func_sha1", (1, 1), _renamed("sha1", types.varchar(40)))
    add("Hash", "sha2", (2, 2), _renamed("fn.sha2", types.varchar(128)))
    add("Conversion", "strtol", (2, 2), _renamed("fn.strtol", types.BIGINT))
    add("Conversion", "to_hex", (1, 1), lambda call: (duck("lower", duck("hex", *call.args)), types.VARCHAR_ANY))


def _add_numbers(add) -> None:  # type: ignore[no-untyped-def]
    group = "Math"
    for name in ("abs", "ceil", "ceiling", "floor"):
        add(group, name, (1, 1), _like_first({"ceiling": "ceil"}.get(name, name)))
    add(group, "round", (1, 2), _round)
    add(group, "trunc", (1, 2), dates.trunc)
    add(
        group,
        "mod",
        (2, 2),
        lambda call: (
            exp.Paren(this=exp.Mod(this=call.args[0], expression=duck("fn.nonzero", call.args[1]))),
            common(call.types),
        ),
    )
    for name in ("sqrt", "cbrt", "exp", "ln", "sin", "cos", "tan", "asin", "acos", "atan", "degrees", "radians"):
        add(group, name, (1, 1), _renamed(name, types.DOUBLE))
    add(group, "dexp", (1, 1), _renamed("exp", types.DOUBLE))
    add(group, "dlog1", (1, 1), _renamed("ln", types.DOUBLE))
    add(group, "log dlog10", (1, 1), _log)
    add(group, "cot", (1, 1), _renamed("fn.cot", types.DOUBLE))
    add(group, "atan2", (2, 2), _renamed("atan2", types.DOUBLE))
    add(group, "power pow", (2, 2), _renamed("power", types.DOUBLE))
    add(group, "pi", (0, 0), _renamed("pi", types.DOUBLE))
    add(group, "random", (0, 0), _renamed("random", types.DOUBLE))
    add(group, "sign", (1, 1), lambda call: (cast(duck("sign", *call.args), types.INTEGER), types.INTEGER))


def _add_dates(add) -> None:  # type: ignore[no-untyped-def]
    group = "Date and time"
    add(group, "getdate", (0, 0), _renamed("fn.getdate", types.TIMESTAMP))
    add(group, "sysdate", (0, 0), _renamed("fn.sysdate", types.TIMESTAMP))
    add(group, "current_date", (0, 0), _renamed("fn.current_date", types.DATE))
    add(group, "current_timestamp now", (0, 0), _renamed("fn.current_timestamp", types.TIMESTAMPTZ))
    add(group, "dateadd date_add", (3, 3), dates.dateadd)
    add(group, "datediff date_diff", (3, 3), dates.datediff)
    add(group, "date_trunc", (2, 2), dates.date_trunc)
    add(group, "date_part", (2, 2), dates.date_part)
    add(group, "last_day", (1, 1), _renamed("fn.last_day", types.DATE))
    add(group, "add_months", (2, 2), _renamed("fn.add_months", types.TIMESTAMP))
    add(group, "months_between", (2, 2), _renamed("fn.months_between", types.DOUBLE))
    add(group, "next_day", (2, 2), _renamed("fn.next_day", types.DATE))
    add(group, "date_cmp timestamp_cmp", (2, 2), _renamed("fn.cmp", types.INTEGER))
    add(group, "convert_timezone", (2, 3), dates.convert_timezone)
    add("Conversion", "to_char", (2, 2), dates.to_char)
    add("Conversion", "to_date", (2, 2), dates.to_date)
    add("Conversion", "to_timestamp", (2, 2), dates.to_timestamp)


def _add_json(add) -> None:  # type: ignore[no-untyped-def]
    group = "JSON and SUPER"
    add(group, "json_extract_path_text", (2, None), _json_extract_path_text)
    add(group, "json_extract_array_element_text", (2, 2), _json_array_element)
    add(group, "json_array_length", (1, 1), _renamed("fn.json_array_length", types.INTEGER))
    add(group, "json_parse", (1, 1), _json_parse)
    add(group, "json_serialize", (1, 1), _json_serialize)
    add(group, "is_valid_json", (1, 1), _renamed("fn.json_valid", types.BOOLEAN))
    add(group, "is_valid_json_array", (1, 1), _renamed("fn.json_valid_array", types.BOOLEAN))
    add(group, "can_json_parse", (1, 1), _renamed("json_valid", types.BOOLEAN))
    add(group, "json_typeof", (1, 1), _renamed("fn.json_typeof", types.VARCHAR_ANY))
    add(group, "is_array", (1, 1), _is_kind("ARRAY"))
    add(group, "is_object", (1, 1), _is_kind("OBJECT"))
    add(group, "is_varchar is_char", (1, 1), _is_kind("VARCHAR"))
    add(group, "is_boolean", (1, 1), _is_kind("BOOLEAN"))
    add(group, "is_scalar", (1, 1), _renamed("fn.is_scalar", types.BOOLEAN))
    add(group, "get_array_length", (1, 1), _renamed("fn.get_array_length", types.INTEGER))
    add(group, "array", (0, None), _renamed("json_array", types.SUPER))
    add(group, "object", (0, None), _renamed("json_object", types.SUPER))
    add(group, "array_concat", (2, 2), _renamed("fn.array_concat", types.SUPER))
    add(group, "split_to_array", (2, 2), _renamed("fn.split_to_array", types.SUPER))


def _add_aggregates(add) -> None:  # type: ignore[no-untyped-def]
    group = "Aggregate"
    aggregate = {"aggregate": True}
    add(group, "count", (0, 1), aggregates.count, **aggregate)
    add(group, "sum", (1, 1), aggregates.total, **aggregate)
    add(group, "avg", (1, 1), aggregates.average, **aggregate)
    for name in ("min", "max", "any_value", "bit_and", "bit_or"):
        add(group, name, (1, 1), aggregates.same(name), **aggregate)
    for name, duckdb in (("stddev", "stddev_samp"), ("variance", "var_samp")):
        add(group, f"{name} {duckdb}", (1, 1), aggregates.fixed(duckdb, types.DOUBLE), **aggregate)
    for name in ("stddev_pop", "var_pop"):
        add(group, name, (1, 1), aggregates.fixed(name, types.DOUBLE), **aggregate)
    for name in ("bool_and", "bool_or"):
        add(group, name, (1, 1), aggregates.fixed(name, types.BOOLEAN), **aggregate)
    add(group, "median", (1, 1), aggregates.fixed("median", None), **aggregate)
    add(group, "listagg", (1, 2), aggregates.listagg, **aggregate)
    add(group, "percentile_cont", (1, 1), aggregates.percentile("quantile_cont"), **aggregate)
    add(group, "percentile_disc", (1, 1), aggregates.percentile("quantile_disc"), **aggregate)
    group = "Window"
    window = {"aggregate": True, "window": True}
    for name in ("row_number", "rank", "dense_rank"):
        add(group, name, (0, 0), aggregates.fixed(name, types.BIGINT), **window)
    add(group, "ntile", (1, 1), aggregates.fixed("ntile", types.BIGINT), **window)
    for name in ("percent_rank", "cume_dist"):
        add(group, name, (0, 0), aggregates.fixed(name, types.DOUBLE), **window)
    for name in ("lag", "lead"):
        add(group, name, (1, 3), aggregates.same(name), **window)
    for name in ("first_value", "last_value"):
        add(group, name, (1, 1), aggregates.same(name), **window)
    add(group, "nth_value", (2, 2), aggregates.same("nth_value"), **window)
    add(group, "ratio_to_report", (1, 1), aggregates.ratio_to_report, **window)


FUNCTIONS: Mapping[str, Function] = _table()
# Written APPROXIMATE COUNT(DISTINCT x); the parser makes the name.
APPROXIMATE: Mapping[str, Function] = {
    "approximate count": Function("approximate count", "Aggregate", 1, 1, aggregates.approximate_count, True),
    "approximate percentile_disc": Function(
        "approximate percentile_disc", "Aggregate", 1, 1, aggregates.percentile("quantile_disc"), True
    ),
}


def require(name: str, count: int) -> Function:
    """The function of that name for so many arguments. Raises SqlError 42883."""
    found = APPROXIMATE.get(name) or find(name)
    if found is None:
        raise errors.undefined_function(name)
    if count < found.low or (found.high is not None and count > found.high):
        raise errors.SqlError("42883", f"function {name} does not take {count} arguments")
    return found
