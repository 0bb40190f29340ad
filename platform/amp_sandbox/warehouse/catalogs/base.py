"""What the catalogs' views are made from: objects with their oids, schemas, columns, privileges, and who is asking.

Oids come from `amp_sys` and never change. The catalogs' own views are objects too; their oids are counted from their
names' order, below those of users' objects.
"""

from collections.abc import Sequence
from typing import Any

from amp_sandbox.warehouse.catalogs.definitions import View

PG_CATALOG_OID = 11
INFORMATION_SCHEMA_OID = 12

_SYSTEM_OIDS = 10_000

MACROS = """
CREATE MACRO amp_catalog.me() AS getvariable('amp_user')::VARCHAR;
CREATE MACRO amp_catalog.path() AS list_concat(['pg_catalog'], coalesce(getvariable('amp_search_path')::VARCHAR[], []));
CREATE MACRO amp_catalog.to_array(items) AS '{' || array_to_string(list_transform(items, lambda amp__x:
    CASE WHEN regexp_full_match(amp__x::VARCHAR, '[^,{}"\\\\\\s]+') THEN amp__x::VARCHAR
    ELSE '"' || replace(replace(amp__x::VARCHAR, '\\', '\\\\'), '"', '\\"') || '"' END), ',') || '}';
CREATE MACRO amp_catalog.from_array(text) AS list_transform(
    regexp_extract_all(trim(text, '{}'), '"(?:[^"\\\\]|\\\\.)*"|[^,]+'),
    lambda amp__x: CASE WHEN amp__x[1] = '"' THEN regexp_replace(amp__x[2:-2], '\\\\(.)', '\\1', 'g') ELSE amp__x END);
CREATE MACRO amp_catalog.parts(name) AS list_transform(
    regexp_extract_all(name, '"(?:[^"]|"")*"|[^.]+'),
    lambda amp__x: lower(CASE WHEN amp__x[1] = '"' THEN replace(amp__x[2:-2], '""', '"') ELSE trim(amp__x) END));
CREATE MACRO amp_catalog.quoted(name) AS
    CASE WHEN regexp_full_match(name, '[a-z_][a-z0-9_$]*') THEN name ELSE '"' || replace(name, '"', '""') || '"' END;
"""

_VIEWS = (
    """
    CREATE VIEW amp_catalog.whoami AS
    SELECT id, name, superuser, syslog_access FROM amp_sys.users WHERE name = amp_catalog.me()
    """,
    # Groups of temporary credentials are the user's who logged on.
    """
    CREATE VIEW amp_catalog.memberships AS
    SELECT user_id, group_id FROM amp_sys.members
    UNION
    SELECT u.id, g.id FROM amp_sys.users u, amp_sys.groups g
    WHERE u.name = getvariable('amp_session_user')::VARCHAR
      AND list_contains(getvariable('amp_groups')::VARCHAR[], g.name)
    """,
    """
    CREATE VIEW amp_catalog.identities AS
    SELECT 'user' AS kind, id, name FROM amp_sys.users
    UNION ALL SELECT 'group', id, name FROM amp_sys.groups
    UNION ALL SELECT 'public', 0, 'public'
    """,
    """
    CREATE VIEW amp_catalog.my_identities AS
    SELECT 'user' AS kind, id FROM amp_catalog.whoami
    UNION ALL SELECT 'group', m.group_id FROM amp_catalog.memberships m, amp_catalog.whoami w WHERE m.user_id = w.id
    UNION ALL SELECT 'public', 0
    """,
    """
    CREATE VIEW amp_catalog.namespaces AS
    SELECT s.oid, s.name, coalesce(o.owner, 1) AS owner, s.kind, s.glue_database, s.iam_role, s.region
    FROM amp_sys.schemas s LEFT JOIN amp_sys.owners o ON o.kind = 'schema' AND o.oid = s.oid
    UNION ALL SELECT 11, 'pg_catalog', 1, 'system', NULL, NULL, NULL
    UNION ALL SELECT 12, 'information_schema', 1, 'system', NULL, NULL, NULL
    """,
    """
    CREATE VIEW amp_catalog.relations AS
    SELECT r.oid, n.oid AS schema_oid, r.schema_name, r.name, r.kind, coalesce(o.owner, 1) AS owner, r.definition,
        r.late_binding, r.diststyle, r.sort_style, r.comment, r.created_at, n.kind = 'temporary' AS temporary
    FROM amp_sys.relations r
    LEFT JOIN amp_catalog.namespaces n ON n.name = r.schema_name
    LEFT JOIN amp_sys.owners o ON o.kind = 'table' AND o.oid = r.oid
    """,
    # Keys are indexes, as drivers look for primary keys there; the index has the oid of its constraint.
    """
    CREATE VIEW amp_catalog.classes AS
    SELECT oid, schema_oid, schema_name, name, kind, owner, definition, late_binding, diststyle, comment, temporary
    FROM amp_catalog.relations
    UNION ALL
    SELECT c.oid, r.schema_oid, r.schema_name, c.name, 'i', r.owner, NULL, false, 'EVEN', NULL, r.temporary
    FROM amp_sys.constraints c JOIN amp_catalog.relations r ON r.oid = c.relation WHERE c.kind IN ('p', 'u')
    UNION ALL
    SELECT s.oid, n.oid, s.schema_name, s.name, s.kind, 1, NULL, false, 'EVEN', NULL, false
    FROM amp_catalog.system_relations s JOIN amp_catalog.namespaces n ON n.name = s.schema_name
    """,
    """
    CREATE VIEW amp_catalog.attributes AS
    SELECT relation, position, name, type_oid, typmod, not_null, default_sql, identity_seed, identity_step, encoding,
        distkey, sortkey, comment
    FROM amp_sys.columns
    UNION ALL
    SELECT k.oid, list_position(k.columns, c.name), c.name, c.type_oid, c.typmod, false, NULL, NULL, NULL, 'none',
        false, 0, NULL
    FROM amp_sys.constraints k JOIN amp_sys.columns c ON c.relation = k.relation AND list_contains(k.columns, c.name)
    WHERE k.kind IN ('p', 'u')
    UNION ALL
    SELECT s.oid, c.position, c.name, c.type_oid, c.typmod, false, NULL, NULL, NULL, 'none', false, 0, NULL
    FROM amp_catalog.system_columns c
    JOIN amp_catalog.system_relations s ON s.schema_name = c.schema_name AND s.name = c.relation
    """,
    """
    CREATE VIEW amp_catalog.comments AS
    SELECT oid, 0 AS position, comment AS text FROM amp_sys.relations WHERE comment IS NOT NULL
    UNION ALL
    SELECT relation, position, comment FROM amp_sys.columns WHERE comment IS NOT NULL
    """,
    # Who may do anything with an object sees it where Redshift shows a user its own only.
    """
    CREATE VIEW amp_catalog.accessible AS
    SELECT 'table' AS kind, c.oid FROM amp_catalog.classes c, amp_catalog.whoami w
    WHERE w.superuser OR c.owner = w.id OR c.schema_oid IN (11, 12)
    UNION
    SELECT 'schema', n.oid FROM amp_catalog.namespaces n, amp_catalog.whoami w
    WHERE w.superuser OR n.owner = w.id OR n.kind = 'system'
    UNION
    SELECT p.kind, p.oid FROM amp_sys.privileges p
    JOIN amp_catalog.my_identities i ON i.kind = p.grantee_kind AND i.id = p.grantee
    """,
    # The relation that an unqualified name means, for each name.
    """
    CREATE VIEW amp_catalog.visible AS
    SELECT arg_min(c.oid, list_position(amp_catalog.path(), c.schema_name)) AS oid, c.name
    FROM amp_catalog.classes c WHERE list_contains(amp_catalog.path(), c.schema_name) GROUP BY c.name
    """,
    # Access privileges in PostgreSQL's form: grantee=letters/grantor, where * follows what may be granted on.
    """
    CREATE VIEW amp_catalog.acl_items AS
    SELECT p.kind, p.oid, p.column_name, p.grantee_kind,
        CASE p.grantee_kind WHEN 'public' THEN '' WHEN 'group' THEN 'group ' || i.name ELSE i.name END || '='
        || string_agg(amp_catalog.letter(p.kind, p.privilege) || CASE WHEN p.grantable THEN '*' ELSE '' END, ''
            ORDER BY amp_catalog.letter_order(p.kind, p.privilege)) || '/' || coalesce(g.name, 'unknown') AS item
    FROM amp_sys.privileges p
    JOIN amp_catalog.identities i ON i.kind = p.grantee_kind AND i.id = p.grantee
    LEFT JOIN amp_sys.users g ON g.id = p.grantor
    GROUP BY p.kind, p.oid, p.column_name, p.grantee_kind, i.name, g.name
    """,
    """
    CREATE VIEW amp_catalog.acls AS
    SELECT a.kind, a.oid, amp_catalog.to_array(list_concat(
        [any_value(amp_catalog.owner_item(a.kind, o.name))], list(a.item ORDER BY a.grantee_kind DESC, a.item))) AS acl
    FROM amp_catalog.acl_items a
    LEFT JOIN (
        SELECT w.kind, w.oid, u.name FROM amp_sys.owners w JOIN amp_sys.users u ON u.id = w.owner
    ) o ON o.kind = a.kind AND o.oid = a.oid
    WHERE a.column_name = '' GROUP BY a.kind, a.oid
    """,
)

ACL_MACROS = """
CREATE MACRO amp_catalog.letter_order(kind, privilege) AS list_position(
    ['INSERT', 'SELECT', 'UPDATE', 'DELETE', 'REFERENCES', 'USAGE', 'CREATE', 'TEMP', 'DROP', 'TRUNCATE', 'ALTER'],
    privilege);
CREATE MACRO amp_catalog.letter(kind, privilege) AS
    ('arwdxUCTDPA')[amp_catalog.letter_order(kind, privilege)];
CREATE MACRO amp_catalog.owner_item(kind, owner) AS owner || '='
    || CASE kind WHEN 'table' THEN 'arwdxDPA' WHEN 'schema' THEN 'UCDA' ELSE 'CT' END || '/' || owner;
"""


STATEMENTS = (MACROS, ACL_MACROS, *_VIEWS)


def create_tables(db: Any, views: Sequence[View]) -> None:
    """Make the tables in which the catalogs' own views are objects with columns."""
    ordered = sorted(views, key=lambda one: (one.schema, one.name))
    db.execute(
        "CREATE TABLE amp_catalog.system_relations AS SELECT unnest(?::BIGINT[]) AS oid,"
        " unnest(?::VARCHAR[]) AS schema_name, unnest(?::VARCHAR[]) AS name, unnest(?::VARCHAR[]) AS kind",
        [
            [_SYSTEM_OIDS + place for place in range(len(ordered))],
            [one.schema for one in ordered],
            [one.name for one in ordered],
            [one.kind for one in ordered],
        ],
    )
    columns = [(one, place, column) for one in ordered for place, column in enumerate(one.columns, 1)]
    db.execute(
        "CREATE TABLE amp_catalog.system_columns AS SELECT unnest(?::VARCHAR[]) AS schema_name,"
        " unnest(?::VARCHAR[]) AS relation, unnest(?::INTEGER[]) AS position, unnest(?::VARCHAR[]) AS name,"
        " unnest(?::BIGINT[]) AS type_oid, unnest(?::INTEGER[]) AS typmod",
        [
            [one.schema for one, _, _ in columns],
            [one.name for one, _, _ in columns],
            [place for _, place, _ in columns],
            [column.name for _, _, column in columns],
            [column.type.oid for _, _, column in columns],
            [column.type.typmod for _, _, column in columns],
        ],
    )
