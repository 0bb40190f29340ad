"""What the catalogs show, and to whom.

https://docs.aws.amazon.com/redshift/latest/dg/svv_views.html and r_PG_TABLE_DEF.html
"""

import uuid
from typing import Any

import pytest

from amp_sandbox.warehouse import catalogs
from amp_sandbox.warehouse.errors import SqlError

SEEN = "SELECT table_schema, table_name FROM svv_tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"


@pytest.mark.parametrize("name", sorted(catalogs.RELATIONS))
def test_every_view_can_be_read_and_has_the_columns_it_says(asking: Any, name: tuple[str, str]) -> None:
    said = [column.name for column in catalogs.RELATIONS[name].columns]
    for user in ("awsuser", "ann"):
        asking.rows(f"SELECT * FROM {name[0]}.{name[1]}", user)
    assert [column for column, _ in asking.columns(f"SELECT * FROM {name[0]}.{name[1]}")] == said


def test_superusers_see_all_and_others_what_concerns_them(asking: Any) -> None:
    assert set(asking.rows(SEEN)) >= {
        ("public", "shows"),
        ("sales", "lines"),
        ("sales", "orders"),
        ("sales", "recent"),
    }
    assert sorted(asking.rows(SEEN, "ann")) == [("sales", "lines"), ("sales", "orders"), ("spectrum", "events")]
    assert asking.rows(SEEN, "bob") == []


@pytest.mark.parametrize(
    "query",
    [
        "SELECT schema_name, table_name FROM svv_all_tables WHERE schema_name = 'sales'",
        "SELECT schema_name, table_name FROM svv_redshift_tables WHERE schema_name = 'sales'",
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema = 'sales'",
        "SELECT DISTINCT table_schema, table_name FROM svv_columns WHERE table_schema = 'sales'",
        "SELECT DISTINCT schema_name, table_name FROM svv_all_columns WHERE schema_name = 'sales'",
        "SELECT DISTINCT table_schema, table_name FROM information_schema.columns WHERE table_schema = 'sales'",
    ],
)
def test_the_other_views_show_the_same(asking: Any, query: str) -> None:
    assert sorted(asking.rows(query, "ann")) == [("sales", "lines"), ("sales", "orders")]
    assert asking.rows(query, "bob") == []


def test_pg_class_is_for_everybody(asking: Any) -> None:
    assert asking.rows("SELECT relname FROM pg_class WHERE relname = 'recent'", "bob") == [("recent",)]


def test_pg_table_def_shows_what_is_in_the_search_path(asking: Any) -> None:
    query = 'SELECT tablename, "column", type, encoding, distkey, sortkey, "notnull" FROM pg_table_def'
    assert asking.rows(f"{query} WHERE schemaname = 'sales'") == []
    session = asking.session()
    session.run("SET search_path TO sales").rows()
    try:
        assert asking.rows(f"{query} WHERE tablename = 'orders'") == [
            ("orders", "id", "bigint", "none", True, 0, True),
            ("orders", "name", "character varying(20)", "none", False, 0, True),
            ("orders", "amount", "numeric(10,2)", "none", False, 0, False),
            ("orders", "at", "timestamp without time zone", "none", False, 1, False),
        ]
        assert asking.rows("SELECT current_schema(), current_schemas(true)") == [("sales", "{pg_catalog,sales}")]
    finally:
        session.run("RESET search_path").rows()


def test_nobody_sees_passwords(asking: Any) -> None:
    for user in ("awsuser", "ann"):
        for view in ("pg_user", "pg_user_info"):
            assert {row[0] for row in asking.rows(f"SELECT passwd FROM {view}", user)} == {"********"}


def test_the_internal_schemas_are_nowhere(asking: Any) -> None:
    for query in (
        "SELECT nspname FROM pg_namespace",
        "SELECT schema_name FROM information_schema.schemata",
        "SELECT DISTINCT table_schema FROM svv_tables",
        "SELECT schemaname FROM pg_tables",
    ):
        assert not {name for (name,) in asking.rows(query) if name.startswith("amp_")}


def test_granted_privileges_are_listed(asking: Any) -> None:
    query = (
        "SELECT namespace_name, relation_name, privilege_type, identity_name, identity_type, admin_option"
        " FROM svv_relation_privileges ORDER BY 1, 2, 3"
    )
    mine = ("sales", "orders", "SELECT", "ann", "user", False)
    assert asking.rows(query) == [mine]
    assert asking.rows(query, "ann") == [mine]
    assert asking.rows(query, "bob") == []
    assert asking.rows("SELECT * FROM svv_column_privileges", "ann") == [
        ("sales", "lines", "id", "SELECT", 100, "analysts", "group", False)
    ]
    assert ("sales", "USAGE", "analysts", "group", "SCHEMA") in asking.rows(
        "SELECT namespace_name, privilege_type, identity_name, identity_type, privilege_scope"
        " FROM svv_schema_privileges"
    )
    assert asking.rows("SELECT database_name, privilege_type, identity_type FROM svv_database_privileges", "bob") == [
        ("amp", "TEMP", "public")
    ]
    assert asking.rows(
        "SELECT schema_name, object_type, owner_name, privilege_type, grantee_name, grantee_type"
        " FROM svv_default_privileges",
        "ann",
    ) == [("sales", "RELATION", "awsuser", "SELECT", "analysts", "group")]


def test_external_tables_are_for_those_who_may_use_their_schema(asking: Any) -> None:
    tables = "SELECT redshift_database_name, schemaname, tablename, tabletype, location FROM svv_external_tables"
    schemas = "SELECT schemaname, eskind, databasename FROM svv_external_schemas"
    for user in ("awsuser", "ann"):
        assert asking.rows(tables, user) == [("amp", "spectrum", "events", "TABLE", "s3://amp-raw/events/")]
        assert asking.rows(schemas, user) == [("spectrum", 1, "amp_raw")]
        assert ("spectrum", "events") in asking.rows(SEEN, user)
    for view in ("svv_external_tables", "svv_external_columns", "svv_external_partitions", "svv_external_schemas"):
        assert asking.rows(f"SELECT * FROM {view}", "bob") == []


def test_external_columns_have_hives_types_and_redshifts(asking: Any) -> None:
    assert asking.rows(
        "SELECT columnname, external_type, columnnum, part_key FROM svv_external_columns ORDER BY columnnum", "ann"
    ) == [
        ("id", "bigint", 1, 0),
        ("title", "varchar(30)", 2, 0),
        ("price", "decimal(6,2)", 3, 0),
        ("tags", "array<string>", 4, 0),
        ("dt", "string", 5, 1),
    ]
    assert asking.rows(
        "SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale FROM svv_columns"
        " WHERE table_schema = 'spectrum' ORDER BY ordinal_position",
        "ann",
    ) == [
        ("id", "bigint", None, 64, 0),
        ("title", "character varying", 30, None, None),
        ("price", "numeric", None, 6, 2),
        ("tags", "super", None, None, None),
        ("dt", "character varying", 65535, None, None),
    ]


def test_external_partitions_have_their_places(asking: Any) -> None:
    assert asking.rows('SELECT "values", location FROM svv_external_partitions', "ann") == [
        ('["2026-11-22"]', "s3://amp-raw/events/dt=2026-11-22/")
    ]


def test_settings_are_the_sessions_own(asking: Any) -> None:
    session = asking.session("bob")
    session.run("SET query_group TO 'reports'").rows()
    query = "SELECT setting FROM pg_settings WHERE name = 'query_group'"
    assert asking.rows(query, "bob") == [("reports",)]
    assert asking.rows(query) == [("default",)]


def test_sessions_are_shown_to_themselves_and_superusers(asking: Any) -> None:
    for user in ("ann", "bob"):
        asking.session(user)
    assert {"awsuser", "ann", "bob"} <= {row[0] for row in asking.rows("SELECT user_name FROM stv_sessions")}
    assert {row[0] for row in asking.rows("SELECT user_name FROM stv_sessions", "ann")} == {"ann"}
    # "can see all rows in user-visible system tables": https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_USER.html
    asking.rows("ALTER USER ann SYSLOG ACCESS UNRESTRICTED")
    assert {"awsuser", "ann"} <= {row[0] for row in asking.rows("SELECT usename FROM pg_stat_activity", "ann")}
    asking.rows("ALTER USER ann SYSLOG ACCESS RESTRICTED")


def test_oids_stay_when_objects_are_renamed_and_never_come_back(asking: Any) -> None:
    name = f"t{uuid.uuid4().hex}"
    oid = f"SELECT oid FROM pg_class WHERE relname IN ('{name}', '{name}_2')"
    asking.rows(f"CREATE TABLE public.{name} (id int)")
    first = asking.rows(oid)
    asking.rows(f"ALTER TABLE public.{name} RENAME TO {name}_2")
    assert asking.rows(oid) == first
    asking.rows(f"DROP TABLE public.{name}_2")
    asking.rows(f"CREATE TABLE public.{name} (id int)")
    assert asking.rows(oid) > first
    asking.rows(f"DROP TABLE public.{name}")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("has_table_privilege('sales.orders', 'select')", True),
        ("has_table_privilege('ann', 'sales.orders', 'SELECT')", True),
        ("has_table_privilege('ann', 'sales.orders', 'insert')", False),
        ("has_table_privilege('ann', 'sales.orders', 'insert, select')", True),
        ("has_table_privilege('ann', 'sales.orders', 'select with grant option')", False),
        ("has_table_privilege('ann', 'sales.lines', 'select')", False),
        ("has_table_privilege('bob', 'pg_class', 'select')", True),
        ("has_column_privilege('ann', 'sales.lines', 'id', 'select')", True),
        ("has_column_privilege('ann', 'sales.lines', 'n', 'select')", False),
        ("has_column_privilege('ann', 'sales.lines', 1, 'select')", True),
        ("has_schema_privilege('ann', 'sales', 'usage')", True),
        ("has_schema_privilege('ann', 'sales', 'create')", False),
        ("has_schema_privilege('bob', 'sales', 'usage')", False),
        ("has_schema_privilege('bob', 'public', 'create')", True),
        ("has_database_privilege('bob', 'amp', 'temp')", True),
        ("has_database_privilege('bob', 'amp', 'create')", False),
        ("pg_get_userbyid(100)", "awsuser"),
        ("pg_get_userbyid(99)", "unknown (OID=99)"),
        ("current_user_id", 100),
        ("pg_get_userbyid(current_user_id)", "awsuser"),
        ("format_type(1043, 24)", "character varying(20)"),
        ("format_type(1700, 655366)", "numeric(10,2)"),
        ("format_type(23, -1)", "integer"),
        ("format_type(99999, NULL)", "???"),
        ("'sales.orders'::regclass::text", "sales.orders"),
        ("'shows'::regclass::varchar", "shows"),
        ("current_schemas(false)", "{public}"),
        ("(pg_catalog.current_schemas(true))[1]", "pg_catalog"),
        ("1 = ANY(ARRAY[1, 2])", True),
        ("array_to_string(ARRAY['a', 'b c'], '-')", "a-b c"),
        ("pg_size_pretty(20480)", "20 kB"),
    ],
)
def test_functions(asking: Any, expression: str, expected: object) -> None:
    assert asking.rows(f"SELECT {expression}") == [(expected,)]


@pytest.mark.parametrize(
    ("expression", "sqlstate", "message"),
    [
        ("has_table_privilege('sales.nothing', 'select')", "42P01", 'relation "sales.nothing" does not exist'),
        ("has_table_privilege('nobody', 'sales.orders', 'select')", "42704", 'user "nobody" does not exist'),
        ("has_table_privilege('sales.orders', 'fly')", "22023", 'unrecognized privilege type: "FLY"'),
        ("has_schema_privilege('nowhere', 'usage')", "3F000", 'schema "nowhere" does not exist'),
        ("has_database_privilege('other', 'create')", "3D000", 'database "other" does not exist'),
        ("has_column_privilege('sales.orders', 'nope', 'select')", "42703", 'column "nope" does not exist'),
        ("'sales.nothing'::regclass::oid", "42P01", 'relation "sales.nothing" does not exist'),
    ],
)
def test_functions_refuse_what_is_not_there(asking: Any, expression: str, sqlstate: str, message: str) -> None:
    with pytest.raises(SqlError) as caught:
        asking.rows(f"SELECT {expression}")
    assert (caught.value.sqlstate, caught.value.message) == (sqlstate, message)


def test_functions_take_columns_of_any_name(asking: Any) -> None:
    # DuckDB pastes arguments into macros: c.oid and oid must not mean something inside of one.
    for alias in ("c", "r", "u", "p"):
        assert asking.rows(
            f"SELECT relname, obj_description({alias}.oid, 'pg_class'),"
            f" has_table_privilege('ann', {alias}.oid, 'select') FROM pg_class {alias}"
            " WHERE relname IN ('orders', 'lines') ORDER BY 1"
        ) == [("lines", None, False), ("orders", "every order", True)]
    assert asking.rows("SELECT obj_description(oid) FROM pg_class WHERE relname = 'lines'") == [(None,)]
