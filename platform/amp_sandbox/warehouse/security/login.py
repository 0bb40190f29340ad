"""Who may log on: passwords, temporary credentials, and what a session gets from its user.

A login's name is a user's, or one that GetClusterCredentials made of it: `IAM:name`, or `IAMA:name` for a user that is
created if need be. Several credentials of one name can be valid at a time, which SCRAM cannot tell apart; those names
log on by MD5.

https://docs.aws.amazon.com/redshift/latest/APIReference/API_GetClusterCredentials.html

**Left out:** IAM roles as users (`IAMR:`), which have no password here.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from amp_sandbox.warehouse import errors
from amp_sandbox.warehouse.security import passwords, users
from amp_sandbox.warehouse.security.passwords import Kept
from amp_sandbox.warehouse.security.tables import lock

_PREFIXES = ("IAMA:", "IAM:")

Method = Literal["scram", "md5", "password"]


@dataclass(frozen=True)
class Login:
    """A user that has proved who it is, and what its session starts with."""

    user: str
    groups: tuple[str, ...]  # of temporary credentials, for this session only
    settings: Mapping[str, str]  # ALTER USER … SET
    connection_limit: int | None
    session_timeout: int | None  # seconds


@dataclass(frozen=True, repr=False)
class Credentials:
    """A temporary password."""

    login: str
    password: str
    expires: datetime


def methods(db: Any, login: str) -> tuple[Method, ...]:
    """How a login can prove itself, the best first. A name that is none is asked as any other, and fails later."""
    if login.startswith(_PREFIXES):
        return ("md5",)
    stored = _kept(db, login)
    if stored.scram is None and stored.md5 is not None:
        return ("md5",)
    return ("password",) if stored.sha256 is not None else ("scram", "md5")


def scram_verifier(db: Any, login: str) -> str | None:
    """The user's verifier in PostgreSQL's form (`wire.scram.Verifier.parse` reads it), or None."""
    return _kept(db, login).scram


def by_scram(db: Any, login: str, now: datetime) -> Login:
    """The login of a user whose SCRAM exchange succeeded with `scram_verifier`. Raises SqlError 28P01."""
    if _kept(db, login).scram is None:
        raise errors.invalid_password(login)
    return _login(db, login, now)


def by_md5(db: Any, login: str, salt: bytes, response: str, now: datetime) -> Login:
    """The login of a name that answered an MD5 salt. Raises SqlError 28P01.

    `IAMA:` names create their user here, and the caller commits.
    """
    if login.startswith(_PREFIXES):
        return _by_credentials(db, login, salt, response, now)
    stored = _kept(db, login).md5
    if not passwords.proves_md5(stored or _nobody(), salt, response) or stored is None:
        raise errors.invalid_password(login)
    return _login(db, login, now)


def by_password(db: Any, login: str, password: str, now: datetime) -> Login:
    """The login of a name that sent its password. Raises SqlError 28P01."""
    if not passwords.matches(_kept(db, login), login, password):
        raise errors.invalid_password(login)
    return _login(db, login, now)


def create_credentials(
    db: Any, user: str, *, auto_create: bool, groups: Sequence[str], seconds: int, now: datetime
) -> Credentials:
    """Make a temporary password for a user; groups join it for the sessions it logs on with. The caller commits.

    As on AWS, whether user and groups are there is only found out at logon.
    https://docs.aws.amazon.com/redshift/latest/mgmt/generating-iam-credentials-overview.html
    """
    name = user.lower()
    login = f"{'IAMA' if auto_create else 'IAM'}:{name}"
    password = passwords.generated()
    expires = now + timedelta(seconds=seconds)
    db.execute("DELETE FROM amp_sys.credentials WHERE expires <= ?", [now])
    db.execute(
        "INSERT INTO amp_sys.credentials VALUES (?, ?, ?, ?)",
        [login, [group.lower() for group in groups], passwords.md5_of(login, password), expires],
    )
    return Credentials(login, password, expires)


def user_of(login: str) -> str:
    """The user that a login's name stands for."""
    for prefix in _PREFIXES:
        if login.startswith(prefix):
            return login.removeprefix(prefix)
    return login


def _by_credentials(db: Any, login: str, salt: bytes, response: str, now: datetime) -> Login:
    rows = db.execute(
        "SELECT md5, groups FROM amp_sys.credentials WHERE login = ? AND expires > ?", [login, now]
    ).fetchall()
    for stored, groups in rows or [(_nobody(), [])]:
        if passwords.proves_md5(stored, salt, response) and rows:
            return _as_user(db, login, tuple(groups))
    raise errors.invalid_password(login)


def _as_user(db: Any, login: str, groups: tuple[str, ...]) -> Login:
    name = user_of(login)
    if _row(db, name) is None and login.startswith("IAMA:"):
        lock(db)
        users.add(db, name, passwords.DISABLED)
    known = {row[0] for row in db.execute("SELECT name FROM amp_sys.groups").fetchall()}
    for group in groups:
        if group not in known:
            raise errors.invalid_authorization(f'group "{group}" does not exist')
    return _login(db, name, None, groups)


def _login(db: Any, name: str, now: datetime | None, groups: tuple[str, ...] = ()) -> Login:
    row = _row(db, name)
    if row is None or name == "rdsdb":  # the system's own user, which nobody is
        raise errors.invalid_authorization(f'user "{name}" does not exist')
    valid_until, limit, timeout, settings = row
    # VALID UNTIL is the password's, so temporary credentials go on working.
    if now is not None and valid_until is not None and valid_until <= now:
        raise errors.invalid_password(name)
    return Login(name, groups, dict(settings), limit, timeout)


def _row(db: Any, name: str) -> tuple[datetime | None, int | None, int | None, dict[str, str]] | None:
    found: tuple[datetime | None, int | None, int | None, dict[str, str]] | None = db.execute(
        "SELECT valid_until, connection_limit, session_timeout, settings FROM amp_sys.users WHERE name = ?", [name]
    ).fetchone()
    return found


def _kept(db: Any, name: str) -> Kept:
    row = db.execute("SELECT md5, scram, sha256 FROM amp_sys.users WHERE name = ?", [name]).fetchone()
    return passwords.DISABLED if row is None else Kept(*row)


def _nobody() -> str:
    # Compared all the same, so that the time taken does not tell which users there are.
    return "md5" + secrets.token_hex(16)
