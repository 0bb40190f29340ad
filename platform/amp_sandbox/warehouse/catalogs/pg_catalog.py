"""The `pg_*` tables of PostgreSQL that Redshift has, with the columns of later versions that psql asks for.

Anyone may read them, as in PostgreSQL; passwords are in none of them.
https://docs.aws.amazon.com/redshift/latest/dg/c_intro_catalog_views.html and
https://docs.aws.amazon.com/redshift/latest/dg/r_PG_TABLE_DEF.html

**Left out:** tables of kinds of objects that the warehouse does not have are empty (triggers, rules, functions of
users, …); statistics (`pg_statistic`) are missing (SQLSTATE 42P01). Columns of late-binding views are not kept, so
`pg_get_late_binding_view_cols` answers none. Arrays are texts in PostgreSQL's form.
"""

from collections.abc import Mapping

from amp_sandbox.warehouse import types
from amp_sandbox.warehouse.catalogs.definitions import INT2_ARRAY, View, empty, view

# OIDs of types, their names in pg_type, category and how PostgreSQL aligns and keeps them.
TYPE_NAMES: Mapping[int, str] = {
    types.BOOLEAN.oid: "bool",
    types.SMALLINT.oid: "int2",
    types.INTEGER.oid: "int4",
    types.BIGINT.oid: "int8",
    types.REAL.oid: "float4",
    types.DOUBLE.oid: "float8",
    types.DATE.oid: "date",
    types.TIME.oid: "time",
    types.TIMETZ.oid: "timetz",
    types.TIMESTAMP.oid: "timestamp",
    types.TIMESTAMPTZ.oid: "timestamptz",
    types.INTERVAL.oid: "interval",
    types.SUPER.oid: "super",
    types.VARBYTE.oid: "varbyte",
    types.OID.oid: "oid",
    types.NAME.oid: "name",
    types.TEXT.oid: "text",
    types.UNKNOWN.oid: "unknown",
    types.VARCHAR_OID: "varchar",
    types.CHAR_OID: "bpchar",
    types.NUMERIC_OID: "numeric",
    INT2_ARRAY.oid: "_int2",
    18: "char",
    22: "int2vector",
    30: "oidvector",
    1009: "_text",
    1033: "aclitem",
    1034: "_aclitem",
    2205: "regclass",
    2206: "regtype",
}
SQL_NAMES: Mapping[int, str] = {
    **TYPE_NAMES,
    **{oid: known.name for oid, known in types.BY_OID.items()},
    types.NUMERIC_OID: "numeric",
    types.CHAR_OID: "character",
    18: '"char"',
    1009: "text[]",
    1034: "aclitem[]",
}
_ARRAYS = {INT2_ARRAY.oid: types.SMALLINT.oid, 1009: types.TEXT.oid, 1034: 1033}


def _types() -> str:
    rows = ", ".join(
        f"({oid}, '{name}', {types.BY_OID[oid].size if oid in types.BY_OID else -1}, {_ARRAYS.get(oid, 0)})"
        for oid, name in TYPE_NAMES.items()
    )
    return f"(VALUES {rows}) AS t(oid, name, size, element)"


VIEWS: tuple[View, ...] = (
    view(
        "pg_namespace",
        "oid:oid tableoid:oid nspname:name nspowner:int4 nspacl:array",
        """
        SELECT n.oid, 2615, n.name, n.owner, a.acl
        FROM amp_catalog.namespaces n LEFT JOIN amp_catalog.acls a ON a.kind = 'schema' AND a.oid = n.oid
        """,
        kind="r",
    ),
    view(
        "pg_class",
        "oid:oid tableoid:oid relname:name relnamespace:oid reltype:oid reloftype:oid relowner:int4 relam:oid"
        " relfilenode:oid reltablespace:oid relpages:int4 reltuples:float8 reltoastrelid:oid relhasindex:bool"
        " relisshared:bool relpersistence:char relkind:char relnatts:int2 relchecks:int2 relhasoids:bool"
        " relhaspkey:bool relhasrules:bool relhastriggers:bool relhassubclass:bool relispopulated:bool relacl:array"
        " reloptions:array reldiststyle:int2",
        """
        SELECT c.oid, 1259, c.name, c.schema_oid, 0, 0, c.owner, CASE c.kind WHEN 'i' THEN 403 ELSE 0 END, c.oid, 0, 0,
            coalesce(t.estimated_size, 0), 0,
            EXISTS (SELECT 1 FROM amp_sys.constraints k WHERE k.relation = c.oid AND k.kind IN ('p', 'u')), false,
            CASE WHEN c.temporary THEN 't' ELSE 'p' END, c.kind,
            (SELECT count(*) FROM amp_catalog.attributes a WHERE a.relation = c.oid), 0, false,
            EXISTS (SELECT 1 FROM amp_sys.constraints k WHERE k.relation = c.oid AND k.kind = 'p'), false,
            EXISTS (SELECT 1 FROM amp_sys.constraints k WHERE k.kind = 'f' AND c.oid IN (k.relation, k.referenced)),
            false, true, a.acl, NULL,
            CASE WHEN c.kind <> 'r' OR c.diststyle = 'EVEN' THEN 0
                WHEN c.diststyle = 'KEY' THEN 1 WHEN c.diststyle = 'ALL' THEN 8 ELSE 10 END
        FROM amp_catalog.classes c LEFT JOIN amp_catalog.acls a ON a.kind = 'table' AND a.oid = c.oid
        LEFT JOIN duckdb_tables() t ON c.kind IN ('r', 'm') AND t.database_name = current_database()
            AND t.schema_name = c.schema_name AND t.table_name = c.name
        """,
        kind="r",
    ),
    view(
        "pg_attribute",
        "attrelid:oid attname:name atttypid:oid attstattarget:int4 attlen:int2 attnum:int2 attndims:int4"
        " attcacheoff:int4 atttypmod:int4 attbyval:bool attstorage:char attalign:char attnotnull:bool atthasdef:bool"
        " attisdropped:bool attislocal:bool attinhcount:int4 attisdistkey:bool attispreloaded:bool attsortkeyord:int4"
        " attencodingtype:int2 attencrypttype:int2 attcollation:oid attidentity:char attgenerated:char attacl:array",
        """
        SELECT a.relation, a.name, a.type_oid, -1, coalesce(t.size, -1), a.position, 0, -1, a.typmod,
            coalesce(t.size, -1) BETWEEN 1 AND 8, CASE WHEN coalesce(t.size, -1) < 0 THEN 'x' ELSE 'p' END, 'i',
            a.not_null, a.default_sql IS NOT NULL OR a.identity_seed IS NOT NULL, false, true, 0, a.distkey, false,
            a.sortkey, coalesce(list_position(amp_catalog.encodings(), a.encoding), 1) - 1, 0,
            CASE WHEN a.type_oid IN (25, 1042, 1043, 19) THEN 100 ELSE 0 END, '', '',
            (SELECT amp_catalog.to_array(list(i.item ORDER BY i.item)) FROM amp_catalog.acl_items i
             WHERE i.kind = 'table' AND i.oid = a.relation AND i.column_name = a.name)
        FROM amp_catalog.attributes a LEFT JOIN amp_catalog.type_list t ON t.oid = a.type_oid
        """,
        kind="r",
    ),
    view(
        "pg_attrdef",
        "oid:oid adrelid:oid adnum:int2 adbin:text adsrc:text",
        """
        SELECT a.relation * 1000 + a.position, a.relation, a.position, d.text, d.text
        FROM amp_catalog.attributes a, LATERAL (SELECT coalesce(a.default_sql,
            '"identity"(' || a.relation || ', ' || (a.position - 1) || ', ''' || a.identity_seed || ','
            || a.identity_step || '''::text)') AS text) d
        WHERE d.text IS NOT NULL
        """,
        kind="r",
    ),
    view(
        "pg_type",
        "oid:oid tableoid:oid typname:name typnamespace:oid typowner:int4 typlen:int2 typbyval:bool typtype:char"
        " typcategory:char typisdefined:bool typdelim:char typrelid:oid typelem:oid typarray:oid typinput:text"
        " typoutput:text typnotnull:bool typbasetype:oid typtypmod:int4 typndims:int4 typcollation:oid typdefault:text",
        """
        SELECT t.oid, 1247, t.name, 11, 1, t.size, t.size BETWEEN 1 AND 8, 'b',
            CASE WHEN t.element > 0 THEN 'A' WHEN t.oid IN (18, 19, 25, 1042, 1043) THEN 'S'
                WHEN t.oid IN (20, 21, 23, 26, 700, 701, 1700) THEN 'N' WHEN t.oid = 16 THEN 'B'
                WHEN t.oid IN (1082, 1083, 1114, 1184, 1266) THEN 'D' WHEN t.oid = 1186 THEN 'T'
                WHEN t.oid = 705 THEN 'X' ELSE 'U' END,
            true, ',', 0, t.element,
            coalesce((SELECT e.oid FROM amp_catalog.type_list e WHERE e.element = t.oid), 0),
            t.name || 'in', t.name || 'out', false, 0, -1, 0,
            CASE WHEN t.oid IN (19, 25, 1042, 1043) THEN 100 ELSE 0 END, NULL
        FROM amp_catalog.type_list t
        """,
        kind="r",
    ),
    view(
        "pg_index",
        "indexrelid:oid indrelid:oid indkey:int2[] indclass:text indnatts:int2 indisunique:bool indisprimary:bool"
        " indisclustered:bool indisvalid:bool indimmediate:bool indexprs:text indpred:text",
        """
        SELECT k.oid, k.relation, amp_catalog.positions(k.relation, k.columns), '', len(k.columns), true, k.kind = 'p',
            false, true, true, NULL, NULL
        FROM amp_sys.constraints k WHERE k.kind IN ('p', 'u')
        """,
        kind="r",
    ),
    view(
        "pg_constraint",
        "oid:oid tableoid:oid conname:name connamespace:oid contype:char condeferrable:bool condeferred:bool"
        " convalidated:bool conrelid:oid contypid:oid conindid:oid confrelid:oid confupdtype:char confdeltype:char"
        " confmatchtype:char conkey:int2[] confkey:int2[] conbin:text consrc:text",
        """
        SELECT k.oid, 2606, k.name, r.schema_oid, k.kind, false, false, true, k.relation, 0,
            CASE WHEN k.kind IN ('p', 'u') THEN k.oid ELSE 0 END, coalesce(k.referenced, 0),
            CASE k.kind WHEN 'f' THEN 'a' ELSE ' ' END, CASE k.kind WHEN 'f' THEN 'a' ELSE ' ' END,
            CASE k.kind WHEN 'f' THEN 's' ELSE ' ' END, amp_catalog.positions(k.relation, k.columns),
            CASE k.kind WHEN 'f' THEN amp_catalog.positions(k.referenced, k.referenced_columns) END, NULL, NULL
        FROM amp_sys.constraints k JOIN amp_catalog.relations r ON r.oid = k.relation
        """,
        kind="r",
    ),
    view(
        "pg_description",
        "objoid:oid classoid:oid objsubid:int4 description:text",
        "SELECT oid, 1259, position, text FROM amp_catalog.comments",
        kind="r",
    ),
    view(
        "pg_user",
        "usename:name usesysid:int4 usecreatedb:bool usesuper:bool usecatupd:bool passwd:text valuntil:timestamp"
        " useconfig:array",
        """
        SELECT name, id, createdb, superuser, superuser, '********', valid_until AT TIME ZONE 'UTC',
            CASE WHEN cardinality(settings) > 0 THEN amp_catalog.to_array(
                list_transform(map_entries(settings), lambda e: e.key || '=' || e.value)) END
        FROM amp_sys.users
        """,
    ),
    view(
        "pg_user_info",
        "usename:name usesysid:int4 usecreatedb:bool usesuper:bool usecatupd:bool passwd:text valuntil:timestamp"
        " useconfig:array useconnlimit:text syslogaccess:text sessiontimeout:int4",
        """
        SELECT u.name, u.id, u.createdb, u.superuser, u.superuser, '********', u.valid_until AT TIME ZONE 'UTC', NULL,
            coalesce(u.connection_limit::VARCHAR, 'UNLIMITED'),
            CASE WHEN u.syslog_access THEN 'UNRESTRICTED' ELSE 'RESTRICTED' END, coalesce(u.session_timeout, 0)
        FROM amp_sys.users u, amp_catalog.whoami w WHERE w.superuser OR u.id = w.id
        """,
    ),
    view(
        "pg_group",
        "groname:name grosysid:int4 grolist:array",
        """
        SELECT g.name, g.id, amp_catalog.to_array(coalesce(list(m.user_id ORDER BY m.user_id)
            FILTER (m.user_id IS NOT NULL), []))
        FROM amp_sys.groups g LEFT JOIN amp_sys.members m ON m.group_id = g.id GROUP BY g.name, g.id
        """,
        kind="r",
    ),
    # Users and groups as PostgreSQL has had them since 8.1, for psql's \du. Groups get ids beyond those of users.
    view(
        "pg_roles",
        "oid:oid rolname:name rolsuper:bool rolinherit:bool rolcreaterole:bool rolcreatedb:bool rolcanlogin:bool"
        " rolconnlimit:int4 rolpassword:text rolvaliduntil:timestamptz rolreplication:bool rolbypassrls:bool",
        """
        SELECT id, name, superuser, true, superuser, createdb, true, coalesce(connection_limit, -1), '********',
            valid_until, false, false FROM amp_sys.users
        UNION ALL
        SELECT 1000000 + id, name, false, true, false, false, false, -1, '********', NULL, false, false
        FROM amp_sys.groups
        """,
    ),
    view(
        "pg_auth_members",
        "roleid:oid member:oid grantor:oid admin_option:bool",
        "SELECT 1000000 + group_id, user_id, 1, false FROM amp_sys.members",
        kind="r",
    ),
    view(
        "pg_database",
        "oid:oid tableoid:oid datname:name datdba:int4 encoding:int4 datcollate:name datctype:name datistemplate:bool"
        " datallowconn:bool datconnlimit:int4 dattablespace:oid datacl:array datconfig:array",
        """
        SELECT 100, 1262, amp_catalog.database(), o.owner, 6, 'C', 'C', false, true, -1, 1663, a.acl, NULL
        FROM amp_sys.owners o LEFT JOIN amp_catalog.acls a ON a.kind = 'database' WHERE o.kind = 'database'
        """,
        kind="r",
    ),
    view(
        "pg_tablespace",
        "oid:oid spcname:name spcowner:int4 spclocation:text",
        "SELECT 1663, 'pg_default', 1, ''",
        kind="r",
    ),
    view(
        "pg_tables",
        "schemaname:name tablename:name tableowner:name tablespace:name hasindexes:bool hasrules:bool hastriggers:bool",
        """
        SELECT c.schema_name, c.name, u.name, NULL,
            EXISTS (SELECT 1 FROM amp_sys.constraints k WHERE k.relation = c.oid AND k.kind IN ('p', 'u')), false, false
        FROM amp_catalog.classes c LEFT JOIN amp_sys.users u ON u.id = c.owner WHERE c.kind = 'r'
        """,
    ),
    view(
        "pg_views",
        "schemaname:name viewname:name viewowner:name definition:text",
        """
        SELECT c.schema_name, c.name, u.name, amp_catalog.view_text(c.oid)
        FROM amp_catalog.classes c LEFT JOIN amp_sys.users u ON u.id = c.owner WHERE c.kind = 'v'
        """,
    ),
    view(
        "pg_table_def",
        "schemaname:name tablename:name column:name type:text encoding:text distkey:bool sortkey:int4 notnull:bool",
        """
        SELECT r.schema_name, r.name, a.name, amp_catalog.type_text(a.type_oid, a.typmod), a.encoding, a.distkey,
            a.sortkey, a.not_null
        FROM amp_catalog.relations r JOIN amp_catalog.accessible x ON x.kind = 'table' AND x.oid = r.oid
        JOIN amp_catalog.attributes a ON a.relation = r.oid
        WHERE r.kind = 'r' AND list_contains(amp_catalog.path(), r.schema_name)
        ORDER BY r.schema_name, r.name, a.position
        """,
    ),
    view(
        "pg_external_schema",
        "esoid:oid eskind:int4 esdbname:text esoptions:text",
        """
        SELECT oid, 1, glue_database, json_object('IAM_ROLE', iam_role, 'REGION', region)
        FROM amp_catalog.namespaces WHERE kind = 'external'
        """,
        kind="r",
    ),
    view(
        "pg_settings",
        "name:text setting:text unit:text category:text short_desc:text context:text vartype:text source:text",
        """
        SELECT s.name, s.setting, NULL, 'Redshift', '', 'user', 'string', 'session'
        FROM (SELECT unnest(map_keys(amp_catalog.settings())) AS name,
            unnest(map_values(amp_catalog.settings())) AS setting) s
        """,
    ),
    view(
        "pg_am",
        "oid:oid amname:name amowner:int4",
        "SELECT * FROM (VALUES (403, 'btree', 1))",
        kind="r",
    ),
    view(
        "pg_language",
        "oid:oid tableoid:oid lanname:name lanowner:int4 lanispl:bool lanpltrusted:bool lanplcallfoid:oid"
        " lanvalidator:oid lanacl:array",
        "SELECT * FROM (VALUES (12, 2612, 'internal', 1, false, false, 0, 0, NULL),"
        " (14, 2612, 'sql', 1, false, true, 0, 0, NULL))",
        kind="r",
    ),
    view(
        "pg_collation",
        "oid:oid collname:name collnamespace:oid collowner:int4 collencoding:int4 collcollate:name collctype:name",
        "SELECT 100, 'default', 11, 1, -1, '', ''",
        kind="r",
    ),
    view(
        "pg_default_acl",
        "oid:oid defacluser:int4 defaclrole:int4 defaclnamespace:oid defaclobjtype:char defaclacl:array",
        """
        SELECT 1, d.owner, d.owner, d.schema_oid, 'r', amp_catalog.to_array(list(d.item ORDER BY d.item))
        FROM (
            SELECT d.owner, d.schema_oid,
                CASE d.grantee_kind WHEN 'public' THEN '' WHEN 'group' THEN 'group ' || i.name ELSE i.name END || '='
                || string_agg(amp_catalog.letter('table', d.privilege) || CASE WHEN d.grantable THEN '*' ELSE '' END, ''
                    ORDER BY amp_catalog.letter_order('table', d.privilege)) || '/' || u.name AS item
            FROM amp_sys.default_privileges d
            JOIN amp_catalog.identities i ON i.kind = d.grantee_kind AND i.id = d.grantee
            JOIN amp_sys.users u ON u.id = d.owner
            GROUP BY d.owner, d.schema_oid, d.grantee_kind, i.name, u.name) d
        GROUP BY d.owner, d.schema_oid
        """,
        kind="r",
    ),
    view(
        "pg_late_binding_view_cols",
        "view_schema:name view_name:name col_name:name col_type:text col_num:int4",
        """
        SELECT r.schema_name, r.name, a.name, amp_catalog.type_text(a.type_oid, a.typmod), a.position
        FROM amp_catalog.relations r JOIN amp_catalog.attributes a ON a.relation = r.oid WHERE r.late_binding
        """,
    ),
    view(
        "pg_current_database",
        "current_database:text",
        "SELECT amp_catalog.database()",
    ),
    empty(
        "pg_proc",
        "oid:oid tableoid:oid proname:name pronamespace:oid proowner:int4 prolang:oid proisagg:bool proiswindow:bool"
        " prosecdef:bool proisstrict:bool proretset:bool provolatile:char prokind:char pronargs:int2 prorettype:oid"
        " proargtypes:text proargnames:array prosrc:text probin:text proacl:array",
    ),
    empty(
        "pg_proc_info",
        "prooid:oid proname:name pronamespace:oid proowner:int4 prolang:oid prokind:char proisagg:bool pronargs:int2"
        " prorettype:oid proargtypes:text proargnames:array proallargtypes:array proargmodes:array prosrc:text",
    ),
    empty("pg_reloptions", "reloption:text"),
    empty("pg_trigger", "oid:oid tableoid:oid tgrelid:oid tgname:name tgenabled:char tgisinternal:bool"),
    empty("pg_inherits", "inhrelid:oid inhparent:oid inhseqno:int4 inhdetachpending:bool"),
    empty("pg_rewrite", "oid:oid tableoid:oid rulename:name ev_class:oid ev_type:char"),
    empty("pg_depend", "classid:oid objid:oid objsubid:int4 refclassid:oid refobjid:oid refobjsubid:int4 deptype:char"),
    empty("pg_shdescription", "objoid:oid classoid:oid description:text"),
    empty("pg_enum", "oid:oid enumtypid:oid enumsortorder:float8 enumlabel:name"),
    empty("pg_range", "rngtypid:oid rngsubtype:oid rngcollation:oid"),
    empty("pg_extension", "oid:oid extname:name extowner:int4 extnamespace:oid extversion:text"),
    empty("pg_foreign_table", "ftrelid:oid ftserver:oid ftoptions:array"),
    empty("pg_foreign_server", "oid:oid srvname:name srvowner:int4 srvfdw:oid"),
    empty("pg_foreign_data_wrapper", "oid:oid fdwname:name fdwowner:int4 fdwhandler:oid fdwvalidator:oid"),
    empty("pg_user_mappings", "srvname:name usename:name"),
    empty("pg_db_role_setting", "setdatabase:oid setrole:oid setconfig:array"),
    empty("pg_cast", "oid:oid castsource:oid casttarget:oid castfunc:oid castcontext:char castmethod:char"),
    empty(
        "pg_conversion", "oid:oid conname:name connamespace:oid conforencoding:int4 contoencoding:int4 condefault:bool"
    ),
    empty(
        "pg_operator",
        "oid:oid tableoid:oid oprname:name oprnamespace:oid oprkind:char oprleft:oid oprright:oid oprresult:oid"
        " oprcode:oid",
    ),
    empty("pg_opclass", "oid:oid tableoid:oid opcname:name opcnamespace:oid opcmethod:oid"),
    empty("pg_opfamily", "oid:oid tableoid:oid opfname:name opfnamespace:oid opfmethod:oid"),
    empty("pg_largeobject_metadata", "oid:oid lomowner:oid"),
    empty("pg_ts_config", "oid:oid cfgname:name cfgnamespace:oid"),
    empty("pg_sequence", "seqrelid:oid seqtypid:oid seqstart:int8 seqincrement:int8 seqmax:int8 seqmin:int8"),
    empty("pg_matviews", "schemaname:name matviewname:name matviewowner:name definition:text"),
    empty("pg_indexes", "schemaname:name tablename:name indexname:name tablespace:name indexdef:text"),
)

# Not the catalog's: what its views read.
TYPE_LIST = f"CREATE VIEW amp_catalog.type_list AS SELECT oid, name, size, element FROM {_types()}"  # noqa: S608
