"""Proof of who a client is: SCRAM-SHA-256, MD5, or inside TLS the password itself.

The client gets the strongest method that what is kept of its password allows. Redshift's own drivers are offered MD5,
as Redshift does: the SCRAM of `redshift_connector` cannot read what PostgreSQL's protocol says a server offers. A user
that does not exist goes through the same messages as one whose password is wrong.

**Left out:** Kerberos, identity providers (`idp_type`) and client certificates: refused, SQLSTATE 28000.

https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Protocol

from pygwire import messages
from pygwire.exceptions import PygwireError

from amp_sandbox.warehouse import errors
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.security.login import Login, Method
from amp_sandbox.warehouse.wire import scram
from amp_sandbox.warehouse.wire.framing import ProtocolError, Reader

Send = Callable[[messages.PGMessage], None]


class Logins(Protocol):
    """Who may log on, as `security.login` knows it. What refuses a login raises SqlError (28P01, 28000)."""

    def methods(self, login: str) -> Sequence[Method]:
        """How a login can prove itself, the best first."""

    def scram_verifier(self, login: str) -> str | None:
        """What checks a SCRAM exchange."""

    def by_scram(self, login: str) -> Login:
        """The login, whose exchange succeeded."""

    def by_md5(self, login: str, salt: bytes, response: str) -> Login:
        """The login that answered a salt."""

    def by_password(self, login: str, password: str) -> Login:
        """The login that sent its password."""


def authenticate(
    login: str, logins: Logins, reader: Reader, send: Send, *, encrypted: bool, prefers_md5: bool
) -> Login:
    """Ask for the proof and check it; `send` sends at once. Raises SqlError (28P01, 28000)."""
    methods = logins.methods(login)
    if prefers_md5 and "md5" in methods:
        return _by_md5(login, logins, reader, send)
    match methods[0]:
        case "scram":
            return _by_scram(login, logins, reader, send)
        case "md5":
            return _by_md5(login, logins, reader, send)
    if not encrypted:
        message = f'user "{login}" has a SHA-256 password, which is taken inside TLS only'
        raise SqlError("28000", message, hint="Connect with sslmode=require.")
    send(messages.AuthenticationCleartextPassword())
    return logins.by_password(login, _password(reader))


def _by_md5(login: str, logins: Logins, reader: Reader, send: Send) -> Login:
    salt = secrets.token_bytes(4)
    send(messages.AuthenticationMD5Password(salt=salt))
    return logins.by_md5(login, salt, _password(reader))


def _by_scram(login: str, logins: Logins, reader: Reader, send: Send) -> Login:
    kept = logins.scram_verifier(login)
    exchange = scram.Exchange(scram.Verifier.decoy(login) if kept is None else scram.Verifier.parse(kept))
    send(messages.AuthenticationSASL(mechanisms=[scram.MECHANISM]))
    try:
        first = messages.SASLInitialResponse.decode(memoryview(reader.password()))
        if first.mechanism != scram.MECHANISM:
            raise ProtocolError("client selected an invalid SASL authentication mechanism")
        send(messages.AuthenticationSASLContinue(data=exchange.first(first.data)))
        answer = exchange.final(reader.password())
    except (scram.ScramError, PygwireError, ValueError, IndexError) as error:
        raise ProtocolError(str(error)) from error
    if answer is None:
        raise errors.invalid_password(login)
    proven = logins.by_scram(login)
    send(messages.AuthenticationSASLFinal(data=answer))
    return proven


def _password(reader: Reader) -> str:
    body, end, rest = reader.password().partition(b"\x00")
    if not end or rest:
        raise ProtocolError("invalid password packet size")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise ProtocolError("invalid password packet: not UTF-8") from error
