"""Messages from a socket, whole and within limits.

pygwire decodes a message's body; finding where a message ends is done here, because its decoder takes messages of up to
1 GB, keeps what has arrived of them, and knows two of the versions that a client may ask for. A length is judged
before a byte of the body is read, and the memory a message takes grows only with what has arrived of it.

https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-MESSAGE-CONCEPTS
"""

import socket
import struct
import time
from dataclasses import dataclass

from pygwire import messages
from pygwire.exceptions import PygwireError

# PostgreSQL's own limits for what comes before a client is known.
# https://github.com/postgres/postgres/blob/master/src/include/libpq/pqcomm.h (MAX_STARTUP_PACKET_LENGTH)
MOST_STARTUP_BYTES = 10_000
MOST_PASSWORD_BYTES = 65_535
# A statement of Redshift has at most 16 MB, and a value 64 KB; a Bind with 32,767 parameters of text stays below this.
# https://docs.aws.amazon.com/redshift/latest/dg/c_redshift-sql.html
MOST_BYTES = 64 * 1024 * 1024

SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102

_RECEIVE = 65_536
_INT32 = struct.Struct("!i")
_HEAD = struct.Struct("!ci")

_BY_IDENTIFIER: dict[bytes, type[messages.PGMessage]] = {
    kind.identifier: kind
    for kind in (
        messages.Query,
        messages.Parse,
        messages.Bind,
        messages.Describe,
        messages.Execute,
        messages.Close,
        messages.Flush,
        messages.Sync,
        messages.Terminate,
        messages.FunctionCall,
        messages.CopyData,
        messages.CopyDone,
        messages.CopyFail,
    )
}


class ProtocolError(Exception):
    """The client does not speak the protocol; its connection ends."""


class Gone(Exception):  # noqa: N818 - it is no error that a client leaves
    """The client has left."""


class TooSlow(Exception):  # noqa: N818 - as above
    """The client did not send or take what it should in time."""


@dataclass(frozen=True)
class Startup:
    """A message of the kind that comes first: `code` is the version asked for, or one of the requests."""

    code: int
    body: bytes


class Reader:
    """Reads messages from a socket; `deadline` (of `time.monotonic`) bounds how long it waits, None does not."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.deadline: float | None = None
        self._buffer = bytearray()

    @property
    def has_more(self) -> bool:
        """Whether a client has sent more than was read, so that an answer may wait for its next message."""
        return bool(self._buffer)

    def startup(self) -> Startup:
        """The next message of a connection that is not opened yet."""
        length = self._int32(self._take(4))
        if not 8 <= length <= MOST_STARTUP_BYTES:
            raise ProtocolError("invalid length of startup packet")
        body = self._take(length - 4)
        return Startup(self._int32(body[:4]), body[4:])

    def password(self) -> bytes:
        """The body of the password message that an authentication waits for."""
        identifier, body = self._message(MOST_PASSWORD_BYTES)
        if identifier != b"p":
            raise ProtocolError(f"expected password response, got message type {identifier[0]}")
        return body

    def message(self) -> messages.PGMessage:
        """The next message of an open connection."""
        identifier, body = self._message(MOST_BYTES)
        kind = _BY_IDENTIFIER.get(identifier)
        if kind is None:
            raise ProtocolError(f"invalid frontend message type {identifier[0]}")
        try:
            return kind.decode(memoryview(body))
        except (PygwireError, struct.error, ValueError, IndexError) as error:
            raise ProtocolError(f"invalid message format of {kind.__name__}: {error}") from error

    def _message(self, most: int) -> tuple[bytes, bytes]:
        identifier, length = _HEAD.unpack(self._take(5))
        if not 4 <= length <= most:
            raise ProtocolError(f"invalid message length {length}")
        return identifier, self._take(length - 4)

    @staticmethod
    def _int32(data: bytes) -> int:
        return int(_INT32.unpack(data)[0])

    def _take(self, count: int) -> bytes:
        buffer = self._buffer
        while len(buffer) < count:
            buffer += self._receive()
        taken = bytes(memoryview(buffer)[:count])
        del buffer[:count]
        return taken

    def _receive(self) -> bytes:
        if self.deadline is not None:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise TooSlow
            self.sock.settimeout(left)
        try:
            data = self.sock.recv(_RECEIVE)
        except TimeoutError:
            raise TooSlow from None
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        return data
