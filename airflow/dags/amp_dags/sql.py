"""SQL files: their order, their statements, and the parameters that these take.

Parameters are `:first_day` and `:last_day`, as the Redshift Data API names them. They are sent beside the statements,
and never pasted into them.
https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_BatchExecuteStatement.html

**Left out:** statements that hold semicolons of their own, as procedures do; there are none.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import sqlparse
from sqlparse.tokens import Name

FOLDER = Path(__file__).parents[1]

_COMMENTS = re.compile(r"\s*(--[^\n]*(\n|\Z)\s*)*")
_TABLE = re.compile(r"CREATE TABLE IF NOT EXISTS (marts\.\w+)", re.IGNORECASE)


@dataclass(frozen=True)
class File:
    """A file: its name without number and ending, what its first lines say of it, and its statements."""

    name: str
    about: str
    statements: tuple[str, ...]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters that some statement takes, in their order."""
        names = (name for statement in self.statements for name in placeholders(statement))
        return tuple(dict.fromkeys(names))

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that it makes."""
        return tuple(found[1] for statement in self.statements for found in _TABLE.finditer(statement))


def read(path: Path) -> File:
    """A file."""
    text = path.read_text(encoding="utf-8")
    number, _, name = path.stem.partition("_")
    return File(name if number.isdigit() else path.stem, _about(text), tuple(statements(text)))


def files(folder: str) -> tuple[File, ...]:
    """The files of a folder beside the DAGs: by their numbers where they have some, else by name."""
    return tuple(read(path) for path in sorted((FOLDER / folder).glob("*.sql"), key=_order))


def statements(text: str) -> list[str]:
    """The statements of a text, without the comments before them."""
    return [_COMMENTS.sub("", part, count=1) for part in sqlparse.split(text, strip_semicolon=True) if _is_some(part)]


def placeholders(statement: str) -> list[str]:
    """The names of a statement's parameters."""
    tokens = (token for parsed in sqlparse.parse(statement) for token in parsed.flatten())
    return [token.value[1:] for token in tokens if token.ttype is Name.Placeholder]


def _is_some(part: str) -> bool:
    return bool(_COMMENTS.sub("", part, count=1))


def _about(text: str) -> str:
    lines = [line.removeprefix("--").strip() for line in _leading(text)]
    return " ".join(lines)


def _leading(text: str) -> list[str]:
    found = _COMMENTS.match(text)
    return [line for line in (found[0] if found else "").splitlines() if line.startswith("--")]


def _order(path: Path) -> tuple[int, str]:
    number = path.stem.partition("_")[0]
    return (int(number) if number.isdigit() else 0, path.stem)
