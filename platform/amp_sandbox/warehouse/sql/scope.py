"""What names mean at one place of a query: the columns of FROM's tables, of outer queries, and aliases of the list.

https://docs.aws.amazon.com/redshift/latest/dg/r_SELECT_list.html
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.sql.calls import duck, text
from amp_sandbox.warehouse.sql.decide import Allow, Bound
from amp_sandbox.warehouse.types import RedshiftType

Columns = tuple[tuple[str, RedshiftType | None], ...]


@dataclass
class Rewriting:
    """What is found out on the way: the parameters' types, and whether the text may be kept for later."""

    parameters: dict[int, RedshiftType | None]
    external: Callable[[Any, exp.Expr | None, str], exp.Expr]  # (external table, WHERE, alias) -> its rows as a query
    has_external: bool = False
    used: list[tuple[Bound, dict[str, set[str]]]] = field(default_factory=list)  # columns, of what is granted in part
    next_alias: int = 0

    def alias(self) -> str:
        """A name that no statement has."""
        self.next_alias += 1
        return f"amp_{self.next_alias}"


@dataclass
class Scope:
    """One SELECT's names."""

    rewriting: Rewriting
    allow: Allow
    ctes: Mapping[str, Columns] = field(default_factory=dict)
    parent: "Scope | None" = None
    sources: dict[str, Columns] = field(default_factory=dict)
    schemas: dict[str, str] = field(default_factory=dict)  # alias -> schema, of tables without an alias of their own
    merged: list[str] = field(default_factory=list)  # columns of USING
    aliases: dict[str, RedshiftType | None] = field(default_factory=dict)
    used: dict[str, set[str]] = field(default_factory=dict)  # alias -> its columns that are read
    changed: set[str] = field(default_factory=set)  # columns of the table that is changed

    def inner(self) -> "Scope":
        """The scope of a query within this one."""
        return Scope(self.rewriting, self.allow, self.ctes, self)

    def watch(self, alias: str, bound: Bound) -> dict[str, set[str]]:
        """Note which columns of a table are read, when it is not granted as a whole."""
        used = {"SELECT": self.used.setdefault(alias, set())}
        if bound.partly:
            self.rewriting.used.append((bound, used))
        return used

    def read(self, alias: str, name: str) -> None:
        """A column is read."""
        self.used.setdefault(alias, set()).add(name)

    def add(self, alias: str, columns: Columns, schema: str | None = None) -> None:
        """Add a table of FROM."""
        if alias in self.sources:
            raise errors.SqlError("42712", f'table name "{alias}" specified more than once')
        self.sources[alias] = columns
        if schema is not None:
            self.schemas[alias] = schema


def column(node: exp.Column, scope: Scope) -> tuple[exp.Expr, RedshiftType | None]:
    """A column, or a way into a SUPER column. Raises SqlError 42703, 42702."""
    parts = [one.name.lower() for one in (node.args.get(key) for key in ("catalog", "db", "table", "this")) if one]
    found = _qualified(parts, scope) or _plain(parts, scope)
    if found is None:
        start = node.this.meta.get("start")
        raise errors.undefined_column(".".join(parts), None if start is None else start + 1)
    written, kind, rest = found
    if not rest:
        return written, kind
    return navigate(written, kind, [step_of(name) for name in rest])


def navigate(node: exp.Expr, kind: RedshiftType | None, steps: Sequence[exp.Expr]) -> tuple[exp.Expr, RedshiftType]:
    """Go into a SUPER value: https://docs.aws.amazon.com/redshift/latest/dg/query-super.html"""
    if kind != types.SUPER:
        name = "unknown" if kind is None else kind.name
        raise errors.wrong_object_type(f"navigation applied to type {name}, which is not SUPER")
    path: exp.Expr = text("$")
    for step in steps:
        if isinstance(path, exp.Literal) and isinstance(step, exp.Literal):
            path = text(path.name + step.name)
        else:
            path = exp.DPipe(this=path, expression=step, safe=True)
    return duck("json_extract", node, path), types.SUPER


def step_of(name: str) -> exp.Expr:
    """The step of a path to a member."""
    return text('."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"')


def _named(*parts: str) -> exp.Column:
    identifiers = [exp.to_identifier(one, quoted=True) for one in parts]
    return exp.column(identifiers[-1], table=identifiers[0] if len(parts) > 1 else None)


_Found = tuple[exp.Expr, RedshiftType | None, list[str]]


def _qualified(parts: list[str], scope: Scope) -> _Found | None:
    """table.column…, schema.table.column…"""
    place: Scope | None = scope
    while place is not None:
        for start in (0, 1):
            if len(parts) < start + 2 or parts[start] not in place.sources:
                continue
            if start == 1 and place.schemas.get(parts[1]) != parts[0]:
                continue
            columns = dict(place.sources[parts[start]])
            name = parts[start + 1]
            if name in columns:
                place.read(parts[start], name)
                return _named(parts[start], name), columns[name], parts[start + 2 :]
            if start == 0 and len(parts) == 2:
                return None
        place = place.parent
    return None


def _plain(parts: list[str], scope: Scope) -> _Found | None:
    """column…, of the innermost query that has one of that name; else an alias of the list."""
    name, rest = parts[0], parts[1:]
    place: Scope | None = scope
    while place is not None:
        owners = [(alias, dict(columns)) for alias, columns in place.sources.items() if name in dict(columns)]
        if owners:
            if len(owners) > 1 and name not in place.merged:
                raise errors.SqlError("42702", f'column reference "{name}" is ambiguous')
            for alias, _ in owners:
                place.read(alias, name)
            written = _named(name) if name in place.merged else _named(owners[0][0], name)
            return written, owners[0][1][name], rest
        if name in place.aliases:
            return _named(name), place.aliases[name], rest
        place = place.parent
    return None


def renamed(columns: Columns, names: Sequence[str]) -> Columns:
    """The columns under the names of an alias, which may be fewer."""
    if len(names) > len(columns):
        raise errors.syntax_error(f"{len(names)} column names for {len(columns)} columns")
    return tuple((names[n] if n < len(names) else name, kind) for n, (name, kind) in enumerate(columns))


def alias_of(name: str, columns: Columns = ()) -> exp.TableAlias:
    """A table's alias, with its columns' names."""
    listed = [exp.to_identifier(one, quoted=True) for one, _ in columns]
    return exp.TableAlias(this=exp.to_identifier(name, quoted=True), columns=listed)


def aliased(node: exp.Expr, name: str) -> exp.Expr:
    """A column of a list, with its name."""
    return exp.Alias(this=node, alias=exp.to_identifier(name, quoted=True))
