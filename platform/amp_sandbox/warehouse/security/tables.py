"""The tables in which the security model keeps users, groups, owners and privileges.

They are in `amp_sys`, so they change in the transaction that changes the objects, and survive what the objects survive.
Objects are known by their oids there, so a renamed object keeps its owner and privileges.

Rows have no unique keys: DuckDB refuses a key while a transaction still open can see a deleted row that had it, which
would make a DROP followed by a CREATE fail. Names of users and groups are kept unique by `lock`.
"""

from typing import Any

RDSDB = 1  # the user that owns the system's objects
ADMIN = 100  # the cluster's first superuser
DATABASE_OID = 100
PUBLIC_SCHEMA_OID = 2200

# Redshift numbers users and groups apart, both from 100 on; the first superuser is 100.
_DDL = """
CREATE SEQUENCE IF NOT EXISTS amp_sys.user_ids START 101;
CREATE SEQUENCE IF NOT EXISTS amp_sys.group_ids START 100;
CREATE TABLE IF NOT EXISTS amp_sys.security_lock (n BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS amp_sys.users (
    id INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    superuser BOOLEAN NOT NULL,
    createdb BOOLEAN NOT NULL,
    syslog_access BOOLEAN NOT NULL,
    md5 VARCHAR,
    scram VARCHAR,
    sha256 VARCHAR,
    valid_until TIMESTAMPTZ,            -- NULL: for ever
    connection_limit INTEGER,           -- NULL: unlimited
    session_timeout INTEGER,            -- seconds; NULL: none of its own
    settings MAP(VARCHAR, VARCHAR) NOT NULL
);
CREATE TABLE IF NOT EXISTS amp_sys.groups (
    id INTEGER NOT NULL,
    name VARCHAR NOT NULL
);
CREATE TABLE IF NOT EXISTS amp_sys.members (
    group_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS amp_sys.credentials (
    login VARCHAR NOT NULL,             -- IAM:name or IAMA:name
    groups VARCHAR[] NOT NULL,
    md5 VARCHAR NOT NULL,
    expires TIMESTAMPTZ NOT NULL
);
CREATE TABLE IF NOT EXISTS amp_sys.owners (
    kind VARCHAR NOT NULL,              -- 'table' (views too), 'schema', 'database'
    oid BIGINT NOT NULL,
    owner INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS amp_sys.privileges (
    kind VARCHAR NOT NULL,
    oid BIGINT NOT NULL,
    column_name VARCHAR NOT NULL,       -- '': the whole object
    privilege VARCHAR NOT NULL,
    grantee_kind VARCHAR NOT NULL,      -- 'user', 'group', 'public'
    grantee INTEGER NOT NULL,           -- 0 for PUBLIC
    grantor INTEGER NOT NULL,
    grantable BOOLEAN NOT NULL
);
CREATE TABLE IF NOT EXISTS amp_sys.default_privileges (
    owner INTEGER NOT NULL,
    schema_oid BIGINT NOT NULL,         -- 0: any schema
    privilege VARCHAR NOT NULL,
    grantee_kind VARCHAR NOT NULL,
    grantee INTEGER NOT NULL,
    grantable BOOLEAN NOT NULL
);
"""


def install(db: Any, superuser: str) -> bool:
    """Make the tables where they are not there; say whether the database is a new one.

    A new one gets its first superuser (without a password), and what PUBLIC may do from the start.
    https://docs.aws.amazon.com/redshift/latest/dg/r_Privileges.html
    """
    db.execute(_DDL)
    if db.execute("SELECT 1 FROM amp_sys.users").fetchone():
        return False
    db.execute("INSERT INTO amp_sys.security_lock VALUES (0)")
    for number, name in ((RDSDB, "rdsdb"), (ADMIN, superuser)):
        db.execute(
            "INSERT INTO amp_sys.users (id, name, superuser, createdb, syslog_access, settings)"
            " VALUES (?, ?, true, true, true, MAP {})",
            [number, name],
        )
    db.execute(
        "INSERT INTO amp_sys.owners VALUES ('schema', ?, ?), ('database', ?, ?)",
        [PUBLIC_SCHEMA_OID, RDSDB, DATABASE_OID, RDSDB],
    )
    for kind, oid, privilege in (
        ("schema", PUBLIC_SCHEMA_OID, "USAGE"),
        ("schema", PUBLIC_SCHEMA_OID, "CREATE"),
        ("database", DATABASE_OID, "TEMP"),
    ):
        db.execute(
            "INSERT INTO amp_sys.privileges VALUES (?, ?, '', ?, 'public', 0, ?, false)", [kind, oid, privilege, RDSDB]
        )
    return True


def lock(db: Any) -> None:
    """Let no other transaction change users or groups before this one ends: one that tries fails with a conflict."""
    db.execute("UPDATE amp_sys.security_lock SET n = n + 1")
