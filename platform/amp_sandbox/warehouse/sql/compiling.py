"""From a query's or change's text to what DuckDB runs: parse, decide, rewrite, and a second look by DuckDB's parser.

Only what was built from the tree is run; when any step fails there is nothing to run.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ErrorLevel, SqlglotError

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.sql import changes, queries
from amp_sandbox.warehouse.sql.decide import Allow, Deny, World, decide, require_columns
from amp_sandbox.warehouse.sql.dialect import parse
from amp_sandbox.warehouse.sql.scope import Columns, Rewriting, Scope
from amp_sandbox.warehouse.types import RedshiftType

__all__ = ["Compiled", "External", "allowed", "check", "compile_tree", "parse", "tables_of"]

External = Callable[[Any, exp.Expr | None, str], exp.Expr]


@dataclass(frozen=True)
class Compiled:
    """A query or change that DuckDB can run: its text, its parameters' types, and the columns of its rows."""

    command: str  # SELECT, INSERT …
    sql: str
    read: str | None  # the query in it, which DuckDB's own parser can look at
    parameters: tuple[RedshiftType | None, ...]
    columns: Columns | None
    lasting: bool  # whether it may be kept: it names no files
    into: tuple[str, ...] | None = None  # SELECT INTO's table
    temporary: bool = False


def allowed(tree: exp.Expr, world: World) -> Allow:
    """The decision, when it is to allow. Raises SqlError."""
    decision = decide(tree, world)
    if isinstance(decision, Deny):
        raise decision.error
    return decision


def compile_tree(
    tree: exp.Expr, allow: Allow, external: External, oids: Sequence[int] = (), *, shown: bool = True
) -> Compiled:
    """Write a tree that has been allowed. `shown` is for rows that a client sees: CHAR is padded then."""
    given = {place: _parameter(oid) for place, oid in enumerate(oids, 1) if oid}
    rewriting = Rewriting(dict(given), external)
    scope = Scope(rewriting, allow)
    into = tree.args.get("into") if isinstance(tree, exp.Select) else None
    columns: Columns | None = None
    try:
        if isinstance(tree, exp.Query):
            if into is not None:
                tree.set("into", None)
            written, columns = queries.write(tree, scope)
            tree_out: exp.Expr = queries.padded(written, columns) if shown and into is None else written
        else:
            tree_out = changes.write(tree, scope)
        for bound, used in rewriting.used:
            require_columns(bound, used)
        sql = _generated(tree_out)
        query = tree_out.args.get("expression") if isinstance(tree_out, exp.Insert) else None
        read = sql if isinstance(tree, exp.Query) else _generated(query) if isinstance(query, exp.Query) else None
    except RecursionError as error:
        raise errors.too_complex("It is nested too deep.") from error
    except (SqlglotError, AttributeError, TypeError, KeyError, IndexError, ValueError, AssertionError) as error:
        raise errors.syntax_error("the statement cannot be read") from error
    count = max(rewriting.parameters, default=0)
    return Compiled(
        "SELECT" if isinstance(tree, exp.Query) else tree.key.upper(),
        sql,
        read,
        tuple(rewriting.parameters.get(place) for place in range(1, count + 1)),
        columns,
        not rewriting.has_external,
        None if into is None else _name(into.this),
        bool(into is not None and into.args.get("temporary")),
    )


def _generated(tree: exp.Expr) -> str:
    """The text, unless sqlglot would leave something out."""
    generator = DuckDB().generator(comments=False, unsupported_level=ErrorLevel.IGNORE)
    sql = generator.generate(tree)
    for message in generator.unsupported_messages:
        raise errors.not_supported(message)
    return sql


def check(db: Any, compiled: Compiled, tables: frozenset[tuple[str, str]]) -> None:
    """Have DuckDB's own parser say what the text reads: nothing but these tables, and no function of files.

    DuckDB shows trees of queries only: those of SELECT and INSERT. Raises SqlError.
    """
    if compiled.read is None:
        return
    shown = json.loads(db.execute("SELECT json_serialize_sql(CAST($1 AS VARCHAR))", [compiled.read]).fetchone()[0])
    if shown.get("error") or len(shown.get("statements", ())) != 1:
        raise errors.syntax_error("the statement cannot be read")
    waiting = [shown]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(one for one in node if isinstance(one, (dict, list)))
            continue
        _check_node(node, tables)
        waiting.extend(one for one in node.values() if isinstance(one, (dict, list)))


_SCANS = frozenset({"generate_series", "unnest", "range", "read_parquet", "read_json", "read_csv"})


def _check_node(node: dict[str, Any], tables: frozenset[tuple[str, str]]) -> None:
    kind = node.get("type")
    if kind == "BASE_TABLE":
        schema, name = node.get("schema_name"), node.get("table_name")
        if schema and (schema, name) not in tables:
            raise errors.undefined_table(f"{schema}.{name}")
        if not schema and any(sign in str(name) for sign in "./:*?\\"):
            raise errors.undefined_table(str(name))
    elif kind == "TABLE_FUNCTION":
        name = str(node.get("function", {}).get("function_name"))
        if name not in _SCANS:
            raise errors.undefined_function(name)


def tables_of(allow: Allow) -> frozenset[tuple[str, str]]:
    """The tables in DuckDB that an allowed statement may read."""
    found: set[tuple[str, str]] = set()
    waiting = [allow]
    while waiting:
        for bound in waiting.pop().bound.values():
            if bound.allow is not None:
                waiting.append(bound.allow)
            relation = bound.relation
            if relation.kind == "s":
                found.add(("amp_catalog", str(relation.view)))
            elif relation.kind in "rm":
                found.add((relation.schema, relation.name))
    return frozenset(found)


def _parameter(oid: int) -> RedshiftType | None:
    if oid in (0, 705):
        return None
    if oid in (types.VARCHAR_OID, types.CHAR_OID, 25, 19, 18):
        return types.VARCHAR_ANY
    if oid == types.NUMERIC_OID:
        return None  # of any precision: DuckDB takes the value's
    return types.BY_OID.get(oid)


def _name(node: exp.Expr) -> tuple[str, ...]:
    if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
        raise errors.syntax_error("INTO needs a table's name")
    return tuple(one.name.lower() for one in (node.args.get("db"), node.this) if one is not None)
