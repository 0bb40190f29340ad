"""CREATE SCHEMA, CREATE EXTERNAL SCHEMA and ALTER SCHEMA.

**Left out:** external schemas from other sources than the Data Catalog, ALTER SCHEMA RENAME: SQLSTATE 0A000. IAM_ROLE
is kept and shown; the warehouse has one way to the lake.

https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_SCHEMA.html
https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_EXTERNAL_SCHEMA.html
"""

import re
from typing import TYPE_CHECKING

from amp_sandbox.warehouse import errors, security
from amp_sandbox.warehouse.ddl.names import check_schema_name, new_oid, quoted
from amp_sandbox.warehouse.security.interface import Statement
from amp_sandbox.warehouse.sql.statements import Source
from amp_sandbox.warehouse.sql.tokens import Tokens, tokenize
from amp_sandbox.warehouse.types import Result

if TYPE_CHECKING:
    from amp_sandbox.warehouse.session import Session

_UNITS = {"MB": 1, "GB": 1024, "TB": 1024 * 1024}
_ROLE = re.compile(
    r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}(,arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512})*"
)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


def create_schema(session: "Session", source: Source) -> Result:
    """CREATE SCHEMA [IF NOT EXISTS] name [AUTHORIZATION user] [QUOTA …]."""
    tokens = source.tokens
    tokens.expect("CREATE", "SCHEMA")
    if_absent = tokens.accept("IF", "NOT", "EXISTS")
    name = "" if tokens.at("AUTHORIZATION") else tokens.identifier()
    owner = tokens.identifier() if tokens.accept("AUTHORIZATION") else None
    name = name or str(owner)
    quota = _quota(tokens)
    tokens.end()
    if not _make(session, name, if_absent=if_absent):
        return Result("CREATE SCHEMA")
    session.db.execute(f"CREATE SCHEMA {quoted(name)}")
    session.db.execute(
        "INSERT INTO amp_sys.schemas (oid, name, kind, quota_mb) VALUES ($1, $2, 'local', $3)",
        [new_oid(session.db), name, quota],
    )
    _made(session, name)
    if owner is not None and owner != session.user:
        text = f"ALTER SCHEMA {quoted(name)} OWNER TO {quoted(owner)}"
        security.handle(Statement("ALTER SCHEMA OWNER", Tokens(text, tokenize(text)), text), session)
    return Result("CREATE SCHEMA")


def create_external_schema(session: "Session", source: Source) -> Result:
    """CREATE EXTERNAL SCHEMA [IF NOT EXISTS] name FROM DATA CATALOG DATABASE 'glue' [REGION …] IAM_ROLE …"""
    tokens = source.tokens
    tokens.expect("CREATE", "EXTERNAL", "SCHEMA")
    if_absent = tokens.accept("IF", "NOT", "EXISTS")
    name = tokens.identifier()
    tokens.expect("FROM")
    if not tokens.accept("DATA", "CATALOG"):
        kind = tokens.take().text.upper()
        raise errors.not_supported(f"CREATE EXTERNAL SCHEMA FROM {kind[:40]}")
    tokens.expect("DATABASE")
    database = tokens.string()
    region, role, make = _options(tokens)
    if not re.fullmatch(r"[a-z0-9_-]{1,255}", database):
        raise errors.invalid_parameter(f"{database[:80]!r} is no name of a Glue database")
    if not _make(session, name, if_absent=if_absent):
        return Result("CREATE SCHEMA")
    if make:
        session.warehouse.external.create_database(database)
    session.db.execute(
        "INSERT INTO amp_sys.schemas (oid, name, kind, glue_database, iam_role, region)"
        " VALUES ($1, $2, 'external', $3, $4, $5)",
        [new_oid(session.db), name, database, role, region],
    )
    _made(session, name)
    return Result("CREATE SCHEMA")


def alter_schema(session: "Session", source: Source) -> Result:
    """ALTER SCHEMA name QUOTA …; OWNER TO is the security model's."""
    tokens = source.tokens
    tokens.expect("ALTER", "SCHEMA")
    name = tokens.identifier()
    if tokens.at("RENAME", "TO"):
        raise errors.not_supported("ALTER SCHEMA RENAME")
    if not tokens.at("QUOTA"):
        raise tokens.unexpected()
    quota = _quota(tokens)
    tokens.end()
    if name not in session.catalog().schemas:
        raise errors.undefined_schema(name)
    if not session.grants().superuser:
        raise errors.must_be_superuser("alter a schema's quota")
    session.db.execute("UPDATE amp_sys.schemas SET quota_mb = $1 WHERE name = $2", [quota, name])
    session.changed()
    return Result("ALTER SCHEMA")


def _options(tokens: Tokens) -> tuple[str | None, str | None, bool]:
    region = role = None
    make = False
    while tokens.peek is not None:
        if tokens.accept("REGION"):
            region = tokens.string()
            if not _REGION.fullmatch(region):
                raise errors.invalid_parameter(f"{region[:40]!r} is no region")
        elif tokens.accept("IAM_ROLE"):
            role = "default" if tokens.accept("DEFAULT") else tokens.string()
            if role != "default" and not _ROLE.fullmatch(role):
                raise errors.invalid_parameter(f"{role[:80]!r} is no ARN of a role")
        elif tokens.accept("CREATE", "EXTERNAL", "DATABASE", "IF", "NOT", "EXISTS"):
            make = True
        else:
            raise errors.not_supported(f"{tokens.take().text.upper()[:40]} of CREATE EXTERNAL SCHEMA")
    return region, role, make


def _quota(tokens: Tokens) -> int | None:
    """QUOTA n [MB | GB | TB] or UNLIMITED, kept and shown; in megabytes."""
    if not tokens.accept("QUOTA") or tokens.accept("UNLIMITED"):
        return None
    size = tokens.integer()
    return size * _UNITS[tokens.one_of(*_UNITS) or "GB"]


def _make(session: "Session", name: str, *, if_absent: bool) -> bool:
    check_schema_name(name)
    if name in session.catalog().schemas:
        if not if_absent:
            raise errors.duplicate_schema(name)
        session.notice(f'Schema "{name}" already exists and will be skipped')
        return False
    security.require_database_privilege(session, "CREATE")
    return True


def _made(session: "Session", name: str) -> None:
    security.object_created(session, "schema", name, name)
    session.changed()
