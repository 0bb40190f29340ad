"""What CREATE TABLE says about a table: its columns, their attributes, constraints, and how its rows are spread.

**Left out:** COLLATE, and everything that is not read here: a syntax error or SQLSTATE 0A000.

https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html
"""

from dataclasses import dataclass, field, replace

from amp_sandbox.warehouse import errors
from amp_sandbox.warehouse.sql.datatypes import read_type
from amp_sandbox.warehouse.sql.tokens import Tokens
from amp_sandbox.warehouse.types import RedshiftType

ENCODINGS = frozenset(
    [
        "az64",
        "bytedict",
        "delta",
        "delta32k",
        "lzo",
        "mostly8",
        "mostly16",
        "mostly32",
        "raw",
        "runlength",
        "text255",
        "text32k",
        "zstd",
        "none",
        "auto",
    ]
)
_ATTRIBUTES = [
    "NOT",
    "NULL",
    "ENCODE",
    "DISTKEY",
    "SORTKEY",
    "PRIMARY",
    "UNIQUE",
    "REFERENCES",
    "IDENTITY",
    "GENERATED",
    "DEFAULT",
    "COLLATE",
    "CONSTRAINT",
]


@dataclass(frozen=True)
class Constraint:
    """PRIMARY KEY, UNIQUE or FOREIGN KEY, which only inform."""

    kind: str  # p, u, f
    columns: tuple[str, ...]
    name: str | None = None
    referenced: tuple[str, ...] | None = None
    referenced_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnDefinition:
    """A column as it is declared."""

    name: str
    type: RedshiftType
    not_null: bool = False
    default: str | None = None
    identity: tuple[int, int] | None = None
    by_default: bool = False
    encoding: str | None = None
    distkey: bool = False
    sortkey: bool = False


@dataclass
class Definition:
    """A table as it is declared."""

    columns: list[ColumnDefinition] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)
    like: tuple[str, ...] | None = None
    like_defaults: bool = False
    diststyle: str = "AUTO"
    distkey: str | None = None
    sortkeys: tuple[str, ...] = ()
    sort_style: str = "AUTO"
    backup: bool = True


def read_elements(tokens: Tokens, definition: Definition) -> None:
    """Read what is between the parentheses."""
    tokens.expect("(")
    while True:
        if tokens.accept("LIKE"):
            definition.like = tokens.qualified_name()
            if tokens.accept("INCLUDING", "DEFAULTS"):
                definition.like_defaults = True
            else:
                tokens.accept("EXCLUDING", "DEFAULTS")
        elif (
            tokens.at("PRIMARY", "KEY") or tokens.at("UNIQUE") or tokens.at("FOREIGN", "KEY") or tokens.at("CONSTRAINT")
        ):
            definition.constraints.append(read_constraint(tokens))
        else:
            definition.columns.append(read_column(tokens, definition))
        if not tokens.accept(","):
            break
    tokens.expect(")")


def read_attributes(tokens: Tokens, definition: Definition) -> None:
    """Read DISTSTYLE, DISTKEY, SORTKEY, BACKUP and ENCODE AUTO."""
    while True:
        if tokens.accept("BACKUP"):
            definition.backup = _choice(tokens, "YES", "NO") == "YES"
        elif tokens.accept("DISTSTYLE"):
            definition.diststyle = _choice(tokens, "AUTO", "EVEN", "KEY", "ALL")
        elif tokens.accept("DISTKEY"):
            definition.distkey = _one_name(tokens)
            definition.diststyle = "KEY"
        elif tokens.accept("SORTKEY", "AUTO"):
            definition.sort_style = "AUTO"
        elif (style := tokens.one_of("COMPOUND", "INTERLEAVED", "SORTKEY")) is not None:
            if style != "SORTKEY":
                tokens.expect("SORTKEY")
            definition.sort_style = "INTERLEAVED" if style == "INTERLEAVED" else "COMPOUND"
            definition.sortkeys = tuple(_names(tokens))
        elif tokens.accept("ENCODE", "AUTO"):
            pass  # is what there is
        else:
            break


def require_columns(definition: Definition, names: list[str]) -> None:
    """The columns that keys name are there. Raises SqlError."""
    listed = [*definition.sortkeys, *([definition.distkey] if definition.distkey else [])]
    listed += [name for one in definition.constraints for name in one.columns]
    for name in listed:
        if name not in names:
            raise errors.SqlError("42703", f'column "{name}" named in key does not exist')
    for name in names:
        if names.count(name) > 1:
            raise errors.duplicate_column(name)


def read_column(tokens: Tokens, definition: Definition) -> ColumnDefinition:
    """Read a column; keys among its attributes go to the table's definition."""
    column = ColumnDefinition(tokens.identifier(), read_type(tokens))
    while True:
        changed = _attribute(tokens, column, definition)
        if changed is None:
            break
        column = changed
    return column


def _attribute(tokens: Tokens, column: ColumnDefinition, definition: Definition) -> ColumnDefinition | None:
    if tokens.accept("NOT", "NULL"):
        return replace(column, not_null=True)
    if tokens.accept("NULL"):
        return column
    if tokens.accept("DEFAULT"):
        return replace(column, default=read_default(tokens))
    if tokens.accept("ENCODE"):
        encoding = tokens.identifier()
        if encoding not in ENCODINGS:
            raise errors.invalid_parameter(f'invalid encoding type specified: "{encoding}"')
        return replace(column, encoding=encoding)
    if tokens.accept("DISTKEY"):
        definition.distkey, definition.diststyle = column.name, "KEY"
        return column
    if tokens.accept("SORTKEY"):
        definition.sortkeys, definition.sort_style = (*definition.sortkeys, column.name), "COMPOUND"
        return column
    return _identity(tokens, column) or _column_constraint(tokens, column, definition)


def _identity(tokens: Tokens, column: ColumnDefinition) -> ColumnDefinition | None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_NEW.html#identity-clause"""
    by_default = tokens.accept("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY")
    if not by_default and not tokens.accept("IDENTITY"):
        return None
    tokens.expect("(")
    seed = tokens.integer()
    tokens.expect(",")
    step = tokens.integer()
    tokens.expect(")")
    if column.type.name not in ("integer", "bigint"):
        raise errors.SqlError("42611", "an IDENTITY column is INT or BIGINT")
    if step == 0:
        raise errors.invalid_parameter("the step of IDENTITY cannot be 0")
    return replace(column, identity=(seed, step), by_default=by_default, not_null=True)


def _column_constraint(tokens: Tokens, column: ColumnDefinition, definition: Definition) -> ColumnDefinition | None:
    name = tokens.identifier() if tokens.accept("CONSTRAINT") else None
    kind = None
    if tokens.accept("PRIMARY", "KEY"):
        kind = Constraint("p", (column.name,), name)
        column = replace(column, not_null=True)
    elif tokens.accept("UNIQUE"):
        kind = Constraint("u", (column.name,), name)
    elif tokens.accept("REFERENCES"):
        kind = _references(tokens, (column.name,), name)
    if kind is None:
        return None
    definition.constraints.append(kind)
    return column


def read_constraint(tokens: Tokens) -> Constraint:
    """Read a constraint of the table."""
    name = tokens.identifier() if tokens.accept("CONSTRAINT") else None
    if tokens.accept("PRIMARY", "KEY"):
        return Constraint("p", tuple(_names(tokens)), name)
    if tokens.accept("UNIQUE"):
        return Constraint("u", tuple(_names(tokens)), name)
    tokens.expect("FOREIGN", "KEY")
    columns = tuple(_names(tokens))
    tokens.expect("REFERENCES")
    return _references(tokens, columns, name)


def _references(tokens: Tokens, columns: tuple[str, ...], name: str | None) -> Constraint:
    table = tokens.qualified_name()
    referenced = tuple(_names(tokens)) if tokens.at("(") else ()
    return Constraint("f", columns, name, table, referenced)


def read_default(tokens: Tokens) -> str:
    """Read a DEFAULT's expression, as text: it ends where the next attribute begins."""
    start, end, depth = None, None, 0
    while (token := tokens.peek) is not None:
        if depth == 0 and (token.upper in (",", ")") or (start is not None and token.upper in _ATTRIBUTES)):
            break
        depth += (token.upper == "(") - (token.upper == ")")
        start = token.start if start is None else start
        end = tokens.take().end
    if start is None or end is None:
        raise tokens.unexpected()
    return tokens.text[start : end + 1]


def _choice(tokens: Tokens, *words: str) -> str:
    found = tokens.one_of(*words)
    if found is None:
        raise tokens.unexpected()
    return found


def _names(tokens: Tokens) -> list[str]:
    tokens.expect("(")
    names = tokens.names()
    tokens.expect(")")
    return names


def _one_name(tokens: Tokens) -> str:
    tokens.expect("(")
    name = tokens.identifier()
    tokens.expect(")")
    return name
