"""Redshift's own views: `svv_*`, and of `stv_*` what tools read.

Users see their own: objects that they own or have a privilege on; superusers see all.
https://docs.aws.amazon.com/redshift/latest/dg/svv_views.html

Tables of external schemas, sessions and settings are not in the database: whoever runs a query of one of `EXTERNAL`,
`SESSIONS` or `SETTINGS` puts them into the connection's variables first, by `set_external` and its like.

**Left out:** `stl_*`, `svl_*`, `sys_*` and the other `svv_*` (SQLSTATE 42P01: the log of queries is not kept). Sizes in
SVV_TABLE_INFO are estimates of DuckDB's, in blocks of 1 MB, and skew and sort figures NULL: there are no slices.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from amp_sandbox.warehouse.catalogs.definitions import View, empty, view

_EXTERNAL_TYPE = (
    "STRUCT(schema_name VARCHAR, name VARCHAR, location VARCHAR, input_format VARCHAR, output_format VARCHAR,"
    " serde VARCHAR, serde_parameters VARCHAR, parameters VARCHAR,"
    " columns STRUCT(name VARCHAR, type VARCHAR, part_key INTEGER)[],"
    ' partitions STRUCT("values" VARCHAR, location VARCHAR)[])[]'
)
_SESSION_TYPE = "STRUCT(pid INTEGER, user_name VARCHAR, database VARCHAR, started TIMESTAMP)[]"

_TABLES = """
    SELECT r.schema_name, r.name, CASE r.kind WHEN 'r' THEN 'TABLE' ELSE 'VIEW' END AS type, r.comment AS remarks,
        r.owner, a.acl, r.oid, r.temporary
    FROM amp_catalog.relations r JOIN amp_catalog.accessible x ON x.kind = 'table' AND x.oid = r.oid
    LEFT JOIN amp_catalog.acls a ON a.kind = 'table' AND a.oid = r.oid
    UNION ALL
    SELECT s.schema_name, s.name, 'VIEW', NULL, 1, NULL, s.oid, false FROM amp_catalog.system_relations s
    UNION ALL
    SELECT e.schema_name, e.name, 'EXTERNAL TABLE', NULL, e.owner, NULL, NULL, false FROM amp_catalog.external_tables e
"""
# Lengths and digits as information_schema shows them: of declared types only.
_COLUMNS = """
    SELECT c.schema_name, c.name AS table_name, a.name, a.position, a.default_sql, a.not_null, a.type_oid, a.typmod,
        amp_catalog.type_name(a.type_oid) AS type, a.comment, a.encoding, a.distkey, a.sortkey, a.identity_seed,
        CASE WHEN a.type_oid IN (1042, 1043) AND a.typmod > 4 THEN a.typmod - 4 END AS length,
        amp_catalog.digits(a.type_oid, a.typmod) AS digits, amp_catalog.scale(a.type_oid, a.typmod) AS scale
    FROM amp_catalog.classes c JOIN amp_catalog.accessible x ON x.kind = 'table' AND x.oid = c.oid
    JOIN amp_catalog.attributes a ON a.relation = c.oid WHERE c.kind <> 'i'
    UNION ALL
    SELECT e.schema_name, e.name, c.name, c.position, NULL, false, c.type_oid, c.typmod, c.type, NULL, 'none', false, 0,
        NULL, CASE WHEN c.type_oid IN (1042, 1043) AND c.typmod > 4 THEN c.typmod - 4 END,
        amp_catalog.digits(c.type_oid, c.typmod), amp_catalog.scale(c.type_oid, c.typmod)
    FROM amp_catalog.external_tables e JOIN amp_catalog.external_columns c
        ON c.schema_name = e.schema_name AND c.table_name = e.name
"""
_NAMESPACES = """
    SELECT n.*, a.acl FROM amp_catalog.namespaces n JOIN amp_catalog.accessible x ON x.kind = 'schema' AND x.oid = n.oid
    LEFT JOIN amp_catalog.acls a ON a.kind = 'schema' AND a.oid = n.oid WHERE n.kind <> 'temporary'
"""

SOURCES = (
    f"""
    CREATE VIEW amp_catalog.external_tables AS
    SELECT t.*, n.oid AS schema_oid, n.owner FROM (
        SELECT unnest(getvariable('amp_external')::{_EXTERNAL_TYPE}, max_depth := 2)) t
    JOIN amp_catalog.namespaces n ON n.name = t.schema_name
    JOIN amp_catalog.accessible x ON x.kind = 'schema' AND x.oid = n.oid
    """,  # noqa: S608
    # https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_EXTERNAL_TABLE.html: Hive's types as Redshift reads them.
    """
    CREATE VIEW amp_catalog.external_columns AS
    SELECT c.*, CASE c.base WHEN 'smallint' THEN 'smallint' WHEN 'tinyint' THEN 'smallint' WHEN 'int' THEN 'integer'
            WHEN 'integer' THEN 'integer' WHEN 'bigint' THEN 'bigint' WHEN 'float' THEN 'real'
            WHEN 'double' THEN 'double precision' WHEN 'boolean' THEN 'boolean' WHEN 'date' THEN 'date'
            WHEN 'timestamp' THEN 'timestamp without time zone' WHEN 'decimal' THEN 'numeric'
            WHEN 'char' THEN 'character' WHEN 'varchar' THEN 'character varying' WHEN 'string' THEN 'character varying'
            WHEN 'binary' THEN 'binary varying' ELSE 'super' END AS type,
        CASE c.base WHEN 'smallint' THEN 21 WHEN 'tinyint' THEN 21 WHEN 'int' THEN 23 WHEN 'integer' THEN 23
            WHEN 'bigint' THEN 20 WHEN 'float' THEN 700 WHEN 'double' THEN 701 WHEN 'boolean' THEN 16
            WHEN 'date' THEN 1082 WHEN 'timestamp' THEN 1114 WHEN 'decimal' THEN 1700 WHEN 'char' THEN 1042
            WHEN 'varchar' THEN 1043 WHEN 'string' THEN 1043 WHEN 'binary' THEN 6551 ELSE 4000 END AS type_oid,
        CASE c.base WHEN 'varchar' THEN c.first + 4 WHEN 'char' THEN c.first + 4 WHEN 'string' THEN 65539
            WHEN 'decimal' THEN (c.first << 16 | coalesce(c.second, 0)) + 4 ELSE -1 END AS typmod
    FROM (
        SELECT e.schema_name, e.name AS table_name, u.c.name AS name, u.c.type AS external_type,
            u.c.part_key AS part_key, u.position, regexp_extract(lower(u.c.type), '^[a-z]+') AS base,
            try_cast(regexp_extract(u.c.type, '\\((\\d+)', 1) AS INTEGER) AS first,
            try_cast(regexp_extract(u.c.type, ',\\s*(\\d+)', 1) AS INTEGER) AS second
        FROM amp_catalog.external_tables e,
            LATERAL (SELECT unnest(e.columns) AS c, generate_subscripts(e.columns, 1) AS position) u) c
    """,
    f"""
    CREATE VIEW amp_catalog.all_sessions AS
    SELECT s.* FROM (SELECT unnest(getvariable('amp_sessions')::{_SESSION_TYPE}, max_depth := 2)) s,
        amp_catalog.whoami w
    WHERE w.superuser OR w.syslog_access OR s.user_name = w.name
    """,  # noqa: S608
)

_PRIVILEGE_COLUMNS = " privilege_type:text identity_id:int4 identity_name:text identity_type:text admin_option:bool"


def _privileges(kind: str, names: str, source: str) -> str:
    """Rows of one of the SVV_…_PRIVILEGES views: a superuser sees all, others what concerns them."""
    return f"""
        SELECT {names}, p.privilege, p.grantee, i.name, p.grantee_kind, p.grantable
        FROM amp_sys.privileges p {source}
        JOIN amp_catalog.identities i ON i.kind = p.grantee_kind AND i.id = p.grantee, amp_catalog.whoami w
        WHERE p.kind = '{kind}' AND (w.superuser OR o.owner = w.id OR EXISTS (
            SELECT 1 FROM amp_catalog.my_identities m WHERE m.kind = p.grantee_kind AND m.id = p.grantee))
    """  # noqa: S608


VIEWS: tuple[View, ...] = (
    view(
        "svv_tables",
        "table_catalog:varchar table_schema:varchar table_name:varchar table_type:varchar remarks:varchar",
        f"""
        SELECT amp_catalog.database(), schema_name, name,
            CASE type WHEN 'TABLE' THEN 'BASE TABLE' ELSE type END, remarks FROM ({_TABLES})
        """,  # noqa: S608
    ),
    view(
        "svv_all_tables",
        "database_name:varchar schema_name:varchar table_name:varchar table_acl:varchar table_type:varchar"
        " remarks:varchar owner:varchar",
        f"""
        SELECT amp_catalog.database(), t.schema_name, t.name, t.acl, t.type, t.remarks, u.name
        FROM ({_TABLES}) t LEFT JOIN amp_sys.users u ON u.id = t.owner
        """,  # noqa: S608
    ),
    view(
        "svv_redshift_tables",
        "database_name:varchar schema_name:varchar table_name:varchar table_type:varchar table_acl:varchar"
        " remarks:varchar table_owner:varchar",
        f"""
        SELECT amp_catalog.database(), t.schema_name, t.name, t.type, t.acl, t.remarks, u.name
        FROM ({_TABLES}) t LEFT JOIN amp_sys.users u ON u.id = t.owner WHERE t.type <> 'EXTERNAL TABLE'
        """,  # noqa: S608
    ),
    view(
        "svv_columns",
        "table_catalog:varchar table_schema:varchar table_name:varchar column_name:varchar ordinal_position:int4"
        " column_default:varchar is_nullable:varchar data_type:varchar character_maximum_length:int4"
        " numeric_precision:int4 numeric_precision_radix:int4 numeric_scale:int4 datetime_precision:int4"
        " interval_type:varchar interval_precision:varchar character_set_catalog:varchar character_set_schema:varchar"
        " character_set_name:varchar collation_catalog:varchar collation_schema:varchar collation_name:varchar"
        " domain_name:varchar remarks:varchar",
        f"""
        SELECT amp_catalog.database(), schema_name, table_name, name, position, default_sql,
            CASE WHEN not_null THEN 'NO' ELSE 'YES' END, type, length, digits,
            CASE WHEN digits IS NOT NULL THEN CASE WHEN type_oid = 1700 THEN 10 ELSE 2 END END, scale,
            CASE WHEN type_oid IN (1083, 1114, 1184, 1266) THEN 6 END, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
            NULL, comment FROM ({_COLUMNS})
        """,  # noqa: S608
    ),
    view(
        "svv_all_columns",
        "database_name:varchar schema_name:varchar table_name:varchar column_name:varchar ordinal_position:int4"
        " column_default:varchar is_nullable:varchar data_type:varchar character_maximum_length:int4"
        " numeric_precision:int4 numeric_scale:int4 remarks:varchar",
        f"""
        SELECT amp_catalog.database(), schema_name, table_name, name, position, default_sql,
            CASE WHEN not_null THEN 'NO' ELSE 'YES' END, type, length, digits, scale, comment FROM ({_COLUMNS})
        """,  # noqa: S608
    ),
    view(
        "svv_redshift_columns",
        "database_name:varchar schema_name:varchar table_name:varchar column_name:varchar ordinal_position:int4"
        " data_type:varchar column_default:varchar is_nullable:varchar encoding:varchar distkey:bool sortkey:int4"
        " column_acl:varchar remarks:varchar",
        f"""
        SELECT amp_catalog.database(), schema_name, table_name, name, position,
            amp_catalog.type_text(type_oid, typmod), default_sql, CASE WHEN not_null THEN 'NO' ELSE 'YES' END,
            encoding, distkey, sortkey, NULL, comment
        FROM ({_COLUMNS}) c WHERE NOT EXISTS (
            SELECT 1 FROM amp_catalog.namespaces n WHERE n.name = c.schema_name AND n.kind = 'external')
        """,  # noqa: S608
    ),
    view(
        "svv_all_schemas",
        "database_name:varchar schema_name:varchar schema_owner:int4 schema_type:varchar schema_acl:varchar"
        " source_database:varchar schema_option:varchar",
        f"""
        SELECT amp_catalog.database(), name, owner, CASE kind WHEN 'external' THEN 'external' ELSE 'local' END,
            acl, coalesce(glue_database, ''),
            CASE kind WHEN 'external' THEN json_object('IAM_ROLE', iam_role, 'REGION', region)::VARCHAR ELSE '' END
        FROM ({_NAMESPACES})
        """,  # noqa: S608
    ),
    view(
        "svv_redshift_schemas",
        "database_name:varchar schema_name:varchar schema_owner:int4 schema_type:varchar schema_acl:varchar"
        " schema_option:varchar",
        f"""
        SELECT amp_catalog.database(), name, owner, 'local', acl, '' FROM ({_NAMESPACES})
        WHERE kind <> 'external'
        """,  # noqa: S608
    ),
    view(
        "svv_redshift_databases",
        "database_name:varchar database_owner:int4 database_type:varchar database_acl:varchar database_options:varchar"
        " database_isolation_level:varchar",
        """
        SELECT amp_catalog.database(), o.owner, 'local', a.acl, NULL, 'Snapshot Isolation'
        FROM amp_sys.owners o LEFT JOIN amp_catalog.acls a ON a.kind = 'database' WHERE o.kind = 'database'
        """,
    ),
    view(
        "svv_external_schemas",
        "esoid:oid eskind:int2 schemaname:name esowner:int4 databasename:text esoptions:text",
        f"""
        SELECT oid, 1, name, owner, glue_database, json_object('IAM_ROLE', iam_role, 'REGION', region)
        FROM ({_NAMESPACES}) WHERE kind = 'external'
        """,  # noqa: S608
    ),
    view(
        "svv_external_tables",
        "redshift_database_name:text schemaname:text tablename:text tabletype:text location:text input_format:text"
        " output_format:text serialization_lib:text serde_parameters:text compressed:int4 parameters:text",
        """
        SELECT amp_catalog.database(), schema_name, name, 'TABLE', location, input_format, output_format, serde,
            serde_parameters, 0, parameters FROM amp_catalog.external_tables
        """,
    ),
    view(
        "svv_external_columns",
        "redshift_database_name:text schemaname:text tablename:text columnname:text external_type:text columnnum:int4"
        " part_key:int4 is_nullable:text",
        """
        SELECT amp_catalog.database(), schema_name, table_name, name, external_type, position, part_key, 'true'
        FROM amp_catalog.external_columns
        """,
    ),
    view(
        "svv_external_partitions",
        "schemaname:text tablename:text values:text location:text input_format:text output_format:text"
        " serialization_lib:text serde_parameters:text compressed:int4 parameters:text",
        """
        SELECT e.schema_name, e.name, p."values", p.location, e.input_format, e.output_format, e.serde,
            e.serde_parameters, 0, e.parameters
        FROM amp_catalog.external_tables e, LATERAL (SELECT unnest(e.partitions, max_depth := 2)) p
        """,
    ),
    view(
        "svv_table_info",
        "database:text schema:text table_id:oid table:text encoded:text diststyle:text sortkey1:text max_varchar:int4"
        " sortkey1_enc:char sortkey_num:int4 size:int8 pct_used:numeric empty:int8 unsorted:numeric stats_off:numeric"
        " tbl_rows:numeric skew_sortkey1:numeric skew_rows:numeric estimated_visible_rows:numeric risk_event:text"
        " vacuum_sort_benefit:numeric create_time:timestamp",
        """
        SELECT amp_catalog.database(), r.schema_name, r.oid, r.name,
            CASE WHEN bool_or(a.encoding NOT IN ('none', 'raw')) THEN 'Y' ELSE 'N' END,
            CASE r.diststyle WHEN 'AUTO' THEN 'AUTO(EVEN)'
                WHEN 'KEY' THEN 'KEY(' || coalesce(max(a.name) FILTER (a.distkey), '') || ')' ELSE r.diststyle END,
            max(a.name) FILTER (a.sortkey = 1), coalesce(max(a.typmod - 4) FILTER (a.type_oid = 1043), 0),
            NULL, count(*) FILTER (a.sortkey <> 0), 1 + t.estimated_size * 64 // 1048576, NULL, 0, NULL, 0,
            t.estimated_size, NULL, NULL, t.estimated_size, NULL, NULL, r.created_at
        FROM amp_catalog.relations r JOIN amp_catalog.accessible x ON x.kind = 'table' AND x.oid = r.oid
        JOIN amp_catalog.attributes a ON a.relation = r.oid
        JOIN duckdb_tables() t ON t.database_name = current_database() AND t.schema_name = r.schema_name
            AND t.table_name = r.name
        WHERE r.kind = 'r' AND t.estimated_size > 0
        GROUP BY r.schema_name, r.oid, r.name, r.diststyle, t.estimated_size, r.created_at
        """,
    ),
    view(
        "svv_relation_privileges",
        f"namespace_name:text relation_name:text{_PRIVILEGE_COLUMNS}",
        _privileges(
            "table", "o.schema_name, o.name", "JOIN amp_catalog.relations o ON o.oid = p.oid AND p.column_name = ''"
        ),
    ),
    view(
        "svv_column_privileges",
        f"namespace_name:text relation_name:text column_name:text{_PRIVILEGE_COLUMNS}",
        _privileges(
            "table",
            "o.schema_name, o.name, p.column_name",
            "JOIN amp_catalog.relations o ON o.oid = p.oid AND p.column_name <> ''",
        ),
    ),
    view(
        "svv_schema_privileges",
        f"namespace_name:text{_PRIVILEGE_COLUMNS} privilege_scope:text",
        _privileges("schema", "o.name", "JOIN amp_catalog.namespaces o ON o.oid = p.oid").replace(
            "p.grantable\n", "p.grantable, 'SCHEMA'\n", 1
        ),
    ),
    view(
        "svv_database_privileges",
        f"database_name:text{_PRIVILEGE_COLUMNS}",
        _privileges("database", "amp_catalog.database()", "JOIN amp_sys.owners o ON o.kind = 'database'"),
    ),
    view(
        "svv_default_privileges",
        "schema_name:text object_type:text owner_id:int4 owner_name:text owner_type:text privilege_type:text"
        " grantee_id:int4 grantee_name:text grantee_type:text admin_option:bool",
        """
        SELECT n.name, 'RELATION', d.owner, u.name, 'user', d.privilege, d.grantee, i.name, d.grantee_kind, d.grantable
        FROM amp_sys.default_privileges d JOIN amp_sys.users u ON u.id = d.owner
        JOIN amp_catalog.identities i ON i.kind = d.grantee_kind AND i.id = d.grantee
        LEFT JOIN amp_sys.schemas n ON n.oid = d.schema_oid, amp_catalog.whoami w
        WHERE w.superuser OR d.owner = w.id OR EXISTS (
            SELECT 1 FROM amp_catalog.my_identities m WHERE m.kind = d.grantee_kind AND m.id = d.grantee)
        """,
    ),
    view(
        "stv_sessions",
        "starttime:timestamp process:int4 user_name:char db_name:char timeout_sec:int4".replace(":char", ":varchar"),
        "SELECT started, pid, user_name, database, 0 FROM amp_catalog.all_sessions",
    ),
    view(
        "pg_stat_activity",
        "datid:oid datname:name procpid:int4 usesysid:int4 usename:name current_query:text query_start:timestamp",
        """
        SELECT 100, s.database, s.pid, u.id, s.user_name, NULL, NULL
        FROM amp_catalog.all_sessions s JOIN amp_sys.users u ON u.name = s.user_name
        """,
    ),
    empty("svv_roles", "role_id:int4 role_name:text role_owner:text external_id:text", kind="v"),
    empty("svv_user_grants", "user_id:int4 user_name:text role_id:int4 role_name:text admin_option:bool", kind="v"),
    empty(
        "svv_role_grants",
        "role_id:int4 role_name:text granted_role_id:int4 granted_role_name:text",
        kind="v",
    ),
    empty("svv_datashares", "share_name:varchar share_id:int4 share_owner:int4 source_database:varchar", kind="v"),
)

# The views whose rows come from outside of the database.
EXTERNAL = frozenset(
    ("pg_catalog", name)
    for name in (
        "svv_tables",
        "svv_all_tables",
        "svv_redshift_tables",
        "svv_columns",
        "svv_all_columns",
        "svv_redshift_columns",
        "svv_external_tables",
        "svv_external_columns",
        "svv_external_partitions",
    )
)
SESSIONS = frozenset({("pg_catalog", "stv_sessions"), ("pg_catalog", "pg_stat_activity")})
SETTINGS = frozenset({("pg_catalog", "pg_settings")})


def set_external(db: Any, tables: Sequence[Mapping[str, Any]]) -> None:
    """Let this connection see these tables of external schemas.

    Each has `schema_name`, `name`, `location`, `input_format`, `output_format`, `serde`, `serde_parameters` and
    `parameters` (JSON), `columns` (`name`, `type`, `part_key`: from 1 for partition keys, else 0) and `partitions`
    (`values` as JSON, `location`).
    """
    db.execute(f"SET VARIABLE amp_external = ?::{_EXTERNAL_TYPE}", [[dict(one) for one in tables]])


def set_settings(db: Any, settings: Mapping[str, str]) -> None:
    """Let this connection see these settings."""
    names = sorted(settings)
    values = [settings[name] for name in names]
    db.execute("SET VARIABLE amp_settings = map($1::VARCHAR[], $2::VARCHAR[])", [names, values])


def set_sessions(db: Any, sessions: Sequence[Mapping[str, Any]]) -> None:
    """Let this connection see these sessions: `pid`, `user_name`, `database`, `started` each."""
    db.execute(f"SET VARIABLE amp_sessions = ?::{_SESSION_TYPE}", [[dict(one) for one in sessions]])
