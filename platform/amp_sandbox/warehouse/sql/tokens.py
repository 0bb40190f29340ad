"""Reading statements word by word: those that sqlglot does not parse (GRANT, CREATE USER, COPY, VACUUM, …).

`Tokens` is one statement's words with a cursor. Identifiers come out as Redshift folds them: in lower case, quoted or
not. Everything that does not fit raises a syntax error with its position, so that nothing is overlooked: a reader
ends with `end`.

https://docs.aws.amazon.com/redshift/latest/dg/r_names.html
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import TokenType
from sqlglot.errors import TokenError

from amp_sandbox.warehouse import errors
from amp_sandbox.warehouse.sql.dialect import QueryDialect

MAX_IDENTIFIER = 127  # bytes


@dataclass(frozen=True)
class Token:
    """A word, a quoted identifier, a string, a number or a sign."""

    kind: str  # "word", "quoted", "string", "number", "parameter", "sign"
    text: str  # of words as written; of quoted identifiers and strings what is between the quotes
    start: int  # characters from 0 in the statement's source
    end: int  # the last character's

    @property
    def upper(self) -> str:
        """The text of a word in upper case; empty for anything else, as a quoted word is no keyword."""
        return self.text.upper() if self.kind in ("word", "sign") else ""


class Tokens:
    """The tokens of one statement, read from the first to the last."""

    def __init__(self, text: str, tokens: Sequence[Token], offset: int = 0) -> None:
        self.text = text
        self._tokens = tokens
        self._next = 0
        self._offset = offset

    @property
    def position(self) -> int:
        """How many tokens have been read; may be set back to where it was."""
        return self._next

    @position.setter
    def position(self, place: int) -> None:
        self._next = place

    @property
    def peek(self) -> Token | None:
        """The token to be read next; None at the end."""
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    @property
    def rest(self) -> Sequence[Token]:
        """The tokens that are left."""
        return self._tokens[self._next :]

    def at(self, *words: str) -> bool:
        """Whether these keywords come next; nothing is read."""
        found = self._tokens[self._next : self._next + len(words)]
        return len(found) == len(words) and all(one.upper == word for one, word in zip(found, words, strict=True))

    def accept(self, *words: str) -> bool:
        """Read these keywords (or signs) if they all come next, in this order."""
        if not self.at(*words):
            return False
        self._next += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Read these keywords, which must come next."""
        for word in words:
            if not self.accept(word):
                raise self.unexpected()

    def one_of(self, *words: str) -> str | None:
        """Read one keyword of these if it comes next, and return it."""
        return next((word for word in words if self.accept(word)), None)

    def take(self) -> Token:
        """Read any token."""
        token = self.peek
        if token is None:
            raise self.unexpected()
        self._next += 1
        return token

    def identifier(self) -> str:
        """Read a name, folded to lower case."""
        token = self.peek
        if token is None or token.kind not in ("word", "quoted"):
            raise self.unexpected()
        self._next += 1
        return folded(token.text)

    def qualified_name(self) -> tuple[str, ...]:
        """Read a name of one to three parts: (table,), (schema, table) or (database, schema, table)."""
        parts = [self.identifier()]
        while self.accept("."):
            parts.append(self.identifier())
        if len(parts) > 3:
            raise self.unexpected()
        return tuple(parts)

    def names(self) -> list[str]:
        """Read names with commas between them."""
        names = [self.identifier()]
        while self.accept(","):
            names.append(self.identifier())
        return names

    def string(self) -> str:
        """Read a string literal."""
        token = self.peek
        if token is None or token.kind != "string":
            raise self.unexpected()
        self._next += 1
        return token.text

    def integer(self) -> int:
        """Read a whole number, with a sign or without."""
        sign = -1 if self.accept("-") else 1
        token = self.peek
        if token is None or token.kind != "number" or not token.text.isascii() or not token.text.isdigit():
            raise self.unexpected()
        self._next += 1
        return sign * int(token.text)

    def end(self) -> None:
        """Nothing more may come."""
        if self.peek is not None:
            raise self.unexpected()

    def unexpected(self) -> errors.SqlError:
        """The syntax error at the token to be read next."""
        token = self.peek
        if token is None:
            return errors.syntax_error("syntax error at end of input", len(self.text) + self._offset + 1)
        return errors.syntax_error_near(self.text[token.start : token.end + 1], token.start + self._offset + 1)


def folded(name: str) -> str:
    """A name as Redshift keeps it."""
    if len(name.encode()) > MAX_IDENTIFIER:
        raise errors.invalid_name(f'identifier "{name[:60]}…" is longer than {MAX_IDENTIFIER} bytes')
    if not name or "\x00" in name:
        raise errors.invalid_name("zero-length or invalid identifier")
    return name.lower()


def tokenize(text: str) -> list[Token]:
    """The tokens of a text, of all its statements; a semicolon is a sign."""
    try:
        found = QueryDialect().tokenize(text)
    except TokenError as error:
        raise errors.syntax_error("unterminated quoted string or comment") from error
    tokens: list[Token] = []
    for one in found:
        kind = _kind(text, one.token_type, one.start)
        if kind == "word" and " " in one.text.strip():  # PRIMARY KEY, which sqlglot takes as one
            tokens += [
                Token(kind, word[0], one.start + word.start(), one.start + word.end() - 1)
                for word in re.finditer(r"\S+", text[one.start : one.end + 1])
            ]
        else:
            tokens.append(Token(kind, one.text, one.start, one.end))
    return tokens


def _kind(text: str, token_type: TokenType, start: int) -> str:
    first = text[start]
    if token_type in (TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.HEREDOC_STRING, TokenType.RAW_STRING):
        return "string"
    if token_type is TokenType.NUMBER:
        return "number"
    if first == '"':
        return "quoted"
    if token_type is TokenType.PARAMETER or first == "$":
        return "parameter"
    return "word" if first.isalpha() or first == "_" or ord(first) > 127 else "sign"
