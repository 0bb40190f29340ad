"""Whether a user may run a query or change: a pure function of its tree, the objects there are and the user's grants.

Every table that is named anywhere is looked up and has to be granted. A view reads with its owner's privileges, so its
text is decided on as the owner. What is not known is refused.

https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from amp_sandbox.warehouse import errors
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.security.interface import Grants
from amp_sandbox.warehouse.sql import dialect, names
from amp_sandbox.warehouse.sql.catalog import PG_CATALOG, SYSTEM_SCHEMAS, Catalog, Relation

MAX_VIEWS = 20  # views that read views that read …

TABLE_FUNCTIONS = frozenset({"generate_series"})


@dataclass(frozen=True)
class World:
    """All that a decision depends on beside the statement."""

    catalog: Catalog
    grants: Grants
    search_path: Sequence[str]  # schemas, $user replaced, the session's temporary one first
    database: str
    depth: int = 0


@dataclass(frozen=True)
class Bound:
    """What a table's node means; a view's text with its own decision."""

    relation: Relation
    body: exp.Expr | None = None
    allow: "Allow | None" = None
    partly: frozenset[str] = frozenset()  # privileges that are held on columns only
    grants: Grants | None = None  # whose, when some are


@dataclass(frozen=True)
class Allow:
    """It may run; what each table's node (by `id`) means."""

    bound: Mapping[int, Bound]


@dataclass(frozen=True)
class Deny:
    """It may not."""

    error: SqlError


def decide(tree: exp.Expr, world: World) -> Allow | Deny:
    """Decide on a SELECT, INSERT, UPDATE, DELETE or MERGE."""
    try:
        targets = _targets(tree)
        bound: dict[int, Bound] = {}
        for table in names.tables(tree):
            if isinstance(table.this, exp.Identifier):
                bound[id(table)] = _bound(table, targets.get(id(table), ("SELECT",)), world)
            elif not _is_table_function(table):
                return Deny(errors.undefined_function(_function_name(table)))
        return Allow(bound)
    except SqlError as error:
        return Deny(error)


def resolve(parts: Sequence[str], world: World, position: int | None = None) -> Relation:
    """The relation of a name of one to three parts. Raises SqlError: also for a schema without USAGE."""
    *outer, name = parts
    if len(outer) == 2 and outer[0] != world.database:
        raise errors.not_supported(f'the cross-database reference "{".".join(parts)}"')
    if outer:
        schema = resolve_schema(outer[-1], world)
        found = world.catalog.find(schema, name)
    else:
        found = next(filter(None, (world.catalog.find(one, name) for one in _searched(world))), None)
    if found is None:
        raise errors.undefined_table(".".join([*outer[-1:], name]), position)
    return found


def resolve_schema(schema: str, world: World) -> str:
    """The schema of that name, which the user may use. Raises SqlError."""
    if schema in SYSTEM_SCHEMAS:
        return schema
    if schema == "pg_temp" and world.search_path and world.search_path[0].startswith("pg_temp_"):
        return world.search_path[0]
    temporary = schema.startswith("pg_temp_")
    if schema not in world.catalog.schemas or (temporary and schema != next(iter(world.search_path), None)):
        raise errors.undefined_schema(schema)
    if not _usable(schema, world):
        raise errors.insufficient_privilege("schema", schema)
    return schema


def require_columns(bound: Bound, used: Mapping[str, Collection[str]]) -> None:
    """Raise SqlError 42501 unless the privileges that are held on columns cover the columns used, by privilege."""
    relation = bound.relation
    for privilege in bound.partly:
        columns = used.get(privilege, ())
        if bound.grants is None or not bound.grants.can(privilege, "table", relation.schema, relation.name, columns):
            raise errors.insufficient_privilege("relation", relation.name)


def require(privilege: str, relation: Relation, grants: Grants) -> None:
    """Raise SqlError 42501 unless the privilege is there, on the whole relation."""
    if relation.kind == "s":
        if privilege != "SELECT":
            raise errors.insufficient_privilege("relation", relation.name)
        return
    if relation.schema.startswith("pg_temp_"):
        return  # only its own session resolves it
    if relation.kind == "x":
        if privilege != "SELECT":
            raise errors.not_supported(f"{privilege} on an external table")
        return  # USAGE on the schema grants reading: https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html
    if not grants.can(privilege, "table", relation.schema, relation.name):
        raise errors.insufficient_privilege("relation", relation.name)


def _targets(tree: exp.Expr) -> dict[int, tuple[str, ...]]:
    """The node of the table that is changed, and the privileges that takes."""
    if not isinstance(tree, (exp.Insert, exp.Update, exp.Delete, exp.Merge)):
        return {}
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    if not isinstance(target, exp.Table):
        raise errors.syntax_error("a table is expected")
    if isinstance(tree, exp.Merge):
        return {id(target): ("SELECT", *dict.fromkeys(_merge_privileges(tree)))}
    reads = ("SELECT",) if _reads(tree) else ()
    return {id(target): (tree.key.upper(), *reads) if not isinstance(tree, exp.Insert) else ("INSERT",)}


def _reads(tree: exp.Expr) -> bool:
    """Whether an UPDATE or DELETE reads the table that it changes, which takes SELECT."""
    if any(tree.args.get(name) for name in ("where", "from_", "using")):
        return True
    given = [one.args["expression"] for one in tree.expressions if isinstance(one, exp.EQ)]
    return any(column.name.upper() != "DEFAULT" for one in given for column in one.find_all(exp.Column))


def _merge_privileges(tree: exp.Merge) -> list[str]:
    found = []
    for when in tree.args["whens"].expressions:
        then = when.args.get("then")
        found.append({exp.Insert: "INSERT", exp.Update: "UPDATE"}.get(type(then), "DELETE"))
    return found


def _bound(table: exp.Table, privileges: Sequence[str], world: World) -> Bound:
    if not all(isinstance(table.args.get(part), exp.Identifier | None) for part in ("this", "db", "catalog")):
        raise errors.undefined_table(table.sql()[:100])
    parts = [one.name.lower() for one in (table.args.get("catalog"), table.args.get("db"), table.this) if one]
    start = table.this.meta.get("start")
    relation = resolve(parts, world, None if start is None else start + 1)
    partly = frozenset(one for one in privileges if _held_partly(one, relation, world.grants))
    for privilege in privileges:
        if privilege not in partly:
            require(privilege, relation, world.grants)
    if relation.kind != "v":
        return Bound(relation, partly=partly, grants=world.grants)
    if tuple(privileges) != ("SELECT",):
        raise errors.wrong_object_type(f'"{relation.name}" is a view and cannot be changed')
    return replace(_view(relation, world), partly=partly, grants=world.grants)


def _held_partly(privilege: str, relation: Relation, grants: Grants) -> bool:
    """Whether the privilege is held on some columns, and not on the relation.

    https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html#grant-column-level
    """
    if privilege not in ("SELECT", "UPDATE") or relation.kind not in "rvm" or relation.schema.startswith("pg_temp_"):
        return False
    place = (relation.schema, relation.name)
    return not grants.can(privilege, "table", *place) and grants.can(privilege, "table", *place, ())


def _view(relation: Relation, world: World) -> Bound:
    """A view's text, decided on as its owner."""
    if world.depth >= MAX_VIEWS:
        raise errors.too_complex(f"Views are nested more than {MAX_VIEWS} deep.")
    owner = world.grants.owner("table", relation.schema, relation.name)
    if owner is None or relation.definition is None:
        raise errors.undefined_table(relation.name)
    acting = replace(world, grants=world.grants.acting_as(owner), search_path=(), depth=world.depth + 1)
    body = dialect.parse(relation.definition)
    decision = decide(body, acting)
    if isinstance(decision, Deny):
        raise decision.error
    return Bound(relation, body, decision)


def _searched(world: World) -> list[str]:
    local = [one for one in world.search_path if _is_local(one, world)]
    temporary = [one for one in local if one.startswith("pg_temp_")]
    return [*temporary, PG_CATALOG, *(one for one in local if one not in temporary)]


def _is_local(schema: str, world: World) -> bool:
    known = world.catalog.schemas.get(schema)
    return schema in SYSTEM_SCHEMAS or (known is not None and known.kind != "external" and _usable(schema, world))


def _usable(schema: str, world: World) -> bool:
    return schema.startswith("pg_temp_") or world.grants.can("USAGE", "schema", schema, schema)


def _is_table_function(table: exp.Table) -> bool:
    return isinstance(table.this, exp.Anonymous) and table.this.name.lower() in TABLE_FUNCTIONS and not table.db


def _function_name(table: exp.Table) -> str:
    return table.this.name.lower() if isinstance(table.this, exp.Anonymous) else table.this.key
