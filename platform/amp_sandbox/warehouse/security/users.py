"""Users and groups: CREATE, ALTER and DROP USER and GROUP.

A password is turned into what is kept of it while its statement is read, and is in no error, log or result.

https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_USER.html, r_ALTER_USER.html, r_DROP_USER.html,
r_CREATE_GROUP.html, r_ALTER_GROUP.html, r_DROP_GROUP.html

**Left out:** EXTERNALID (SQLSTATE 0A000); roles and their system permissions, so only superusers manage users.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from amp_sandbox.warehouse import errors, settings
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.security import passwords
from amp_sandbox.warehouse.security.passwords import Kept
from amp_sandbox.warehouse.security.tables import ADMIN, RDSDB, lock
from amp_sandbox.warehouse.sql.tokens import Tokens

if TYPE_CHECKING:
    from amp_sandbox.warehouse.session import Session

_RESERVED = frozenset({"public", "rdsdb", "default", "current_user", "session_user"})
_TIMEOUT = range(60, 1_728_001)  # seconds
_FLAGS = {
    "CREATEDB": ("createdb", True),
    "NOCREATEDB": ("createdb", False),
    "CREATEUSER": ("superuser", True),
    "NOCREATEUSER": ("superuser", False),
}


@dataclass
class _Options:
    """What the options of a CREATE or ALTER USER set: columns of `amp_sys.users`, groups, settings, a new name."""

    columns: dict[str, object] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    settings: dict[str, str | None] = field(default_factory=dict)  # None: reset
    password: Kept | None = None
    new_name: str | None = None


def create_user(tokens: Tokens, session: "Session") -> None:
    """CREATE USER name [WITH] PASSWORD … [option …]."""
    tokens.expect("CREATE", "USER")
    name = _new_name(tokens)
    tokens.accept("WITH")
    options = _options(tokens, name, creating=True)
    _require_superuser(session, "create users")
    if options.password is None:
        raise errors.syntax_error(f'user "{name}" needs a PASSWORD, or PASSWORD DISABLE')
    lock(session.db)
    _require_free(session, "users", "user", name)
    groups = [_group_id(session, group) for group in options.groups]
    number = add(session.db, name, options.password, options.columns)
    for group in groups:
        session.db.execute("INSERT INTO amp_sys.members VALUES (?, ?)", [group, number])


def add(db: Any, name: str, password: Kept, columns: dict[str, object] | None = None) -> int:
    """Add a user whose name is free; the id it got."""
    given = {"superuser": False, "createdb": False, "syslog_access": False} | (columns or {})
    (number,) = db.execute("SELECT nextval('amp_sys.user_ids')").fetchone()
    names = ", ".join(given)
    marks = ", ".join("?" * len(given))
    db.execute(
        f"INSERT INTO amp_sys.users (id, name, md5, scram, sha256, settings, {names})"  # noqa: S608 (own names)
        f" VALUES (?, ?, ?, ?, ?, MAP {{}}, {marks})",
        [number, name, password.md5, password.scram, password.sha256, *given.values()],
    )
    return int(number)


def set_password(db: Any, name: str, password: str) -> None:
    """Give a user a password."""
    stored = passwords.kept(name, password)
    db.execute(
        "UPDATE amp_sys.users SET md5 = ?, scram = ?, sha256 = ? WHERE name = ?",
        [stored.md5, stored.scram, stored.sha256, name],
    )


def alter_user(tokens: Tokens, session: "Session") -> None:
    """ALTER USER name [WITH] option …; a user may change its own password and settings."""
    tokens.expect("ALTER", "USER")
    name = tokens.identifier()
    tokens.accept("WITH")
    options = _options(tokens, name, creating=False)
    own = name == session.user and not options.columns and options.new_name is None
    if not own and not session.grants().superuser:
        raise SqlError("42501", "permission denied")
    lock(session.db)
    number = _user_id(session, name)
    if number == RDSDB:
        raise SqlError("42501", "permission denied")
    _change_user(session, number, options)


def _change_user(session: "Session", number: int, options: _Options) -> None:
    columns = dict(options.columns)
    if options.password is not None:
        columns |= {"md5": options.password.md5, "scram": options.password.scram, "sha256": options.password.sha256}
    if options.new_name is not None:
        _require_free(session, "users", "user", options.new_name)
        # The MD5 form has the name in it. "When you rename a user, you must also change the user's password."
        columns |= {"name": options.new_name, "md5": None, "scram": None, "sha256": None}
        session.notice("password cleared because of user rename")
    for column, value in columns.items():
        session.db.execute(f"UPDATE amp_sys.users SET {column} = ? WHERE id = ?", [value, number])  # noqa: S608
    if options.settings:
        (kept,) = session.db.execute("SELECT settings FROM amp_sys.users WHERE id = ?", [number]).fetchone()
        merged = {key: value for key, value in {**kept, **options.settings}.items() if value is not None}
        session.db.execute(
            "UPDATE amp_sys.users SET settings = map(?::VARCHAR[], ?::VARCHAR[]) WHERE id = ?",
            [list(merged), list(merged.values()), number],
        )


def drop_user(tokens: Tokens, session: "Session") -> None:
    """DROP USER [IF EXISTS] name, …: none that owns an object or has a privilege on one."""
    tokens.expect("DROP", "USER")
    missing_ok = tokens.accept("IF", "EXISTS")
    names = tokens.names()
    tokens.end()
    _require_superuser(session, "drop users")
    lock(session.db)
    for name in names:
        row = session.db.execute("SELECT id FROM amp_sys.users WHERE name = ?", [name]).fetchone()
        if row is None and missing_ok:
            session.notice(f'user "{name}" does not exist, skipping')
            continue
        _drop_user(session, name, _user_id(session, name))


def _drop_user(session: "Session", name: str, number: int) -> None:
    for current, what in ((session.user, "current"), (session.session_user, "session")):
        if name == current:
            raise SqlError("55006", f"{what} user cannot be dropped")
    if number in (RDSDB, ADMIN):
        raise SqlError("55006", f"user \"{name}\" can't be dropped because it is the cluster's administrator")
    db = session.db
    if db.execute("SELECT 1 FROM amp_sys.owners WHERE owner = ?", [number]).fetchone():
        raise SqlError("55006", f'user "{name}" can\'t be dropped because the user owns some object')
    if (
        _has_privileges(session, "user", number)
        or db.execute(
            "SELECT 1 FROM amp_sys.default_privileges WHERE owner = ?"
            " UNION ALL SELECT 1 FROM amp_sys.privileges WHERE grantor = ?",
            [number, number],
        ).fetchone()
    ):
        raise SqlError("55006", f'user "{name}" can\'t be dropped because the user has a privilege on some object')
    db.execute("DELETE FROM amp_sys.members WHERE user_id = ?", [number])
    db.execute("DELETE FROM amp_sys.credentials WHERE login IN (?, ?)", [f"IAM:{name}", f"IAMA:{name}"])
    db.execute("DELETE FROM amp_sys.users WHERE id = ?", [number])


def create_group(tokens: Tokens, session: "Session") -> None:
    """CREATE GROUP name [[WITH] USER name, …]."""
    tokens.expect("CREATE", "GROUP")
    name = _new_name(tokens)
    tokens.accept("WITH")
    users = tokens.names() if tokens.accept("USER") else []
    tokens.end()
    _require_superuser(session, "create groups")
    lock(session.db)
    _require_free(session, "groups", "group", name)
    members = [_user_id(session, user) for user in users]
    (number,) = session.db.execute("SELECT nextval('amp_sys.group_ids')").fetchone()
    session.db.execute("INSERT INTO amp_sys.groups VALUES (?, ?)", [number, name])
    _join(session, number, members)


def alter_group(tokens: Tokens, session: "Session") -> None:
    """ALTER GROUP name ADD USER …, DROP USER …, or RENAME TO."""
    tokens.expect("ALTER", "GROUP")
    name = tokens.identifier()
    action = tokens.one_of("ADD", "DROP", "RENAME")
    if action == "RENAME":
        tokens.expect("TO")
        given = [_new_name(tokens)]
    elif action is not None:
        tokens.expect("USER")
        given = tokens.names()
    else:
        raise tokens.unexpected()
    tokens.end()
    _require_superuser(session, "alter groups")
    lock(session.db)
    number = _group_id(session, name)
    if action == "RENAME":
        _require_free(session, "groups", "group", given[0])
        session.db.execute("UPDATE amp_sys.groups SET name = ? WHERE id = ?", [given[0], number])
        return
    members = [_user_id(session, user) for user in given]
    if action == "ADD":
        _join(session, number, members)
        return
    for user in members:
        session.db.execute("DELETE FROM amp_sys.members WHERE group_id = ? AND user_id = ?", [number, user])


def drop_group(tokens: Tokens, session: "Session") -> None:
    """DROP GROUP name: none that has a privilege on an object. Its members stay."""
    tokens.expect("DROP", "GROUP")
    name = tokens.identifier()
    tokens.end()
    _require_superuser(session, "drop groups")
    lock(session.db)
    number = _group_id(session, name)
    if _has_privileges(session, "group", number):
        raise SqlError("55006", f'group "{name}" can\'t be dropped because the group has a privilege on some object')
    session.db.execute("DELETE FROM amp_sys.members WHERE group_id = ?", [number])
    session.db.execute("DELETE FROM amp_sys.groups WHERE id = ?", [number])


def _options(tokens: Tokens, name: str, *, creating: bool) -> _Options:
    options = _Options()
    while tokens.peek is not None:
        _option(tokens, name, options, creating=creating)
    if not creating and options == _Options():
        raise tokens.unexpected()
    return options


def _option(tokens: Tokens, name: str, options: _Options, *, creating: bool) -> None:
    if flag := tokens.one_of(*_FLAGS):
        column, value = _FLAGS[flag]
        options.columns[column] = value
    elif tokens.accept("PASSWORD"):
        options.password = passwords.DISABLED if tokens.accept("DISABLE") else passwords.kept(name, tokens.string())
    elif tokens.accept("VALID", "UNTIL"):
        options.columns["valid_until"] = _instant(tokens.string())
    elif tokens.accept("CONNECTION", "LIMIT"):
        options.columns["connection_limit"] = None if tokens.accept("UNLIMITED") else _natural(tokens.integer())
    elif tokens.accept("SESSION", "TIMEOUT"):
        options.columns["session_timeout"] = _timeout(tokens.integer())
    elif tokens.accept("SYSLOG", "ACCESS"):
        access = tokens.one_of("RESTRICTED", "UNRESTRICTED")
        if access is None:
            raise tokens.unexpected()
        options.columns["syslog_access"] = access == "UNRESTRICTED"
    elif tokens.accept("EXTERNALID"):
        raise errors.not_supported("EXTERNALID")
    elif creating:
        tokens.expect("IN", "GROUP")
        options.groups += tokens.names()
    else:
        _alter_option(tokens, options)


def _alter_option(tokens: Tokens, options: _Options) -> None:
    if tokens.accept("RENAME", "TO"):
        options.new_name = _new_name(tokens)
    elif tokens.accept("RESET", "SESSION", "TIMEOUT"):
        options.columns["session_timeout"] = None
    elif tokens.accept("RESET"):
        options.settings[settings.canonical(tokens.identifier())] = None
    elif tokens.accept("SET"):
        name = tokens.identifier()
        if not tokens.accept("TO"):
            tokens.expect("=")
        if tokens.accept("DEFAULT"):
            options.settings[settings.canonical(name)] = None
        else:
            name, value = settings.normalized(name, _setting_value(tokens))
            options.settings[name] = value
    else:
        raise tokens.unexpected()


def _setting_value(tokens: Tokens) -> str:
    values = []
    while True:
        token = tokens.take()
        if token.kind == "sign":
            raise errors.syntax_error_near(token.text)
        values.append(f'"{token.text}"' if token.kind == "quoted" else token.text)
        if not tokens.accept(","):
            return ", ".join(values)


def _instant(text: str) -> datetime | None:
    if text.lower() == "infinity":
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise SqlError("22007", f'invalid input syntax for type abstime: "{text:.60}"') from error
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _natural(number: int) -> int:
    if number < 0:
        raise errors.invalid_parameter("CONNECTION LIMIT must be 0 or more, or UNLIMITED")
    return number


def _timeout(seconds: int) -> int:
    if seconds not in _TIMEOUT:
        raise errors.invalid_parameter(f"SESSION TIMEOUT must be {_TIMEOUT.start} to {_TIMEOUT.stop - 1} seconds")
    return seconds


def _new_name(tokens: Tokens) -> str:
    name = tokens.identifier()
    if name in _RESERVED or name.startswith("pg_"):
        raise errors.reserved_name(f'name "{name}" is reserved')
    if ":" in name:
        raise errors.invalid_name(f'name "{name}" has a colon, which temporary credentials have')
    return name


def _require_superuser(session: "Session", action: str) -> None:
    if not session.grants().superuser:
        raise errors.must_be_superuser(action)


def _require_free(session: "Session", table: str, kind: str, name: str) -> None:
    if session.db.execute(f"SELECT 1 FROM amp_sys.{table} WHERE name = ?", [name]).fetchone():  # noqa: S608
        raise errors.duplicate_object(kind, name)


def _user_id(session: "Session", name: str) -> int:
    return _id(session, "users", "user", name)


def _group_id(session: "Session", name: str) -> int:
    return _id(session, "groups", "group", name)


def _id(session: "Session", table: str, kind: str, name: str) -> int:
    row = session.db.execute(f"SELECT id FROM amp_sys.{table} WHERE name = ?", [name]).fetchone()  # noqa: S608
    if row is None:
        raise errors.undefined_object(kind, name)
    return int(row[0])


def _join(session: "Session", group: int, users: Sequence[int]) -> None:
    for user in users:
        session.db.execute("DELETE FROM amp_sys.members WHERE group_id = ? AND user_id = ?", [group, user])
        session.db.execute("INSERT INTO amp_sys.members VALUES (?, ?)", [group, user])


def _has_privileges(session: "Session", kind: str, number: int) -> bool:
    found = session.db.execute(
        "SELECT 1 FROM amp_sys.privileges WHERE grantee_kind = ? AND grantee = ?"
        " UNION ALL SELECT 1 FROM amp_sys.default_privileges WHERE grantee_kind = ? AND grantee = ?",
        [kind, number, kind, number],
    ).fetchone()
    return found is not None
