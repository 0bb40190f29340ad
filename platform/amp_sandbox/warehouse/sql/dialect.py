"""Redshift's queries as trees: sqlglot's Redshift parser, without its opinions about functions.

Every call comes out as `exp.Anonymous` with the arguments as written, so that `functions` alone decides what a name
means; sqlglot would make trees of its own of many, and forget what was written. Only calls with a grammar of their own
(CAST, EXTRACT, TRIM …) have their node.
"""

from typing import Any, ClassVar

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import ParseError, SqlglotError, TokenError
from sqlglot.parsers.redshift import RedshiftParser

from amp_sandbox.warehouse import catalogs, errors

MAX_BYTES = 1_000_000  # Redshift's own is 16 MB
MAX_TOKENS = 200_000
MAX_DEPTH = 100

_OPEN = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.CASE})
_CLOSE = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.END})
_PREFIX = frozenset({TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE})
GRAMMAR = ("CAST", "CONVERT", "EXTRACT", "POSITION", "SUBSTRING", "TRIM", "TRY_CAST")


def _no_paren(name: str) -> Any:
    return lambda: exp.Anonymous(this=name, expressions=[])


class QueryDialect(Redshift):
    """Redshift as the warehouse reads it."""

    class Tokenizer(Redshift.Tokenizer):
        """Reads every word; sqlglot would take what follows SHOW, CALL and others as one text."""

        COMMANDS: ClassVar[set[Any]] = set()

    class Parser(RedshiftParser):
        """Reads calls as written."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {
            token: _no_paren(token.name.lower()) for token in RedshiftParser.NO_PAREN_FUNCTIONS
        }
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parse for name, parse in RedshiftParser.FUNCTION_PARSERS.items() if name in GRAMMAR
        }
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            "ANY": RedshiftParser.NO_PAREN_FUNCTION_PARSERS["ANY"],
            "CASE": RedshiftParser.NO_PAREN_FUNCTION_PARSERS["CASE"],
            "APPROXIMATE": lambda self: _approximate(self),
            "SYSDATE": lambda self: exp.Anonymous(this="sysdate", expressions=[]),
        }


def _approximate(parser: Any) -> Any:
    """APPROXIMATE COUNT(DISTINCT x) and APPROXIMATE PERCENTILE_DISC: the call, marked."""
    index = parser._index - 1
    call = parser._parse_function()
    inner = call.this if isinstance(call, exp.WithinGroup) else call
    if isinstance(inner, exp.Anonymous):
        inner.set("this", f"approximate {inner.name.lower()}")
        return call
    parser._retreat(index)
    return None


def parse(text: str, offset: int = 0) -> exp.Expr:
    """The tree of one query, INSERT, UPDATE, DELETE or MERGE. Raises SqlError; `offset` is added to positions.

    What only queries of catalogs have is made plain before anything is decided.
    """
    check_size(text)
    dialect = QueryDialect()
    try:
        tokens = catalogs.without_catalog_types(dialect.tokenize(text))
        check_depth(tokens)
        trees = dialect.parser(error_level=sqlglot.ErrorLevel.IMMEDIATE).parse(tokens, text)
    except ParseError as error:
        raise _syntax_error(error, text, offset) from error
    except TokenError as error:
        raise errors.syntax_error("unterminated quoted string or comment") from error
    except RecursionError as error:
        raise errors.too_complex("It is nested too deep.") from error
    except (SqlglotError, ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
        raise errors.syntax_error("the statement cannot be read") from error  # sqlglot stumbles over some bad input
    if len(trees) != 1 or trees[0] is None:
        raise errors.syntax_error("one statement is expected")
    return catalogs.rewrite(trees[0])


def check_size(text: str) -> None:
    """Refuse a text that is too long, and one with a byte that no text has."""
    if len(text) > MAX_BYTES or len(text.encode(errors="replace")) > MAX_BYTES:
        raise errors.too_long(MAX_BYTES)
    if "\x00" in text:
        raise errors.syntax_error("invalid byte sequence: 0x00")


def check_depth(tokens: Any) -> None:
    """Refuse what is nested so deep that reading it would exhaust the stack."""
    if len(tokens) > MAX_TOKENS:
        raise errors.too_complex(f"It has more than {MAX_TOKENS} words and signs.")
    depth = prefixes = 0
    for token in tokens:
        kind = token.token_type
        depth += (kind in _OPEN) - (kind in _CLOSE)
        prefixes = prefixes + 1 if kind in _PREFIX else 0
        if depth > MAX_DEPTH or prefixes > MAX_DEPTH:
            raise errors.too_complex(f"It is nested more than {MAX_DEPTH} deep.")


def _syntax_error(error: ParseError, text: str, offset: int) -> errors.SqlError:
    first = error.errors[0] if error.errors else {}
    lines, line, column = text.split("\n"), first.get("line"), first.get("col")
    highlight = str(first.get("highlight") or "")
    if not line or not column:
        return errors.syntax_error("syntax error at end of input", len(text) + offset + 1)
    position = sum(len(one) + 1 for one in lines[: line - 1]) + max(column - len(highlight), 0) + offset + 1
    return errors.syntax_error_near(highlight, position)
