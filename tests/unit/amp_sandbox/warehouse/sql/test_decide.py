"""Who may run what: one table of statements, roles and decisions, decided without a database."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pytest

from amp_sandbox.warehouse import types
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.security.interface import Grants
from amp_sandbox.warehouse.sql.catalog import Catalog, Relation, Schema, TableColumn
from amp_sandbox.warehouse.sql.decide import Allow, Deny, World, decide
from amp_sandbox.warehouse.sql.dialect import parse

ALL = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})


@dataclass(frozen=True)
class Granted:
    """Grants by name: `schema` for USAGE, `schema.table` for the rest."""

    user: str
    held: Mapping[str, Collection[str]] = field(default_factory=dict)
    superuser: bool = False

    def can(self, privilege: str, kind: str, schema: str, name: str, columns: Collection[str] | None = None) -> bool:
        return self.superuser or privilege in self.held.get(schema if kind == "schema" else f"{schema}.{name}", ())

    def owns(self, kind: str, schema: str, name: str) -> bool:
        return self.superuser

    def owner(self, kind: str, schema: str, name: str) -> str | None:
        return "boss" if (schema, name) in RELATIONS else None

    def acting_as(self, user: str) -> Grants:
        return ROLES[user]


ROLES: Mapping[str, Grants] = {
    "boss": Granted("boss", superuser=True),
    "nobody": Granted("nobody"),
    "reader": Granted(
        "reader", {"public": ["USAGE"], "public.open": ["SELECT"], "public.view": ["SELECT"], "public.late": ["SELECT"]}
    ),
    "writer": Granted("writer", {"public": ["USAGE"], "public.open": ALL, "public.log": ["INSERT"]}),
    "no_usage": Granted("no_usage", {"private.hidden": ALL}),
    "updater": Granted("updater", {"public": ["USAGE"], "public.log": ["UPDATE"]}),
    "lake": Granted("lake", {"lake": ["USAGE"]}),
}
_COLUMNS = (TableColumn("a", types.INTEGER), TableColumn("b", types.varchar(10)))
RELATIONS = {
    (schema, name): Relation(schema, name, kind, _COLUMNS, oid, definition)
    for oid, (schema, name, kind, definition) in enumerate(
        [
            ("public", "open", "r", None),
            ("public", "closed", "r", None),
            ("public", "log", "r", None),
            ("public", "view", "v", "SELECT a, b FROM public.closed"),
            ("public", "late", "v", "SELECT a FROM private.hidden"),
            ("public", "matview", "m", "SELECT a FROM public.closed"),
            ("private", "hidden", "r", None),
            ("pg_temp_1", "mine", "r", None),
            ("pg_temp_2", "others", "r", None),
        ],
        start=1,
    )
}
_SCHEMAS = {
    name: Schema(name, kind)
    for name, kind in [
        ("public", "local"),
        ("private", "local"),
        ("lake", "external"),
        ("pg_temp_1", "temporary"),
        ("pg_temp_2", "temporary"),
    ]
}


def _external(schema: Schema, name: str) -> Relation | None:
    return Relation(schema.name, name, "x", _COLUMNS) if name == "events" else None


def _decision(sql: str, role: str) -> str:
    catalog = Catalog(_SCHEMAS, RELATIONS, external=_external)
    world = World(catalog, ROLES[role], ["pg_temp_1", "public"], "amp")
    try:
        decision = decide(parse(sql), world)
    except SqlError as error:  # it cannot be read
        return error.sqlstate
    assert isinstance(decision, Allow | Deny)
    return "allow" if isinstance(decision, Allow) else decision.error.sqlstate


CASES = [
    ("SELECT 1", "nobody", "allow"),
    ("SELECT a FROM open", "reader", "allow"),
    ("SELECT a FROM public.open", "reader", "allow"),
    ("SELECT a FROM amp.public.open", "reader", "allow"),
    ("SELECT a FROM other.public.open", "reader", "0A000"),
    ("SELECT a FROM OPEN", "reader", "allow"),
    ('SELECT a FROM "Open"', "reader", "allow"),  # names are folded, quoted or not
    ("SELECT a FROM open", "nobody", "42P01"),  # schemas without USAGE are not searched
    ("SELECT a FROM public.open", "nobody", "42501"),
    ("SELECT a FROM closed", "reader", "42501"),
    ("SELECT a FROM closed", "boss", "allow"),
    ("SELECT a FROM nothing", "reader", "42P01"),
    ("SELECT a FROM nowhere.nothing", "reader", "3F000"),
    ("SELECT a FROM private.hidden", "no_usage", "42501"),
    # What is named anywhere counts.
    ("SELECT 1 WHERE EXISTS (SELECT 1 FROM closed)", "reader", "42501"),
    ("SELECT (SELECT max(a) FROM closed)", "reader", "42501"),
    ("SELECT a FROM open WHERE a IN (SELECT a FROM closed)", "reader", "42501"),
    ("SELECT a FROM open ORDER BY (SELECT max(a) FROM closed)", "reader", "42501"),
    ("SELECT a FROM open GROUP BY a HAVING a > (SELECT max(a) FROM closed)", "reader", "42501"),
    ("SELECT sum(a) OVER (ORDER BY (SELECT 1 FROM closed)) FROM open", "reader", "42501"),
    ("SELECT a FROM open LIMIT (SELECT 1 FROM closed)", "reader", "42501"),
    ("SELECT a FROM open JOIN closed USING (a)", "reader", "42501"),
    ("SELECT a FROM open LEFT JOIN open o2 ON o2.a IN (SELECT a FROM closed)", "reader", "42501"),
    ("SELECT a FROM open, closed", "reader", "42501"),
    ("SELECT a FROM open UNION ALL SELECT a FROM closed", "reader", "42501"),
    ("SELECT a FROM (SELECT a FROM (SELECT a FROM closed) x) y", "reader", "42501"),
    ("SELECT CASE WHEN (SELECT true FROM closed) THEN 1 END", "reader", "42501"),
    ("SELECT count(a + (SELECT 1 FROM closed)) FROM open", "reader", "42501"),
    # Names of WITH shadow tables where they are seen, and only there.
    ("WITH closed AS (SELECT 1 AS a) SELECT a FROM closed", "nobody", "allow"),
    ("WITH CLOSED AS (SELECT 1 AS a) SELECT a FROM Closed", "nobody", "allow"),
    ("WITH closed AS (SELECT 1 AS a) SELECT a FROM public.closed", "reader", "42501"),
    ("WITH closed AS (SELECT a FROM closed) SELECT a FROM closed", "reader", "42501"),
    ("SELECT * FROM (WITH closed AS (SELECT 1 AS a) SELECT a FROM closed) x, closed", "reader", "42501"),
    ("SELECT * FROM closed, (WITH closed AS (SELECT 1 AS a) SELECT a FROM closed) x", "reader", "42501"),
    ("WITH x AS (SELECT a FROM closed), closed AS (SELECT 1 AS a) SELECT a FROM x", "reader", "42501"),
    ("WITH closed AS (SELECT 1 AS a), x AS (SELECT a FROM closed) SELECT a FROM x", "nobody", "allow"),
    ("WITH x AS (WITH closed AS (SELECT 1 AS a) SELECT a FROM closed) SELECT a FROM x, closed", "reader", "42501"),
    ("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT n FROM r", "nobody", "allow"),
    ("WITH r AS (SELECT a FROM r) SELECT a FROM r", "nobody", "42P01"),
    ("SELECT (WITH closed AS (SELECT 1 AS a) SELECT a FROM closed) FROM closed", "reader", "42501"),
    ("WITH closed AS (SELECT 1 AS a) SELECT a FROM open WHERE a IN (SELECT a FROM closed)", "reader", "allow"),
    ("WITH closed AS (SELECT 1 AS a) INSERT INTO open (a) SELECT a FROM closed", "writer", "allow"),
    # A view reads as its owner; the one who reads it needs nothing below.
    ("SELECT a FROM view", "reader", "allow"),
    ("SELECT a FROM late", "reader", "allow"),
    ("SELECT a FROM view", "writer", "42501"),
    ("INSERT INTO view VALUES (1, 'x')", "boss", "42809"),
    # Changes.
    ("INSERT INTO open VALUES (1, 'x')", "writer", "allow"),
    ("INSERT INTO open VALUES (1, 'x')", "reader", "42501"),
    ("INSERT INTO log VALUES (1, 'x')", "writer", "allow"),
    ("INSERT INTO log SELECT a, b FROM log", "writer", "42501"),
    ("INSERT INTO log SELECT a, b FROM closed", "writer", "42501"),
    ("INSERT INTO open VALUES ((SELECT a FROM closed), 'x')", "writer", "42501"),
    ("UPDATE open SET a = 1", "writer", "allow"),
    ("UPDATE open SET a = 1", "reader", "42501"),
    ("UPDATE open SET a = (SELECT max(a) FROM closed)", "writer", "42501"),
    ("UPDATE open SET a = c.a FROM closed c WHERE c.b = open.b", "writer", "42501"),
    ("UPDATE log SET a = b", "updater", "42501"),
    ("UPDATE log SET a = 1", "updater", "allow"),
    ("UPDATE log SET a = DEFAULT", "updater", "allow"),
    ("DELETE FROM open", "writer", "allow"),
    ("DELETE FROM open USING closed WHERE closed.a = open.a", "writer", "42501"),
    ("DELETE FROM log WHERE a = 1", "writer", "42501"),
    ("MERGE INTO open USING log ON open.a = log.a WHEN MATCHED THEN DELETE", "writer", "42501"),
    ("MERGE INTO log USING open ON open.a = log.a WHEN MATCHED THEN UPDATE SET b = 'x'", "writer", "42501"),
    # External tables: USAGE on the schema is what it takes; nobody changes them.
    ("SELECT a FROM lake.events", "lake", "allow"),
    ("SELECT a FROM lake.events", "reader", "42501"),
    ("SELECT a FROM lake.nothing", "lake", "42P01"),
    ("INSERT INTO lake.events VALUES (1, 'x')", "lake", "0A000"),
    ("DELETE FROM lake.events", "boss", "0A000"),
    # Temporary tables are their session's alone.
    ("SELECT a FROM mine", "nobody", "allow"),
    ("SELECT a FROM pg_temp.mine", "nobody", "allow"),
    ("SELECT a FROM pg_temp_2.others", "boss", "3F000"),
    ("SELECT a FROM others", "boss", "42P01"),
    # Catalogs are everybody's to read, and nobody's to change.
    ("SELECT relname FROM pg_class", "nobody", "allow"),
    ("SELECT relname FROM pg_catalog.pg_class", "nobody", "allow"),
    ("SELECT table_name FROM information_schema.tables", "nobody", "allow"),
    ("DELETE FROM pg_catalog.pg_class", "boss", "42501"),
    ("INSERT INTO pg_class VALUES (1)", "boss", "42501"),
    ("SELECT 1 FROM pg_catalog.nothing", "boss", "42P01"),
]


@pytest.mark.parametrize(("sql", "role", "decision"), CASES, ids=[f"{role}: {sql}" for sql, role, _ in CASES])
def test_decision(sql: str, role: str, decision: str) -> None:
    assert _decision(sql, role) == decision


def test_views_that_go_round_in_a_circle_are_refused() -> None:
    relations = {
        ("public", name): Relation("public", name, "v", _COLUMNS, oid, f"SELECT a, b FROM public.{other}")
        for oid, (name, other) in enumerate([("x", "y"), ("y", "x")], 1)
    }
    boss = Granted("boss", superuser=True)
    RELATIONS.update(relations)
    try:
        decision = decide(parse("SELECT a FROM x"), World(Catalog(_SCHEMAS, relations), boss, ["public"], "amp"))
    finally:
        for key in relations:
            del RELATIONS[key]
    assert isinstance(decision, Deny)
    assert decision.error.sqlstate == "54001"
