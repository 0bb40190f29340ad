"""Which statement a text is: texts are split at semicolons, and each statement is known by its first words.

What is not in the list is refused by name. https://docs.aws.amazon.com/redshift/latest/dg/c_SQL_commands.html
"""

from collections.abc import Sequence
from dataclasses import dataclass

from amp_sandbox.warehouse import errors
from amp_sandbox.warehouse.sql import dialect
from amp_sandbox.warehouse.sql.tokens import Token, Tokens, tokenize

QUERY = "QUERY"

# The statement each begins, by its first words without OR REPLACE, TEMP and the like.
LEADING: dict[tuple[str, ...], str] = {
    **dict.fromkeys((("SELECT",), ("WITH",), ("INSERT",), ("UPDATE",), ("DELETE",), ("MERGE",)), QUERY),
    ("CREATE", "TABLE"): "CREATE TABLE",
    ("CREATE", "VIEW"): "CREATE VIEW",
    ("CREATE", "MATERIALIZED", "VIEW"): "CREATE MATERIALIZED VIEW",
    ("CREATE", "SCHEMA"): "CREATE SCHEMA",
    ("CREATE", "EXTERNAL", "SCHEMA"): "CREATE EXTERNAL SCHEMA",
    ("CREATE", "USER"): "CREATE USER",
    ("CREATE", "GROUP"): "CREATE GROUP",
    ("ALTER", "TABLE"): "ALTER TABLE",
    ("ALTER", "SCHEMA"): "ALTER SCHEMA",
    ("ALTER", "USER"): "ALTER USER",
    ("ALTER", "GROUP"): "ALTER GROUP",
    ("ALTER", "DEFAULT", "PRIVILEGES"): "ALTER DEFAULT PRIVILEGES",
    ("DROP", "TABLE"): "DROP TABLE",
    ("DROP", "VIEW"): "DROP VIEW",
    ("DROP", "MATERIALIZED", "VIEW"): "DROP MATERIALIZED VIEW",
    ("DROP", "SCHEMA"): "DROP SCHEMA",
    ("DROP", "USER"): "DROP USER",
    ("DROP", "GROUP"): "DROP GROUP",
    ("TRUNCATE",): "TRUNCATE",
    ("COMMENT", "ON"): "COMMENT",
    ("REFRESH", "MATERIALIZED", "VIEW"): "REFRESH MATERIALIZED VIEW",
    ("GRANT",): "GRANT",
    ("REVOKE",): "REVOKE",
    ("BEGIN",): "BEGIN",
    ("START", "TRANSACTION"): "BEGIN",
    ("COMMIT",): "COMMIT",
    ("END",): "COMMIT",
    ("ROLLBACK",): "ROLLBACK",
    ("ABORT",): "ROLLBACK",
    ("SET", "SESSION", "AUTHORIZATION"): "SET SESSION AUTHORIZATION",
    ("RESET", "SESSION", "AUTHORIZATION"): "RESET SESSION AUTHORIZATION",
    ("SET",): "SET",
    ("RESET",): "RESET",
    ("SHOW",): "SHOW",
    ("EXPLAIN",): "EXPLAIN",
    ("DECLARE",): "DECLARE",
    ("FETCH",): "FETCH",
    ("CLOSE",): "CLOSE",
    ("PREPARE",): "PREPARE",
    ("EXECUTE",): "EXECUTE",
    ("DEALLOCATE",): "DEALLOCATE",
    ("VACUUM",): "VACUUM",
    ("ANALYZE",): "ANALYZE",
    ("ANALYSE",): "ANALYZE",
    ("COPY",): "COPY",
    ("UNLOAD",): "UNLOAD",
}
_OPTIONAL = {"CREATE": (("OR", "REPLACE"), ("LOCAL",), ("TEMP",), ("TEMPORARY",))}


@dataclass(frozen=True)
class Source:
    """One statement of a text: its kind, its words, its own text, and where that begins (characters, from 0)."""

    kind: str
    tokens: Tokens
    text: str
    offset: int


def split(text: str) -> list[Source]:
    """The statements of a text; none when it is empty. Raises SqlError for one that is not in the list."""
    dialect.check_size(text)
    found: list[Source] = []
    current: list[Token] = []
    for token in tokenize(text):
        if token.kind == "sign" and token.text == ";":
            if current:
                found.append(_source(text, current))
            current = []
        else:
            current.append(token)
    if current:
        found.append(_source(text, current))
    return found


def kind_of(tokens: Sequence[Token]) -> str:
    """The statement these words begin. Raises SqlError when it is not supported."""
    words = [one.upper for one in tokens[:8]]
    for optional in _OPTIONAL.get(words[0], ()):
        if tuple(words[1 : 1 + len(optional)]) == optional:
            del words[1 : 1 + len(optional)]
    for count in (3, 2, 1):
        kind = LEADING.get(tuple(words[:count]))
        if kind is not None:
            return _altering(kind, tokens)
    if words[0] == "(":
        return QUERY
    first = tokens[0]
    if first.kind != "word":
        raise errors.syntax_error_near(first.text, first.start + 1)
    if words[0] in _KNOWN:
        named = words[:2] if words[0] in ("ALTER", "CREATE", "DROP") else words[:1]
        raise errors.not_supported(" ".join(one for one in named if one.isalpha()), first.start + 1)
    raise errors.syntax_error_near(first.text, first.start + 1)


# Statements of Redshift or PostgreSQL that are refused by name; other words are syntax errors.
_KNOWN = frozenset(
    [
        "ALTER",
        "CREATE",
        "DROP",
        "CALL",
        "CANCEL",
        "ATTACH",
        "DETACH",
        "LOAD",
        "INSTALL",
        "EXPORT",
        "IMPORT",
        "PRAGMA",
        "USE",
        "DESCRIBE",
        "SUMMARIZE",
        "PIVOT",
        "UNPIVOT",
        "CHECKPOINT",
        "LISTEN",
        "NOTIFY",
        "UNLISTEN",
        "SAVEPOINT",
        "RELEASE",
        "INSERT",
        "REINDEX",
        "CLUSTER",
        "DO",
        "VALUES",
        "TABLE",
        "FROM",
        "SECURITY",
        "REASSIGN",
        "LOCK",
        "DISCARD",
        "UPSERT",
        "REPLACE",
        "FORCE",
        "DESC",
    ]
)


def _altering(kind: str, tokens: Sequence[Token]) -> str:
    """ALTER … OWNER TO is the security model's."""
    if kind in ("ALTER TABLE", "ALTER SCHEMA"):
        words = [one.upper for one in tokens]
        if any(words[place : place + 2] == ["OWNER", "TO"] for place in range(3, min(len(words), 9))):
            return f"{kind} OWNER"
    return kind


def _source(text: str, tokens: list[Token]) -> Source:
    start, end = tokens[0].start, tokens[-1].end
    return Source(kind_of(tokens), Tokens(text, tokens), text[start : end + 1], start)
