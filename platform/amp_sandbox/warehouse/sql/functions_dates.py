"""Redshift's date and time functions, whose first argument is often a word and whose formats are of their own.

**Left out:** TO_CHAR of numbers, formats that are no literal, eras and Roman numerals in formats (SQLSTATE 0A000).

https://docs.aws.amazon.com/redshift/latest/dg/Date_functions_header.html
"""

import re
from collections.abc import Mapping

from sqlglot import exp

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.sql.calls import Call, Typed, cast, duck, literal_text, number, text

# https://docs.aws.amazon.com/redshift/latest/dg/r_Dateparts_for_datetime_functions.html
_PARTS = {
    "millennium": "millennium millennia mil mils millenniums",
    "century": "century centuries c cent cents",
    "decade": "decade decades dec decs",
    "epoch": "epoch",
    "year": "year years y yr yrs",
    "quarter": "quarter quarters qtr qtrs",
    "month": "month months mon mons",
    "week": "week weeks w",
    "dow": "dayofweek dow dw weekday",
    "doy": "dayofyear doy dy yearday",
    "day": "day days d",
    "hour": "hour hours h hr hrs",
    "minute": "minute minutes m min mins",
    "second": "second seconds s sec secs",
    "millisecond": "millisecond milliseconds ms msec msecs msecond mseconds millisec millisecs millisecon",
    "microsecond": "microsecond microseconds microsec microsecs microsecond usecond useconds us usec usecs",
}
PARTS: Mapping[str, str] = {name: part for part, names in _PARTS.items() for name in names.split()}

_ADDED = {
    "millennium": ("to_years", 1000),
    "century": ("to_years", 100),
    "decade": ("to_years", 10),
    "year": ("to_years", 1),
    "quarter": ("to_months", 3),
    "month": ("to_months", 1),
    "week": ("to_weeks", 1),
    "day": ("to_days", 1),
    "hour": ("to_hours", 1),
    "minute": ("to_minutes", 1),
    "second": ("to_seconds", 1),
    "millisecond": ("to_milliseconds", 1),
    "microsecond": ("to_microseconds", 1),
}
_WIDE = frozenset({"hour", "minute", "second", "millisecond", "microsecond"})

# A format's patterns, the longest first, as strftime writes them.
# https://docs.aws.amazon.com/redshift/latest/dg/r_FORMAT_strings.html
_PATTERNS = {
    "YYYY": "%Y",
    "IYYY": "%G",
    "YY": "%y",
    "MM": "%m",
    "MONTH": "%B",
    "MON": "%b",
    "DDD": "%j",
    "DD": "%d",
    "DAY": "%A",
    "DY": "%a",
    "HH24": "%H",
    "HH12": "%I",
    "HH": "%I",
    "MI": "%M",
    "SS": "%S",
    "MS": "%g",
    "US": "%f",
    "AM": "%p",
    "PM": "%p",
    "IW": "%V",
    "D": "D",
    "Q": "Q",
    "WW": "WW",
    "J": "J",
    "ID": "%u",
}
_FORMAT = re.compile('"[^"]*"|FM|' + "|".join(sorted(_PATTERNS, key=len, reverse=True)) + '|[^A-Z"]', re.IGNORECASE)


def part_of(call: Call) -> str:
    """The date part that the first argument names, as a word or as a string."""
    node = call.args[0]
    name = node.name.lower()
    is_word = isinstance(node, exp.Column) and not node.table
    if not (is_word or (isinstance(node, exp.Literal) and node.is_string)) or name not in PARTS:
        raise errors.not_supported(f"{call.name.upper()} of the date part {node.sql()[:60]}")
    return PARTS[name]


def moment(call: Call, index: int) -> exp.Expr:
    """An argument as a TIMESTAMP; TIME and TIMESTAMPTZ stay what they are."""
    node, kind = call.args[index], call.type(index)
    if kind in (types.TIME, types.TIMESTAMPTZ, types.TIMESTAMP):
        return node
    return cast(node, types.TIMESTAMP)


def dateadd(call: Call) -> Typed:
    """DATEADD: https://docs.aws.amazon.com/redshift/latest/dg/r_DATEADD_function.html"""
    part = part_of(call)
    if part not in _ADDED:
        raise errors.not_supported(f"DATEADD of the date part {part}")
    name, times = _ADDED[part]
    count = cast(call.args[1], types.BIGINT if part in _WIDE else types.INTEGER)
    if times != 1:
        count = exp.Mul(this=count, expression=number(times))
    kind = call.type(2) if call.type(2) in (types.TIME, types.TIMESTAMPTZ) else types.TIMESTAMP
    return exp.Paren(this=exp.Add(this=moment(call, 2), expression=duck(name, count))), kind


def datediff(call: Call) -> Typed:
    """DATEDIFF counts the boundaries between: https://docs.aws.amazon.com/redshift/latest/dg/r_DATEDIFF_function.html"""
    part = part_of(call)
    ends = [_plain(call, 1), _plain(call, 2)]
    if part == "week":
        return duck("fn.datediff_week", *ends), types.BIGINT
    if part in ("dow", "doy"):
        part = "day"
    return duck("date_diff", text(part), *ends), types.BIGINT


def _plain(call: Call, index: int) -> exp.Expr:
    return call.args[index] if call.type(index) == types.TIME else cast(call.args[index], types.TIMESTAMP)


def date_trunc(call: Call) -> Typed:
    """DATE_TRUNC: weeks begin on Monday. https://docs.aws.amazon.com/redshift/latest/dg/r_DATE_TRUNC.html"""
    part = part_of(call)
    kind = types.TIMESTAMPTZ if call.type(1) == types.TIMESTAMPTZ else types.TIMESTAMP
    return duck("date_trunc", text(part), moment(call, 1)), kind


def date_part(call: Call) -> Typed:
    """DATE_PART is a DOUBLE PRECISION: https://docs.aws.amazon.com/redshift/latest/dg/r_DATE_PART_function.html"""
    part = part_of(call)
    node = call.args[1]
    node = cast(node, types.TIMESTAMP) if call.type(1) in (None, types.UNKNOWN, types.VARCHAR_ANY) else node
    return cast(duck("date_part", text(part), node), types.DOUBLE), types.DOUBLE


def extract(part: str, node: exp.Expr, kind: types.RedshiftType | None) -> Typed:
    """EXTRACT is an INTEGER: https://docs.aws.amazon.com/redshift/latest/dg/r_EXTRACT_function.html"""
    if part.lower() not in PARTS:
        raise errors.not_supported(f"EXTRACT of the date part {part.lower()[:60]}")
    known = PARTS[part.lower()]
    if kind in (None, types.UNKNOWN, types.VARCHAR_ANY):
        node = cast(node, types.TIMESTAMP)
    to = types.BIGINT if known == "epoch" else types.INTEGER
    return cast(duck("trunc", duck("date_part", text(known), node)), to), to


def trunc(call: Call) -> Typed:
    """TRUNC of a number, or of a timestamp to its date: https://docs.aws.amazon.com/redshift/latest/dg/r_TRUNC_date.html"""
    if call.type() in (types.TIMESTAMP, types.TIMESTAMPTZ, types.DATE):
        return cast(call.args[0], types.DATE), types.DATE
    if len(call.args) == 2:
        return duck("fn.trunc_to", *call.args), None
    return duck("trunc", call.args[0]), call.type()


def to_char(call: Call) -> Typed:
    """TO_CHAR of a date or timestamp: https://docs.aws.amazon.com/redshift/latest/dg/r_TO_CHAR.html"""
    kind = call.type()
    numbers = (types.SMALLINT, types.INTEGER, types.BIGINT, types.REAL, types.DOUBLE)
    if kind in numbers or (kind is not None and kind.oid == types.NUMERIC_OID):
        raise errors.not_supported("TO_CHAR of numbers")
    node = moment(call, 0)
    pieces = [_piece(pattern, node) for pattern in _patterns(call)]
    written = pieces[0] if pieces else text("")
    for piece in pieces[1:]:
        written = exp.DPipe(this=written, expression=piece, safe=True)
    return exp.Paren(this=written), types.VARCHAR_ANY


def to_date(call: Call) -> Typed:
    """TO_DATE: https://docs.aws.amazon.com/redshift/latest/dg/r_TO_DATE_function.html"""
    return cast(duck("strptime", cast(call.args[0], "VARCHAR"), text(_strptime(call))), types.DATE), types.DATE


def to_timestamp(call: Call) -> Typed:
    """TO_TIMESTAMP is a TIMESTAMPTZ: https://docs.aws.amazon.com/redshift/latest/dg/r_TO_TIMESTAMP.html"""
    parsed = duck("strptime", cast(call.args[0], "VARCHAR"), text(_strptime(call)))
    return cast(cast(parsed, types.TIMESTAMP), types.TIMESTAMPTZ), types.TIMESTAMPTZ


def convert_timezone(call: Call) -> Typed:
    """CONVERT_TIMEZONE: https://docs.aws.amazon.com/redshift/latest/dg/CONVERT_TIMEZONE.html"""
    name = "fn.convert_timezone" if len(call.args) == 3 else "fn.convert_timezone_utc"
    return duck(name, *call.args), types.TIMESTAMP


def _patterns(call: Call) -> list[str]:
    given = literal_text(call, 1)
    found = _FORMAT.findall(given)
    if "".join(found) != given:
        raise errors.not_supported(f"{call.name.upper()} with the format {given[:80]!r}")
    return found


def _piece(pattern: str, node: exp.Expr) -> exp.Expr:
    """One pattern of a format, written for a moment."""
    upper = pattern.upper()
    if pattern.startswith('"') or upper not in _PATTERNS:
        return text("" if upper == "FM" else pattern.strip('"'))
    code = _PATTERNS[upper]
    node = node.copy()
    if not code.startswith("%"):
        return _counted(code, node)
    written = duck("strftime", node, text(code))
    if upper in ("MONTH", "DAY"):
        written = duck("rpad", written, number(9), text(" "))
    if upper in ("MONTH", "MON", "DAY", "DY", "AM", "PM"):
        if pattern == upper:
            return duck("upper", written)
        return duck("lower", written) if pattern == pattern.lower() else written
    return written


def _counted(code: str, node: exp.Expr) -> exp.Expr:
    if code == "J":
        return cast(cast(duck("julian", cast(node, types.DATE)), "BIGINT"), "VARCHAR")
    if code == "Q":
        return cast(duck("date_part", text("quarter"), node), "VARCHAR")
    if code == "D":  # 1 is Sunday
        return cast(exp.Add(this=duck("date_part", text("dow"), node), expression=number(1)), "VARCHAR")
    days = exp.Sub(this=duck("date_part", text("doy"), node), expression=number(1))
    weeks = exp.Add(this=exp.IntDiv(this=exp.Paren(this=days), expression=number(7)), expression=number(1))
    return duck("lpad", cast(weeks, "VARCHAR"), number(2), text("0"))


def _strptime(call: Call) -> str:
    codes = []
    for pattern in _patterns(call):
        code = _PATTERNS.get(pattern.upper(), "" if pattern.upper() == "FM" else pattern.strip('"').replace("%", "%%"))
        if pattern.upper() in _PATTERNS and (not code.startswith("%") or code in ("%G", "%V", "%u")):
            raise errors.not_supported(f"{call.name.upper()} with {pattern} in its format")
        codes.append(code)
    return "".join(codes)
