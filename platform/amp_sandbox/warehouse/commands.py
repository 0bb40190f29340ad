"""Every statement there is, and what runs it. A statement that is not here is refused by name.

Queries and changes go through `sql`; the others are read word by word, and run in a transaction of their own unless
they are in a block.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from amp_sandbox.warehouse import copy_unload, errors, security, utility
from amp_sandbox.warehouse.ddl import alter, create, drop, schemas, views
from amp_sandbox.warehouse.security.interface import KINDS, Statement
from amp_sandbox.warehouse.sql.statements import QUERY, Source
from amp_sandbox.warehouse.types import Column, Result

if TYPE_CHECKING:
    from amp_sandbox.warehouse.session import Session

Command = Callable[["Session", Source], Result]


def run(session: "Session", source: Source, parameters: Sequence[object], oids: tuple[int, ...]) -> Result:
    """Run a statement. Raises SqlError."""
    if source.kind == QUERY:
        return session.query(source, parameters, oids)
    if parameters:
        raise errors.SqlError("08P01", f"{source.kind} takes no parameters")
    if source.kind in OUTSIDE:
        return OUTSIDE[source.kind](session, source)
    command = WITHIN.get(source.kind)
    if command is None:
        raise errors.not_supported(source.kind)
    with session.atomic():
        return command(session, source)


def columns(session: "Session", source: Source) -> tuple[Column, ...] | None:
    """The columns of a statement's rows, before it runs; None when it has none."""
    if source.kind == "EXPLAIN":
        return utility.PLAN
    if source.kind == "SHOW":
        return utility.shown(source)[1]
    if source.kind == "FETCH":
        return utility.fetched(session, source)[0].columns
    if source.kind == "EXECUTE":
        return utility.executed(session, source)[0].columns
    return None


def _secured(session: "Session", source: Source) -> Result:
    return security.handle(Statement(source.kind, source.tokens, source.text), session)


# Statements that begin and end transactions themselves, or need none.
OUTSIDE: Mapping[str, Command] = {
    "BEGIN": utility.begin,
    "COMMIT": utility.commit,
    "ROLLBACK": utility.rollback,
    "SET": utility.set_,
    "RESET": utility.reset,
    "SHOW": utility.show,
    "EXPLAIN": utility.explain,
    "DECLARE": utility.declare,
    "FETCH": utility.fetch,
    "CLOSE": utility.close,
    "PREPARE": utility.prepare,
    "EXECUTE": utility.execute,
    "DEALLOCATE": utility.deallocate,
    "VACUUM": utility.vacuum,
    "ANALYZE": utility.analyze,
    "TRUNCATE": alter.truncate,
    "UNLOAD": copy_unload.unload,
}
WITHIN: Mapping[str, Command] = {
    "CREATE TABLE": create.create_table,
    "CREATE VIEW": views.create_view,
    "CREATE MATERIALIZED VIEW": views.create_materialized_view,
    "CREATE SCHEMA": schemas.create_schema,
    "CREATE EXTERNAL SCHEMA": schemas.create_external_schema,
    "ALTER TABLE": alter.alter_table,
    "ALTER SCHEMA": schemas.alter_schema,
    "DROP TABLE": drop.drop_relations,
    "DROP VIEW": drop.drop_relations,
    "DROP MATERIALIZED VIEW": drop.drop_relations,
    "DROP SCHEMA": drop.drop_schema,
    "REFRESH MATERIALIZED VIEW": views.refresh,
    "COMMENT": alter.comment,
    "COPY": copy_unload.copy,
    **dict.fromkeys(KINDS, _secured),
}
