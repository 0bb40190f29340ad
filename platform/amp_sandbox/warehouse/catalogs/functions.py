"""The catalogs' functions, as DuckDB macros: who is asking, what it may do, and how objects are shown.

https://docs.aws.amazon.com/redshift/latest/dg/r_System_information_functions.html and
https://www.postgresql.org/docs/8.0/functions-info.html

An error is raised as `SQLSTATE:message`, which the session takes apart.

DuckDB puts arguments into a macro as they are written, so that `oid` or `c.oid` would mean a column of the macro's own
query if it had one of that name. Macros therefore read views whose columns are named `amp__…` (`LOOKUPS`).

**Left out:** functions about functions and triggers answer NULL, as there are none (`pg_get_functiondef`, …).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from amp_sandbox.warehouse import types
from amp_sandbox.warehouse.catalogs.definitions import INT2_ARRAY
from amp_sandbox.warehouse.catalogs.interface import Function
from amp_sandbox.warehouse.catalogs.pg_catalog import SQL_NAMES
from amp_sandbox.warehouse.types import RedshiftType

# By the number that pg_attribute has for them.
ENCODINGS = [
    *("none", "bytedict", "delta", "delta32k", "lzo", "mostly8", "mostly16", "mostly32", "raw"),
    *("runlength", "text255", "text32k", "zstd", "az64"),
]


@dataclass(frozen=True)
class _Macro:
    name: str
    type: RedshiftType
    variants: tuple[tuple[int, str], ...]  # how many arguments (a, b, c, d), and the expression

    @property
    def macro(self) -> str:
        # Inside of a macro or view DuckDB looks for a function in their schema first: none may have a name of its own.
        return f"fn_{self.name}"

    def create(self) -> str:
        parts = ", ".join(f"({', '.join('abcd'[:count])}) AS {body}" for count, body in self.variants)
        return f"CREATE MACRO amp_catalog.{self.macro}{parts}"


def _macro(name: str, kind: RedshiftType, *bodies: str) -> _Macro:
    """A macro; the number of its arguments is that of the letters a, b, c, d before the colon."""
    variants = []
    for body in bodies:
        letters, _, expression = body.partition(":")
        variants.append((len(letters.strip()), f"({expression})"))
    return _Macro(name, kind, tuple(variants))


_NAMES = "MAP {" + ", ".join(f"{oid}: '{name}'" for oid, name in SQL_NAMES.items()) + "}"

# Read by views and macros only, never by a user's name.
HELPERS = f"""
CREATE MACRO amp_catalog.encodings() AS {ENCODINGS};
CREATE MACRO amp_catalog.database() AS getvariable('amp_database')::VARCHAR;
CREATE MACRO amp_catalog.settings() AS coalesce(getvariable('amp_settings')::MAP(VARCHAR, VARCHAR), MAP {{}});
CREATE MACRO amp_catalog.type_name(a) AS {_NAMES}[a::INTEGER];
CREATE MACRO amp_catalog.type_text(a, b) AS CASE WHEN a IS NULL THEN NULL
    WHEN b::INTEGER >= 4 AND a::INTEGER = 1700
        THEN 'numeric(' || ((b::INTEGER - 4) >> 16) || ',' || ((b::INTEGER - 4) & 65535) || ')'
    WHEN b::INTEGER >= 4 AND a::INTEGER IN (1042, 1043)
        THEN amp_catalog.type_name(a) || '(' || (b::INTEGER - 4) || ')'
    ELSE coalesce(amp_catalog.type_name(a), '???') END;
CREATE MACRO amp_catalog.digits(a, b) AS CASE a::INTEGER WHEN 21 THEN 16 WHEN 23 THEN 32 WHEN 20 THEN 64
    WHEN 700 THEN 24 WHEN 701 THEN 53 WHEN 1700 THEN (b::INTEGER - 4) >> 16 END;
CREATE MACRO amp_catalog.scale(a, b) AS CASE WHEN a::INTEGER IN (20, 21, 23) THEN 0
    WHEN a::INTEGER = 1700 THEN (b::INTEGER - 4) & 65535 END;
CREATE MACRO amp_catalog.positions(a, b) AS (
    SELECT amp_catalog.to_array(list(amp__position ORDER BY list_position(b, amp__name)))
    FROM amp_catalog.find_attributes WHERE amp__relation = a AND list_contains(b, amp__name));
CREATE MACRO amp_catalog.find_relation(a) AS (
    SELECT arg_min(amp__oid, coalesce(list_position(amp_catalog.path(), amp__schema), 0))
    FROM amp_catalog.find_classes WHERE CASE
        WHEN regexp_full_match(a::VARCHAR, '\\d+') THEN amp__oid = try_cast(a AS BIGINT)
        WHEN len(amp_catalog.parts(a::VARCHAR)) = 1
            THEN amp__name = amp_catalog.parts(a::VARCHAR)[1] AND list_contains(amp_catalog.path(), amp__schema)
        ELSE amp__name = amp_catalog.parts(a::VARCHAR)[-1] AND amp__schema = amp_catalog.parts(a::VARCHAR)[-2] END);
CREATE MACRO amp_catalog.existing_path() AS (
    SELECT list(amp__name ORDER BY list_position(amp_catalog.path(), amp__name))
    FROM amp_catalog.find_namespaces WHERE list_contains(amp_catalog.path(), amp__name));
CREATE MACRO amp_catalog.find_schema(a) AS (SELECT any_value(amp__oid) FROM amp_catalog.find_namespaces
    WHERE CASE WHEN regexp_full_match(a::VARCHAR, '\\d+') THEN amp__oid = try_cast(a AS BIGINT)
        ELSE amp__name = lower(trim(a::VARCHAR, '"')) END);
CREATE MACRO amp_catalog.find_user(a) AS (SELECT any_value(amp__id) FROM amp_catalog.find_users
    WHERE CASE WHEN regexp_full_match(a::VARCHAR, '\\d+') THEN amp__id = try_cast(a AS BIGINT)
        ELSE amp__name = lower(trim(a::VARCHAR, '"')) END);
CREATE MACRO amp_catalog.find_column(a, b) AS (SELECT any_value(amp__name) FROM amp_catalog.find_attributes
    WHERE amp__relation = a AND CASE
        WHEN regexp_full_match(b::VARCHAR, '\\d+') THEN amp__position = try_cast(b AS INTEGER)
        ELSE amp__name = lower(trim(b::VARCHAR, '"')) END);
CREATE MACRO amp_catalog.must(a, b) AS CASE WHEN a IS NULL THEN error(b) ELSE a END;
CREATE MACRO amp_catalog.the_relation(a) AS amp_catalog.must(amp_catalog.find_relation(a),
    '42P01:relation "' || a || '" does not exist');
CREATE MACRO amp_catalog.the_schema(a) AS amp_catalog.must(amp_catalog.find_schema(a),
    '3F000:schema "' || a || '" does not exist');
CREATE MACRO amp_catalog.the_user(a) AS amp_catalog.must(amp_catalog.find_user(a),
    '42704:user "' || a || '" does not exist');
CREATE MACRO amp_catalog.my_id() AS (SELECT any_value(id) FROM amp_catalog.whoami);
CREATE MACRO amp_catalog.wanted(a, b) AS list_transform(string_split(upper(a), ','), lambda amp__p:
    CASE WHEN list_contains(b, regexp_replace(trim(amp__p), ' WITH GRANT OPTION$', ''))
        THEN replace(trim(amp__p), 'TEMPORARY', 'TEMP')
        ELSE error('22023:unrecognized privilege type: "' || trim(amp__p) || '"') END);
CREATE MACRO amp_catalog.may(a, b, c, d) AS (
    EXISTS (SELECT 1 FROM amp_catalog.find_users WHERE amp__id = a AND amp__superuser)
    OR EXISTS (SELECT 1 FROM amp_catalog.find_owners WHERE amp__kind = b AND amp__oid = c AND amp__owner = a)
    OR EXISTS (SELECT 1 FROM amp_catalog.find_privileges WHERE amp__kind = b AND amp__oid = c AND amp__column = ''
        AND amp__user IN (a, 0) AND (list_contains(d, amp__privilege)
            OR (amp__grantable AND list_contains(d, amp__privilege || ' WITH GRANT OPTION')))));
CREATE MACRO amp_catalog.may_table(a, b, c) AS (amp_catalog.may(a, 'table', b, c)
    OR (b < 100000 AND list_contains(c, 'SELECT')));
CREATE MACRO amp_catalog.may_column(a, b, c, d) AS (amp_catalog.may_table(a, b, d)
    OR EXISTS (SELECT 1 FROM amp_catalog.find_privileges WHERE amp__kind = 'table' AND amp__oid = b
        AND amp__column = c AND amp__user IN (a, 0) AND list_contains(d, amp__privilege)));
CREATE MACRO amp_catalog.may_schema(a, b, c) AS (amp_catalog.may(a, 'schema', b, c)
    OR (b IN (11, 12) AND list_contains(c, 'USAGE')));
CREATE MACRO amp_catalog.may_database(a, b, c) AS CASE
    WHEN lower(trim(b::VARCHAR, '"')) NOT IN (amp_catalog.database(), '100')
        THEN error('3D000:database "' || b || '" does not exist')
    ELSE list_contains(c, 'CONNECT') OR amp_catalog.may(a, 'database', 100, c) END;
"""  # noqa: S608
_TABLE = "['SELECT','INSERT','UPDATE','DELETE','REFERENCES','DROP','TRUNCATE','ALTER','RULE','TRIGGER']"
_SCHEMA = "['USAGE','CREATE','ALTER','DROP']"
_DATABASE = "['CREATE','TEMP','TEMPORARY','CONNECT','USAGE']"
_COLUMN = "['SELECT','UPDATE','INSERT','REFERENCES']"

_MACROS = (
    _macro(
        "has_table_privilege",
        types.BOOLEAN,
        f"ab: amp_catalog.may_table(amp_catalog.my_id(), amp_catalog.the_relation(a), amp_catalog.wanted(b, {_TABLE}))",
        "abc: amp_catalog.may_table(amp_catalog.the_user(a), amp_catalog.the_relation(b), amp_catalog.wanted(c, "
        f"{_TABLE}))",
    ),
    _macro(
        "has_schema_privilege",
        types.BOOLEAN,
        f"ab: amp_catalog.may_schema(amp_catalog.my_id(), amp_catalog.the_schema(a), amp_catalog.wanted(b, {_SCHEMA}))",
        "abc: amp_catalog.may_schema(amp_catalog.the_user(a), amp_catalog.the_schema(b), amp_catalog.wanted(c, "
        f"{_SCHEMA}))",
    ),
    _macro(
        "has_database_privilege",
        types.BOOLEAN,
        f"ab: amp_catalog.may_database(amp_catalog.my_id(), a, amp_catalog.wanted(b, {_DATABASE}))",
        f"abc: amp_catalog.may_database(amp_catalog.the_user(a), b, amp_catalog.wanted(c, {_DATABASE}))",
    ),
    _macro(
        "has_column_privilege",
        types.BOOLEAN,
        "abc: amp_catalog.may_column(amp_catalog.my_id(), amp_catalog.the_relation(a), amp_catalog.must("
        "amp_catalog.find_column(amp_catalog.find_relation(a), b), '42703:column \"' || b || '\" does not exist'),"
        f" amp_catalog.wanted(c, {_COLUMN}))",
        "abcd: amp_catalog.may_column(amp_catalog.the_user(a), amp_catalog.the_relation(b), amp_catalog.must("
        "amp_catalog.find_column(amp_catalog.find_relation(b), c), '42703:column \"' || c || '\" does not exist'),"
        f" amp_catalog.wanted(d, {_COLUMN}))",
    ),
    _macro("current_user", types.NAME, ": amp_catalog.me()"),
    _macro("user", types.NAME, ": amp_catalog.me()"),
    _macro("session_user", types.NAME, ": getvariable('amp_session_user')::VARCHAR"),
    _macro("current_user_id", types.INTEGER, ": amp_catalog.my_id()"),
    _macro("current_schema", types.NAME, ": amp_catalog.existing_path()[2]"),
    _macro(
        "current_schemas",
        types.TEXT,
        "a: amp_catalog.to_array(list_filter(amp_catalog.existing_path(), lambda amp__s: a OR amp__s <> 'pg_catalog'))",
    ),
    _macro("to_regclass", types.OID, "a: amp_catalog.find_relation(a)"),
    _macro("to_regtype", types.OID, "a: amp_catalog.find_type(a)"),
    _macro("pg_backend_pid", types.INTEGER, ": getvariable('amp_pid')::INTEGER"),
    _macro(
        "pg_get_userbyid",
        types.NAME,
        "a: coalesce((SELECT any_value(amp__name) FROM amp_catalog.find_users WHERE amp__id = a::BIGINT),"
        " 'unknown (OID=' || a || ')')",
    ),
    _macro(
        "pg_table_is_visible",
        types.BOOLEAN,
        "a: EXISTS (SELECT 1 FROM amp_catalog.find_classes WHERE amp__oid = a::BIGINT AND amp__visible)",
    ),
    _macro("pg_type_is_visible", types.BOOLEAN, "a: a IS NOT NULL"),
    _macro("pg_function_is_visible", types.BOOLEAN, "a: a IS NOT NULL"),
    _macro("pg_opclass_is_visible", types.BOOLEAN, "a: a IS NOT NULL"),
    _macro("pg_opfamily_is_visible", types.BOOLEAN, "a: a IS NOT NULL"),
    _macro("pg_operator_is_visible", types.BOOLEAN, "a: a IS NOT NULL"),
    _macro("pg_collation_is_visible", types.BOOLEAN, "a: a IS NOT NULL"),
    _macro("pg_conversion_is_visible", types.BOOLEAN, "a: a IS NOT NULL"),
    _macro("pg_ts_config_is_visible", types.BOOLEAN, "a: a IS NOT NULL"),
    _macro("format_type", types.TEXT, "ab: amp_catalog.type_text(a, b)"),
    _macro("format_encoding", types.TEXT, "a: amp_catalog.encodings()[a::INTEGER + 1]"),
    _macro("pg_get_viewdef", types.TEXT, "a: amp_catalog.view_text(a)", "ab: amp_catalog.view_text(a)"),
    _macro("pg_get_expr", types.TEXT, "ab: a", "abc: a"),
    _macro("pg_get_constraintdef", types.TEXT, "a: amp_catalog.key_text(a)", "ab: amp_catalog.key_text(a)"),
    _macro(
        "pg_get_indexdef",
        types.TEXT,
        "a: amp_catalog.index_text(a)",
        "abc: CASE WHEN b::INTEGER = 0 THEN amp_catalog.index_text(a) ELSE (SELECT any_value(amp__name)"
        " FROM amp_catalog.find_attributes WHERE amp__relation = a::BIGINT AND amp__position = b::INTEGER) END",
    ),
    _macro("pg_get_triggerdef", types.TEXT, "a: NULL::VARCHAR", "ab: NULL::VARCHAR"),
    _macro("pg_get_ruledef", types.TEXT, "a: NULL::VARCHAR", "ab: NULL::VARCHAR"),
    _macro("pg_get_functiondef", types.TEXT, "a: NULL::VARCHAR"),
    _macro("pg_get_function_result", types.TEXT, "a: NULL::VARCHAR"),
    _macro("pg_get_function_arguments", types.TEXT, "a: NULL::VARCHAR"),
    _macro(
        "obj_description",
        types.TEXT,
        "a: amp_catalog.comment_on(a, 0)",
        "ab: CASE WHEN b = 'pg_class' THEN amp_catalog.comment_on(a, 0) END",
    ),
    _macro("col_description", types.TEXT, "ab: amp_catalog.comment_on(a, b)"),
    _macro("shobj_description", types.TEXT, "ab: NULL::VARCHAR"),
    _macro("pg_encoding_to_char", types.NAME, "a: CASE WHEN a = 6 THEN 'UTF8' ELSE '' END"),
    _macro("pg_char_to_encoding", types.INTEGER, "a: CASE WHEN upper(a) IN ('UTF8', 'UNICODE') THEN 6 ELSE -1 END"),
    _macro("getdatabaseencoding", types.NAME, ": 'UTF8'"),
    _macro("pg_client_encoding", types.NAME, ": 'UTF8'"),
    _macro("pg_tablespace_location", types.TEXT, "a: ''"),
    _macro("pg_table_size", types.BIGINT, "a: amp_catalog.size_of(a)"),
    _macro("pg_relation_size", types.BIGINT, "a: amp_catalog.size_of(a)"),
    _macro("pg_total_relation_size", types.BIGINT, "a: amp_catalog.size_of(a)"),
    _macro("pg_database_size", types.BIGINT, "a: (SELECT sum(estimated_size) FROM duckdb_tables())::BIGINT * 64"),
    _macro(
        "pg_size_pretty",
        types.TEXT,
        "a: CASE WHEN a < 10240 THEN a || ' bytes' WHEN a < 10485760 THEN (a // 1024) || ' kB'"
        " WHEN a < 10737418240 THEN (a // 1048576) || ' MB' ELSE (a // 1073741824) || ' GB' END",
    ),
    _macro("array_to_string", types.TEXT, "ab: array_to_string(amp_catalog.from_array(a), b)"),
    _macro("array_upper", types.INTEGER, "ab: len(amp_catalog.from_array(a))::INTEGER"),
    _macro("array_lower", types.INTEGER, "ab: CASE WHEN len(amp_catalog.from_array(a)) > 0 THEN 1 END"),
    # What rewrite makes of casts and operators that only catalogs have.
    _macro("amp_array_has", types.BOOLEAN, "ab: list_contains(amp_catalog.from_array(a), b::VARCHAR)"),
    _macro("amp_array_item", types.TEXT, "ab: amp_catalog.from_array(a)[b::INTEGER]"),
    _macro("amp_vector_item", types.TEXT, "ab: amp_catalog.from_array(a)[b::INTEGER + 1]"),
    _macro("amp_number_array", INT2_ARRAY, "a: a"),
    _macro("amp_array_quote", types.TEXT, "a: amp_catalog.array_element(a)"),
    _macro("amp_relation_oid", types.OID, "a: amp_catalog.the_relation(a)"),
    _macro(
        "amp_relation_name",
        types.TEXT,
        "a: coalesce((SELECT any_value(amp__shown) FROM amp_catalog.find_classes WHERE amp__oid = a::BIGINT),"
        " a::VARCHAR)",
    ),
    _macro("amp_type_name", types.TEXT, "a: coalesce(amp_catalog.type_name(a), a::VARCHAR)"),
    _macro(
        "amp_type_oid",
        types.OID,
        "a: coalesce(amp_catalog.find_type(a), 0)",
    ),
)

# Read by the macros above, and made after the views that they read.
SHOWN = """
CREATE MACRO amp_catalog.array_element(a) AS trim(amp_catalog.to_array([a]), '{}');
CREATE MACRO amp_catalog.find_type(a) AS (SELECT any_value(amp__oid) FROM amp_catalog.find_types
    WHERE lower(a) IN (amp__name, 'pg_catalog.' || amp__name, amp_catalog.type_name(amp__oid)));
CREATE MACRO amp_catalog.view_text(a) AS (SELECT any_value(amp__definition)
    FROM amp_catalog.find_views WHERE amp__oid = a::BIGINT);
CREATE MACRO amp_catalog.key_text(a) AS (SELECT any_value(amp__text)
    FROM amp_catalog.find_keys WHERE amp__oid = a::BIGINT);
CREATE MACRO amp_catalog.index_text(a) AS (SELECT any_value(amp__index)
    FROM amp_catalog.find_keys WHERE amp__oid = a::BIGINT);
CREATE MACRO amp_catalog.comment_on(a, b) AS (SELECT any_value(amp__text)
    FROM amp_catalog.find_comments WHERE amp__oid = a::BIGINT AND amp__position = b::INTEGER);
CREATE MACRO amp_catalog.size_of(a) AS (SELECT any_value(amp__size)
    FROM amp_catalog.find_sizes WHERE amp__oid = a::BIGINT)::BIGINT;
"""

# What the macros look things up in; see above.
LOOKUPS = """
CREATE VIEW amp_catalog.find_users AS
    SELECT id AS amp__id, name AS amp__name, superuser AS amp__superuser FROM amp_sys.users;
CREATE VIEW amp_catalog.find_owners AS
    SELECT kind AS amp__kind, oid AS amp__oid, owner AS amp__owner FROM amp_sys.owners;
CREATE VIEW amp_catalog.find_privileges AS
    SELECT p.kind AS amp__kind, p.oid AS amp__oid, p.column_name AS amp__column, p.privilege AS amp__privilege,
        p.grantable AS amp__grantable,
        CASE p.grantee_kind WHEN 'user' THEN p.grantee WHEN 'public' THEN 0 ELSE m.user_id END AS amp__user
    FROM amp_sys.privileges p
    LEFT JOIN amp_catalog.memberships m ON p.grantee_kind = 'group' AND m.group_id = p.grantee;
CREATE VIEW amp_catalog.find_namespaces AS SELECT oid AS amp__oid, name AS amp__name FROM amp_catalog.namespaces;
CREATE VIEW amp_catalog.find_classes AS
    SELECT c.oid AS amp__oid, c.schema_name AS amp__schema, c.name AS amp__name, v.oid IS NOT NULL AS amp__visible,
        CASE WHEN v.oid IS NULL THEN amp_catalog.quoted(c.schema_name) || '.' ELSE '' END
        || amp_catalog.quoted(c.name) AS amp__shown
    FROM amp_catalog.classes c LEFT JOIN amp_catalog.visible v ON v.oid = c.oid;
CREATE VIEW amp_catalog.find_attributes AS
    SELECT relation AS amp__relation, position AS amp__position, name AS amp__name FROM amp_catalog.attributes;
CREATE VIEW amp_catalog.find_types AS SELECT oid AS amp__oid, name AS amp__name FROM amp_catalog.type_list;
CREATE VIEW amp_catalog.find_views AS
    SELECT oid AS amp__oid, rtrim(definition, '; ') || ';' AS amp__definition
    FROM amp_catalog.relations WHERE kind IN ('v', 'm');
CREATE VIEW amp_catalog.find_comments AS
    SELECT oid AS amp__oid, position AS amp__position, text AS amp__text FROM amp_catalog.comments;
CREATE VIEW amp_catalog.find_sizes AS
    SELECT r.oid AS amp__oid, t.estimated_size * 64 AS amp__size FROM amp_catalog.relations r
    JOIN duckdb_tables() t ON t.database_name = current_database() AND t.schema_name = r.schema_name
        AND t.table_name = r.name;
CREATE MACRO amp_catalog.quoted_list(a) AS
    array_to_string(list_transform(a, lambda amp__x: amp_catalog.quoted(amp__x)), ', ');
CREATE VIEW amp_catalog.find_keys AS
    SELECT k.oid AS amp__oid,
        CASE k.kind WHEN 'p' THEN 'PRIMARY KEY (' WHEN 'u' THEN 'UNIQUE (' ELSE 'FOREIGN KEY (' END
        || amp_catalog.quoted_list(k.columns) || ')' || CASE k.kind WHEN 'f' THEN ' REFERENCES ' || f.amp__shown
            || '(' || amp_catalog.quoted_list(k.referenced_columns) || ')' ELSE '' END AS amp__text,
        'CREATE UNIQUE INDEX ' || amp_catalog.quoted(k.name) || ' ON ' || amp_catalog.quoted(r.schema_name) || '.'
        || amp_catalog.quoted(r.name) || ' USING btree (' || amp_catalog.quoted_list(k.columns) || ')' AS amp__index
    FROM amp_sys.constraints k JOIN amp_catalog.relations r ON r.oid = k.relation
    LEFT JOIN amp_catalog.find_classes f ON f.amp__oid = k.referenced;
"""

FUNCTIONS: Mapping[str, Function] = {
    one.name: Function(one.macro, range(min(n for n, _ in one.variants), max(n for n, _ in one.variants) + 1), one.type)
    for one in _MACROS
}


def statements() -> list[str]:
    """The statements that make the functions' macros."""
    return [one.create() for one in _MACROS]
