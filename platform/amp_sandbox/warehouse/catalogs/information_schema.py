"""`information_schema`: what the SQL standard asks for, as PostgreSQL 8 shows it.

A user sees the objects that it owns or has a privilege on.
https://www.postgresql.org/docs/8.0/information-schema.html

**Left out:** the views for what the warehouse does not have (routines, triggers, domains, …; SQLSTATE 42P01).
"""

from amp_sandbox.warehouse.catalogs.definitions import View, empty, view

_SCHEMA = "information_schema"
# Tables and views of users and of the system, as far as this user may do anything with them.
_RELATIONS = """
    SELECT c.* FROM amp_catalog.classes c JOIN amp_catalog.accessible x ON x.kind = 'table' AND x.oid = c.oid
    WHERE c.kind <> 'i'
"""
_KEYS = """
    SELECT k.*, r.schema_name, r.name AS table_name FROM amp_sys.constraints k
    JOIN amp_catalog.relations r ON r.oid = k.relation
    JOIN amp_catalog.accessible x ON x.kind = 'table' AND x.oid = r.oid
"""

VIEWS: tuple[View, ...] = (
    view(
        "schemata",
        "catalog_name:varchar schema_name:varchar schema_owner:varchar default_character_set_catalog:varchar"
        " default_character_set_schema:varchar default_character_set_name:varchar sql_path:varchar",
        """
        SELECT amp_catalog.database(), n.name, u.name, NULL, NULL, NULL, NULL
        FROM amp_catalog.namespaces n JOIN amp_catalog.accessible x ON x.kind = 'schema' AND x.oid = n.oid
        LEFT JOIN amp_sys.users u ON u.id = n.owner
        """,
        schema=_SCHEMA,
    ),
    view(
        "tables",
        "table_catalog:varchar table_schema:varchar table_name:varchar table_type:varchar"
        " self_referencing_column_name:varchar reference_generation:varchar user_defined_type_catalog:varchar"
        " user_defined_type_schema:varchar user_defined_type_name:varchar is_insertable_into:varchar is_typed:varchar",
        f"""
        SELECT amp_catalog.database(), schema_name, name,
            CASE WHEN kind <> 'r' THEN 'VIEW' WHEN temporary THEN 'LOCAL TEMPORARY' ELSE 'BASE TABLE' END,
            NULL, NULL, NULL, NULL, NULL, CASE kind WHEN 'r' THEN 'YES' ELSE 'NO' END, 'NO' FROM ({_RELATIONS})
        """,  # noqa: S608
        schema=_SCHEMA,
    ),
    view(
        "views",
        "table_catalog:varchar table_schema:varchar table_name:varchar view_definition:long check_option:varchar"
        " is_updatable:varchar is_insertable_into:varchar",
        f"""
        SELECT amp_catalog.database(), schema_name, name, amp_catalog.view_text(oid), 'NONE', 'NO', 'NO'
        FROM ({_RELATIONS}) WHERE kind <> 'r'
        """,  # noqa: S608
        schema=_SCHEMA,
    ),
    view(
        "columns",
        "table_catalog:varchar table_schema:varchar table_name:varchar column_name:varchar ordinal_position:int4"
        " column_default:long is_nullable:varchar data_type:varchar character_maximum_length:int4"
        " character_octet_length:int4 numeric_precision:int4 numeric_precision_radix:int4 numeric_scale:int4"
        " datetime_precision:int4 udt_catalog:varchar udt_schema:varchar udt_name:varchar is_identity:varchar",
        f"""
        SELECT amp_catalog.database(), c.schema_name, c.name, a.name, a.position, a.default_sql,
            CASE WHEN a.not_null THEN 'NO' ELSE 'YES' END, amp_catalog.type_name(a.type_oid),
            CASE WHEN a.type_oid IN (1042, 1043) AND a.typmod > 4 THEN a.typmod - 4 END,
            CASE WHEN a.type_oid IN (1042, 1043) AND a.typmod > 4 THEN a.typmod - 4 END,
            amp_catalog.digits(a.type_oid, a.typmod),
            CASE WHEN a.type_oid = 1700 THEN 10 WHEN a.type_oid IN (20, 21, 23, 700, 701) THEN 2 END,
            amp_catalog.scale(a.type_oid, a.typmod),
            CASE WHEN a.type_oid IN (1083, 1114, 1184, 1266) THEN 6 END,
            amp_catalog.database(), 'pg_catalog', t.name,
            CASE WHEN a.identity_seed IS NULL THEN 'NO' ELSE 'YES' END
        FROM ({_RELATIONS}) c JOIN amp_catalog.attributes a ON a.relation = c.oid
        LEFT JOIN amp_catalog.type_list t ON t.oid = a.type_oid
        """,  # noqa: S608
        schema=_SCHEMA,
    ),
    view(
        "table_constraints",
        "constraint_catalog:varchar constraint_schema:varchar constraint_name:varchar table_catalog:varchar"
        " table_schema:varchar table_name:varchar constraint_type:varchar is_deferrable:varchar"
        " initially_deferred:varchar",
        f"""
        SELECT amp_catalog.database(), schema_name, name, amp_catalog.database(), schema_name,
            table_name, CASE kind WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' ELSE 'FOREIGN KEY' END, 'NO', 'NO'
        FROM ({_KEYS})
        """,  # noqa: S608
        schema=_SCHEMA,
    ),
    view(
        "key_column_usage",
        "constraint_catalog:varchar constraint_schema:varchar constraint_name:varchar table_catalog:varchar"
        " table_schema:varchar table_name:varchar column_name:varchar ordinal_position:int4",
        f"""
        SELECT amp_catalog.database(), k.schema_name, k.name, amp_catalog.database(), k.schema_name,
            k.table_name, u.name, u.position
        FROM ({_KEYS}) k, LATERAL (
            SELECT unnest(k.columns) AS name, generate_subscripts(k.columns, 1) AS position) u
        """,  # noqa: S608
        schema=_SCHEMA,
    ),
    view(
        "constraint_column_usage",
        "table_catalog:varchar table_schema:varchar table_name:varchar column_name:varchar constraint_catalog:varchar"
        " constraint_schema:varchar constraint_name:varchar",
        f"""
        SELECT amp_catalog.database(), coalesce(f.schema_name, k.schema_name), coalesce(f.name, k.table_name),
            u.name, amp_catalog.database(), k.schema_name, k.name
        FROM ({_KEYS}) k LEFT JOIN amp_catalog.relations f ON k.kind = 'f' AND f.oid = k.referenced,
            LATERAL (SELECT unnest(CASE k.kind WHEN 'f' THEN k.referenced_columns ELSE k.columns END) AS name) u
        """,  # noqa: S608
        schema=_SCHEMA,
    ),
    view(
        "referential_constraints",
        "constraint_catalog:varchar constraint_schema:varchar constraint_name:varchar"
        " unique_constraint_catalog:varchar unique_constraint_schema:varchar unique_constraint_name:varchar"
        " match_option:varchar update_rule:varchar delete_rule:varchar",
        f"""
        SELECT amp_catalog.database(), k.schema_name, k.name, amp_catalog.database(), f.schema_name,
            u.name, 'NONE', 'NO ACTION', 'NO ACTION'
        FROM ({_KEYS}) k JOIN amp_catalog.relations f ON f.oid = k.referenced
        LEFT JOIN amp_sys.constraints u ON u.relation = k.referenced AND u.kind IN ('p', 'u')
            AND u.columns = k.referenced_columns
        WHERE k.kind = 'f'
        """,  # noqa: S608
        schema=_SCHEMA,
    ),
    view(
        "table_privileges",
        "grantor:varchar grantee:varchar table_catalog:varchar table_schema:varchar table_name:varchar"
        " privilege_type:varchar is_grantable:varchar with_hierarchy:varchar",
        """
        SELECT g.name, CASE p.grantee_kind WHEN 'public' THEN 'PUBLIC' ELSE i.name END, amp_catalog.database(),
            r.schema_name, r.name, p.privilege, CASE WHEN p.grantable THEN 'YES' ELSE 'NO' END, 'NO'
        FROM amp_sys.privileges p JOIN amp_catalog.relations r ON p.kind = 'table' AND r.oid = p.oid
        JOIN amp_catalog.identities i ON i.kind = p.grantee_kind AND i.id = p.grantee
        LEFT JOIN amp_sys.users g ON g.id = p.grantor
        JOIN amp_catalog.accessible x ON x.kind = 'table' AND x.oid = r.oid WHERE p.column_name = ''
        """,
        schema=_SCHEMA,
    ),
    view(
        "column_privileges",
        "grantor:varchar grantee:varchar table_catalog:varchar table_schema:varchar table_name:varchar"
        " column_name:varchar privilege_type:varchar is_grantable:varchar",
        """
        SELECT g.name, CASE p.grantee_kind WHEN 'public' THEN 'PUBLIC' ELSE i.name END, amp_catalog.database(),
            r.schema_name, r.name, p.column_name, p.privilege, CASE WHEN p.grantable THEN 'YES' ELSE 'NO' END
        FROM amp_sys.privileges p JOIN amp_catalog.relations r ON p.kind = 'table' AND r.oid = p.oid
        JOIN amp_catalog.identities i ON i.kind = p.grantee_kind AND i.id = p.grantee
        LEFT JOIN amp_sys.users g ON g.id = p.grantor
        JOIN amp_catalog.accessible x ON x.kind = 'table' AND x.oid = r.oid WHERE p.column_name <> ''
        """,
        schema=_SCHEMA,
    ),
    view(
        "information_schema_catalog_name",
        "catalog_name:varchar",
        "SELECT amp_catalog.database()",
        schema=_SCHEMA,
    ),
    view(
        "enabled_roles",
        "role_name:varchar",
        """
        SELECT g.name FROM amp_sys.groups g
        JOIN amp_catalog.my_identities i ON i.kind = 'group' AND i.id = g.id
        """,
        schema=_SCHEMA,
    ),
    empty(
        "routines",
        "specific_catalog:varchar specific_schema:varchar specific_name:varchar routine_catalog:varchar"
        " routine_schema:varchar routine_name:varchar routine_type:varchar data_type:varchar routine_definition:long",
        schema=_SCHEMA,
        kind="v",
    ),
)
