"""DuckDB's errors as Redshift's: by their class, and by what our own macros put before their messages.

DuckDB's texts name its own functions and casts; what a client is told is kept short, and what it would not understand
is in the log.
"""

import logging
import re
from collections.abc import Callable
from typing import Any

from amp_sandbox.warehouse import errors
from amp_sandbox.warehouse.errors import SqlError

log = logging.getLogger(__name__)

_OWN = re.compile(r"\b([0-9A-Z]{5}):(.*)", re.DOTALL)
_NOT_NULL = re.compile(r"NOT NULL constraint failed: (?:.*\.)?([^.\s]+)")
_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], SqlError]], ...] = (
    (re.compile(r"Table with name (\S+) does not exist"), lambda found: errors.undefined_table(found[1].strip('"'))),
    (re.compile(r'Referenced column "([^"]+)"'), lambda found: errors.undefined_column(found[1])),
    (re.compile(r"GROUP BY"), lambda found: SqlError("42803", _first_line(found.string))),
    (
        re.compile(
            r"WHERE clause cannot contain|aggregate function calls cannot|window functions? (?:are|is) not allowed"
        ),
        lambda found: SqlError("42803", _first_line(found.string)),
    ),
    (re.compile(r"Ambiguous reference"), lambda found: SqlError("42702", _first_line(found.string))),
    (
        re.compile(r"Max expression depth|expression depth limit"),
        lambda _found: errors.too_complex("It is nested too deep."),
    ),
    (
        re.compile(r"No function matches|Could not choose a best candidate"),
        lambda found: SqlError("42883", _first_line(found.string), hint="Explicit type casts may help."),
    ),
    (
        re.compile(r"More than one row returned by a subquery"),
        lambda _found: SqlError("21000", "more than one row returned by a subquery used as an expression"),
    ),
    (
        re.compile(r"Cannot compare|Cannot mix|cannot cast", re.IGNORECASE),
        lambda found: SqlError("42804", _first_line(found.string)),
    ),
)


def translated(error: Any, *, timed_out: bool = False) -> SqlError:
    """What a client is told of an error of DuckDB."""
    import duckdb

    message = str(error)
    if isinstance(error, duckdb.InterruptException):
        return errors.query_canceled("statement timeout" if timed_out else "user's request")
    own = _own(message) if isinstance(error, duckdb.InvalidInputException) else None
    if own is not None:
        return own
    if isinstance(error, duckdb.TransactionException) or "write-write conflict" in message or "Conflict on" in message:
        return errors.serialization_failure(_first_line(message))
    if found := _NOT_NULL.search(message):
        return errors.not_null_violation(found[1])
    for pattern, make in _PATTERNS:
        if found := pattern.search(message):
            return make(found)
    return _by_class(error, message)


def _own(message: str) -> SqlError | None:
    found = _OWN.search(message)
    if found is None:
        return None
    code, text = found[1], found[2].strip()
    return errors.not_null_violation(text) if code == "23502" else SqlError(code, text)


def _by_class(error: Any, message: str) -> SqlError:
    import duckdb

    line = _first_line(message)
    if isinstance(error, duckdb.ConversionException):
        dates = "date" in line or "time" in line
        return SqlError("22008" if dates and "out of range" in line else "22007" if dates else "22P02", line)
    if isinstance(error, duckdb.OutOfRangeException):
        return SqlError("22003", line)
    if isinstance(error, duckdb.InvalidInputException):
        return SqlError("22023", line)
    if isinstance(error, duckdb.ConstraintException):
        return SqlError("23514", line)
    if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)):
        return SqlError("53200", "out of memory", detail="The query needs more memory than the warehouse has.")
    if isinstance(error, (duckdb.BinderException, duckdb.ParserException, duckdb.SyntaxException)):
        return errors.syntax_error(line)
    if isinstance(error, duckdb.CatalogException):
        return SqlError("42704", line)
    if isinstance(error, (duckdb.IOException, duckdb.HTTPException, duckdb.PermissionException)):
        log.warning("the lake could not be read: %s", message)
        return SqlError("58030", "the data could not be read", detail=line)
    if isinstance(error, duckdb.NotImplementedException):
        return SqlError("0A000", line)
    log.error("DuckDB failed", exc_info=error)
    return errors.internal_error()


def _first_line(message: str) -> str:
    line = message.strip().split("\n", 1)[0]
    kind, colon, rest = line.partition(": ")
    return rest if colon and kind.endswith("Error") else line
