"""The SQL files of the marts: their order, their statements, and the parameters that each statement takes.

**Left out:** statements that hold a semicolon outside of texts and comments, as procedures do; there are none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import sqlglot
from sqlglot import TokenType


@dataclass(frozen=True)
class Statement:
    """A statement as it is written, and the names of its parameters (`:name`)."""

    sql: str
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Mart:
    """A file: the mart's name and its statements."""

    name: str
    statements: tuple[Statement, ...]


def marts(folder: Path) -> list[Mart]:
    """The files of a folder in the order of their numbers."""
    ordered = sorted(folder.glob("*.sql"), key=lambda path: int(path.stem.partition("_")[0]))
    return [Mart(path.stem.partition("_")[2], tuple(statements(path.read_text()))) for path in ordered]


def statements(text: str) -> Iterator[Statement]:
    """The statements of a text, by Redshift's own tokens, so that texts and comments may hold anything."""
    tokens = sqlglot.tokenize(text, read="redshift")
    current: list[sqlglot.Token] = []
    for token in tokens:
        if token.token_type != TokenType.SEMICOLON:
            current.append(token)
        elif current:
            yield _statement(text, current)
            current = []
    if current:
        yield _statement(text, current)


def for_psycopg(statement: Statement) -> str:
    """A statement with its parameters as psycopg names them, which sends them beside it as the Data API does.

    https://www.psycopg.org/psycopg3/docs/basic/params.html
    """
    parts, written = [], 0
    for colon, name in _parameters(sqlglot.tokenize(statement.sql, read="redshift")):
        parts += [statement.sql[written : colon.start].replace("%", "%%"), f"%({name.text})s"]
        written = name.end + 1
    return "".join([*parts, statement.sql[written:].replace("%", "%%")])


def _statement(text: str, tokens: Sequence[sqlglot.Token]) -> Statement:
    names = (name.text for _, name in _parameters(tokens))
    return Statement(text[tokens[0].start : tokens[-1].end + 1], tuple(dict.fromkeys(names)))


def _parameters(tokens: Sequence[sqlglot.Token]) -> Iterator[tuple[sqlglot.Token, sqlglot.Token]]:
    """The colon and the name of each parameter."""
    for colon, name in pairwise(tokens):
        if colon.token_type == TokenType.COLON and name.start == colon.end + 1:
            yield colon, name
