"""SCRAM-SHA-256 on the server's side: three messages in which neither side learns the other's secret.

The library for it (scramp) does not take the empty user name that libpq sends, whose user is the one of the start-up
message.

**Left out:** channel binding (SCRAM-SHA-256-PLUS is not offered), and SASLprep: a password is used as its UTF-8.

https://www.rfc-editor.org/rfc/rfc5802 and https://www.postgresql.org/docs/current/sasl-authentication.html
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass

MECHANISM = "SCRAM-SHA-256"
ITERATIONS = 4096  # what RFC 7677 asks for at least, and PostgreSQL takes

_DECOY_KEY = secrets.token_bytes(32)


class ScramError(Exception):
    """The client's message is not SCRAM, or asks for what is not offered."""


@dataclass(frozen=True, repr=False)
class Verifier:
    """What is kept of a password: enough to check it, not enough to log in with."""

    iterations: int
    salt: bytes
    stored_key: bytes
    server_key: bytes

    @classmethod
    def of(cls, password: str, salt: bytes | None = None, iterations: int = ITERATIONS) -> "Verifier":
        """The verifier of a password."""
        salt = salt or secrets.token_bytes(16)
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
        stored_key = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
        return cls(iterations, salt, stored_key, _hmac(salted, b"Server Key"))

    @classmethod
    def decoy(cls, user: str) -> "Verifier":
        """One that no password fits, with the same salt each time: a login cannot tell which users there are."""
        return cls(ITERATIONS, _hmac(_DECOY_KEY, user.encode())[:16], secrets.token_bytes(32), secrets.token_bytes(32))

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """From PostgreSQL's form: SCRAM-SHA-256$iterations:salt$stored key:server key."""
        _, first, second = text.split("$")
        iterations, salt = first.split(":")
        stored_key, server_key = second.split(":")
        return cls(int(iterations), *(base64.b64decode(part) for part in (salt, stored_key, server_key)))

    def __str__(self) -> str:
        salt, stored_key, server_key = (_b64(part) for part in (self.salt, self.stored_key, self.server_key))
        return f"{MECHANISM}${self.iterations}:{salt}${stored_key}:{server_key}"


class Exchange:
    """One authentication, message by message: `first`, then `final`."""

    def __init__(self, verifier: Verifier, nonce: str | None = None) -> None:
        self._verifier = verifier
        self._nonce = nonce or secrets.token_urlsafe(18)
        self._header = self._client_first = self._server_first = ""

    def first(self, message: bytes) -> bytes:
        """The answer to the client's first message."""
        flag, _, rest = _text(message).partition(",")
        authorized_as, comma, bare = rest.partition(",")
        if flag not in ("n", "y") or not comma:
            raise ScramError("channel binding is not offered" if flag.startswith("p=") else "malformed SCRAM message")
        attributes = _attributes(bare)
        if authorized_as or set(attributes) != {"n", "r"} or not attributes["r"].isprintable():
            raise ScramError("malformed SCRAM message")
        self._header, self._client_first = f"{flag},,", bare
        self._nonce = attributes["r"] + self._nonce
        self._server_first = f"r={self._nonce},s={_b64(self._verifier.salt)},i={self._verifier.iterations}"
        return self._server_first.encode()

    def final(self, message: bytes) -> bytes | None:
        """The answer to the client's second message, or None: the password is another."""
        without_proof, _, proof = _text(message).rpartition(",p=")
        attributes = _attributes(without_proof)
        if attributes != {"c": _b64(self._header.encode()), "r": self._nonce}:
            raise ScramError("malformed SCRAM message")
        signed = f"{self._client_first},{self._server_first},{without_proof}".encode()
        signature = _hmac(self._verifier.stored_key, signed)
        try:
            given = base64.b64decode(proof, validate=True)
        except binascii.Error as error:
            raise ScramError("malformed SCRAM message") from error
        key = bytes(one ^ other for one, other in zip(given, signature, strict=False))
        if not hmac.compare_digest(hashlib.sha256(key).digest(), self._verifier.stored_key):
            return None
        return b"v=" + _b64(_hmac(self._verifier.server_key, signed)).encode()


def _attributes(text: str) -> dict[str, str]:
    return {part[:1]: part[2:] for part in text.split(",") if part[1:2] == "="}


def _text(message: bytes) -> str:
    try:
        return message.decode()
    except UnicodeDecodeError as error:
        raise ScramError("malformed SCRAM message") from error


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
