"""The listener, on 127.0.0.1 unless told otherwise, and the connections that came from it.

Each connection has a thread of its own. An idle one costs a thread that sleeps in the kernel and a session (some 0.4
MB); a statement goes from the socket to DuckDB and back without changing threads, which is what a point query's time is
made of, and a client that does not read stops its own thread alone. The number of connections is bounded: one more is
told `too many connections` (53300), and a limited number of those at a time.

**Left out:** Unix sockets.
"""

import hmac
import logging
import socket
import ssl
import threading
from dataclasses import dataclass

from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.wire.authentication import Logins
from amp_sandbox.warehouse.wire.connection import Connect, Connection, Door

log = logging.getLogger(__name__)

# https://docs.aws.amazon.com/redshift/latest/mgmt/amazon-redshift-limits.html
MOST_CONNECTIONS = 500
_MOST_REFUSED = 50
_BACKLOG = 256


@dataclass(frozen=True)
class Limits:
    """How many connections there may be, and how long a client may take to log on and to read what it asked for."""

    connections: int = MOST_CONNECTIONS
    startup_seconds: float = 30.0
    send_seconds: float = 300.0


class WireServer:
    """Listens between `start` and `stop`; both are called once."""

    name = "warehouse wire"

    def __init__(
        self,
        port: int,
        *,
        address: str = "127.0.0.1",
        logins: Logins,
        connect: Connect,
        tls: ssl.SSLContext | None,
        limits: Limits = Limits(),
    ) -> None:
        self.last_error: str | None = None
        self._asked_port, self._address, self._limits = port, address, limits
        self._door = Door(tls, logins, connect, self._cancel, limits.startup_seconds, limits.send_seconds)
        self._lock = threading.Lock()
        self._connections: dict[Connection, threading.Thread] = {}
        self._by_pid: dict[int, Connection] = {}
        self._refused = 0
        self._listener: socket.socket | None = None
        self._thread = threading.Thread(target=self._accept, name=self.name, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens; the system's choice when it was asked for port 0."""
        assert self._listener is not None
        return int(self._listener.getsockname()[1])

    @property
    def connections(self) -> int:
        """How many clients there are now."""
        return len(self._connections)

    def start(self) -> None:
        """Listen."""
        self._listener = socket.create_server((self._address, self._asked_port), backlog=_BACKLOG)
        self._thread.start()

    def stop(self, timeout: float = 10) -> None:
        """Take no more clients, cancel what runs, and end the connections."""
        if self._listener is None:
            return
        listener, self._listener = self._listener, None
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        self._thread.join(timeout)
        with self._lock:
            left = dict(self._connections)
        for connection in left:
            connection.stop()
        for thread in left.values():
            thread.join(timeout)
            if thread.is_alive():
                raise RuntimeError(f"{thread.name} still running after {timeout}s")

    def is_alive(self) -> bool:
        """Whether it listens."""
        return self._thread.is_alive()

    def _accept(self) -> None:
        while (listener := self._listener) is not None:
            try:
                sock, _ = listener.accept()
            except OSError as error:
                if self._listener is None:
                    return
                self.last_error = f"{type(error).__name__}: {error}"
                log.warning("a connection was not accepted: %s", error)
                threading.Event().wait(0.1)  # out of descriptors: until a client leaves
                continue
            self.last_error = None
            self._begin(sock)

    def _begin(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        refusal = None
        with self._lock:
            if len(self._connections) >= self._limits.connections:
                if self._refused >= _MOST_REFUSED:
                    sock.close()
                    return
                self._refused += 1
                most = self._limits.connections
                refusal = SqlError("53300", f"too many connections: the warehouse has {most}")
            connection = Connection(sock, self._door, refusal)
            thread = threading.Thread(target=self._serve, args=(connection, refusal), name="wire", daemon=True)
            if refusal is None:
                self._connections[connection] = thread
        thread.start()

    def _serve(self, connection: Connection, refusal: SqlError | None) -> None:
        try:
            connection.serve(self._opened)
        finally:
            with self._lock:
                if refusal is not None:
                    self._refused -= 1
                self._connections.pop(connection, None)
                if connection.session is not None:
                    self._by_pid.pop(connection.session.pid, None)

    def _opened(self, connection: Connection) -> None:
        assert connection.session is not None
        with self._lock:
            self._by_pid[connection.session.pid] = connection

    def _cancel(self, pid: int, secret: bytes) -> None:
        with self._lock:
            connection = self._by_pid.get(pid)
        if connection is not None and connection.session and hmac.compare_digest(connection.secret, secret):
            connection.session.cancel()
