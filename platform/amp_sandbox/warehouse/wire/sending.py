"""What is sent to a client: gathered while it is little, and never for longer than the client may take to read it."""

import time

from pygwire import messages

from amp_sandbox.warehouse.wire.framing import Gone, Reader, TooSlow

GOODBYE_SECONDS = 1.0
FLUSH_BYTES = 64 * 1024


class Sender:
    """Sends to the socket that the reader reads from; `leaving` makes it short with clients that do not read."""

    def __init__(self, reader: Reader, seconds: float) -> None:
        self._reader, self._seconds = reader, seconds
        self._out = bytearray()
        self.leaving = False

    def send(self, message: messages.PGMessage) -> None:
        """Send a message, with the next `flush` at the latest."""
        self._out += message.to_wire()

    def send_now(self, message: messages.PGMessage) -> None:
        """Send a message at once."""
        self.send(message)
        self.flush()

    def send_bytes(self, data: bytes | memoryview) -> None:
        """Send what is written as messages already."""
        if len(data) < FLUSH_BYTES:
            self._out += data
            if len(self._out) >= FLUSH_BYTES:
                self.flush()
            return
        self.flush()
        self._send_all(data)

    def flush(self) -> None:
        """Send what was gathered. Raises Gone, and TooSlow when the client does not read."""
        if self._out:
            out, self._out = self._out, bytearray()
            self._send_all(out)

    def _send_all(self, data: bytes | bytearray | memoryview) -> None:
        sock, deadline = self._reader.sock, self._reader.deadline
        left = self._seconds if deadline is None else max(0.01, deadline - time.monotonic())
        sock.settimeout(min(left, GOODBYE_SECONDS) if self.leaving else left)
        try:
            sock.sendall(data)
        except TimeoutError:
            raise TooSlow from None
        except OSError as error:
            raise Gone from error
        sock.settimeout(None)
