"""Passwords: Redshift's rules for them, what is kept of them, and whether a login's answer proves one.

A password in clear is checked, turned into an MD5 and a SCRAM-SHA-256 verifier at once, and forgotten. A user made with
an MD5 or SHA-256 hash, as CREATE USER takes them, keeps that hash.

https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_USER.html

**Left out:** logging in with SCRAM or MD5 as a user whose password was given as `sha256|digest|salt`, and with SCRAM as
one whose password was given as MD5: the verifier cannot be derived from that hash. Such a user logs in in the way that
is left (`matches` for SHA-256: the password itself, which a client should only send inside TLS).
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from amp_sandbox.warehouse.errors import invalid_parameter
from amp_sandbox.warehouse.wire.scram import Verifier

_MD5_HASH = re.compile(r"md5[0-9a-f]{32}")
_SHA256_HASH = re.compile(r"sha256\|[0-9a-f]{64}\|(?:[0-9a-f]{2}){1,64}")
_SHA256 = "sha256|"
_CLEAR = re.compile(r"[!-~]{8,64}")
_FORBIDDEN = re.compile(r"['\"\\/@]")
_RULES = (
    (re.compile(r"[A-Z]"), "at least one uppercase letter"),
    (re.compile(r"[a-z]"), "at least one lowercase letter"),
    (re.compile(r"[0-9]"), "at least one number"),
)


@dataclass(frozen=True, repr=False)
class Kept:
    """What is kept of a password; nothing of a disabled one. Never shown, so that it lands in no log."""

    md5: str | None = None
    scram: str | None = None
    sha256: str | None = None


DISABLED = Kept()


def kept(user: str, password: str) -> Kept:
    """What is kept of a user's password, given as CREATE USER takes it: in clear, as MD5, or as SHA-256."""
    if _MD5_HASH.fullmatch(password):
        return Kept(md5=password)
    if _SHA256_HASH.fullmatch(password):
        return Kept(sha256=password)
    if password.startswith(_SHA256):
        clear = password.removeprefix(_SHA256)
        _require_rules(clear)
        return Kept(sha256=_sha256(clear, secrets.token_hex(16)))
    _require_rules(password)
    return Kept(md5=md5_of(user, password), scram=str(Verifier.of(password)))


def generated() -> str:
    """A password that keeps the rules, for temporary credentials."""
    return f"A{secrets.token_urlsafe(32)}9z"


def md5_of(user: str, password: str) -> str:
    """PostgreSQL's form of a password: `md5` and the digest of the password with the user's name after it."""
    return "md5" + hashlib.md5((password + user).encode(), usedforsecurity=False).hexdigest()


def proves_md5(stored: str, salt: bytes, response: str) -> bool:
    """Whether a client's response to a salt proves that it knows the password.

    https://www.postgresql.org/docs/15/protocol-flow.html
    """
    digest = hashlib.md5(stored.removeprefix("md5").encode() + salt, usedforsecurity=False).hexdigest()
    return hmac.compare_digest(f"md5{digest}".encode(), response.encode())


def matches(stored: Kept, user: str, password: str) -> bool:
    """Whether a password sent in clear is the user's."""
    if stored.sha256:
        return hmac.compare_digest(_sha256(password, stored.sha256.rsplit("|", 1)[1]), stored.sha256)
    return stored.md5 is not None and hmac.compare_digest(md5_of(user, password), stored.md5)


def _require_rules(password: str) -> None:
    if not _CLEAR.fullmatch(password) or _FORBIDDEN.search(password):
        raise invalid_parameter(
            "password must have 8 to 64 printable ASCII characters, and none of ' \" \\ / @ or space in it"
        )
    for rule, text in _RULES:
        if not rule.search(password):
            raise invalid_parameter(f"password must contain {text}")


def _sha256(password: str, salt: str) -> str:
    return f"sha256|{hashlib.sha256(password.encode() + bytes.fromhex(salt)).hexdigest()}|{salt}"
