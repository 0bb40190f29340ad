"""One client's connection, from its first byte to its last.

Messages are answered one after the other by the connection's own thread; what is computed is sent before more is, so a
slow client slows down its own statement and holds no more than a few megabytes. What goes wrong in a statement is
answered and the connection goes on; what is no protocol ends it, and no other connection.

**Left out:**

* the implicit transaction of several Execute messages before one Sync: each statement commits by itself, unless the
  client has begun a transaction;
* COPY FROM STDIN and TO STDOUT, which Redshift does not have, and function calls (SQLSTATE 0A000);
* values that the server pushes (LISTEN), which Redshift does not have.

https://www.postgresql.org/docs/current/protocol-flow.html
"""

import logging
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pygwire import messages
from pygwire.constants import TransactionStatus

from amp_sandbox.warehouse import errors
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.security.login import Login
from amp_sandbox.warehouse.session import Prepared, Session
from amp_sandbox.warehouse.types import Result
from amp_sandbox.warehouse.wire import framing, startup, status, values
from amp_sandbox.warehouse.wire.authentication import Logins, authenticate
from amp_sandbox.warehouse.wire.framing import Gone, ProtocolError, Reader, TooSlow
from amp_sandbox.warehouse.wire.portals import Portal, column_formats
from amp_sandbox.warehouse.wire.rows import RowWriter, slices
from amp_sandbox.warehouse.wire.sending import FLUSH_BYTES, GOODBYE_SECONDS, Sender

log = logging.getLogger(__name__)

_MOST_UNREAD = 64  # reads of what a client still sends to a connection that ends
_MOST_NAMED = 10_000  # prepared statements or portals of one connection


Connect = Callable[[Login, str, dict[str, str]], Session]


@dataclass(frozen=True)
class Door:
    """What a connection needs of the server: who may come in, and how.

    `connect` opens the session of a login that has been proven, in a database, with settings; `cancel` passes on a
    cancel request by process id and secret.
    """

    tls: ssl.SSLContext | None
    logins: Logins
    connect: Connect
    cancel: Callable[[int, bytes], None]
    startup_seconds: float = 30.0
    send_seconds: float = 300.0


class Connection:
    """A client; `serve` answers it until it leaves."""

    def __init__(self, sock: socket.socket, door: Door, refusal: SqlError | None = None) -> None:
        self._socket = sock
        self._door = door
        self._refusal = refusal  # the answer to whoever comes when there is no room
        self._reader = Reader(sock)
        self._sender = Sender(self._reader, door.send_seconds)
        self._skipping = False  # after an error of the extended protocol, until Sync
        self._statements: dict[str, Prepared] = {}
        self._portals: dict[str, Portal] = {}
        self._reported: Mapping[str, str] = {}
        self._idle_seconds: int | None = None  # the user's SESSION TIMEOUT
        self.session: Session | None = None
        self.secret = secrets.token_bytes(4)
        self.stopping = False

    # --- from the first byte to the last ---------------------------------------------------------

    def serve(self, opened: "Callable[[Connection], None]") -> None:
        """Answer the client until it leaves; `opened` is called once it has a session. Raises nothing."""
        try:
            if self._open(opened):
                self._serve_messages()
        except (Gone, TooSlow, OSError) as error:
            log.debug("a client is gone: %r", error)
        except ProtocolError as error:
            self._farewell(SqlError("08P01", str(error)))
        except SqlError as error:
            self._farewell(error)
        except Exception:
            log.exception("a connection failed")
            self._farewell(errors.internal_error())
        finally:
            self._close()

    def stop(self) -> None:
        """End the connection from another thread: what runs is cancelled, and the client told."""
        self.stopping = self._sender.leaving = True
        if self.session is not None:
            self.session.cancel()
        with suppress(OSError):
            # The thread that waits for the client goes on, and says goodbye. Not SSLSocket's own: it would end the TLS.
            socket.socket.shutdown(self._socket, socket.SHUT_RD)

    def _open(self, opened: "Callable[[Connection], None]") -> bool:
        self._reader.deadline = time.monotonic() + self._door.startup_seconds
        client = self._client()
        if client is None:
            return False
        if self._refusal is not None:
            raise self._refusal
        negotiation = startup.negotiation(client)
        if negotiation is not None:
            self._sender.send_now(negotiation)
        login = authenticate(
            client.user,
            self._door.logins,
            self._reader,
            self._sender.send_now,
            encrypted=isinstance(self._socket, ssl.SSLSocket),
            prefers_md5=client.is_redshift_driver,
        )
        self._idle_seconds = login.session_timeout
        session = self._door.connect(login, client.database, dict(client.settings))
        self.session = session
        opened(self)
        self._sender.send(messages.AuthenticationOk())
        self._report(status.at_start(session))
        self._sender.send(messages.BackendKeyData(process_id=session.pid, secret_key=self.secret))
        self._reader.deadline = None
        self._ready()
        return True

    def _client(self) -> startup.Client | None:
        """The client's start-up message, inside TLS if it asks for that; None for a cancel request."""
        while True:
            message = self._reader.startup()
            if message.code == framing.SSL_REQUEST:
                self._encrypt()
            elif message.code == framing.GSS_REQUEST:
                self._socket.sendall(b"N")
            elif message.code == framing.CANCEL_REQUEST:
                if len(message.body) < 8:
                    raise ProtocolError("invalid length of a cancel request")
                self._door.cancel(int.from_bytes(message.body[:4]), message.body[4:])
                return None
            else:
                return startup.read_client(message.code, message.body)

    def _encrypt(self) -> None:
        if self._door.tls is None or isinstance(self._socket, ssl.SSLSocket):
            self._socket.sendall(b"N")
            return
        if self._reader.has_more:  # what comes before the handshake could be another's (CVE-2021-23222)
            raise ProtocolError("received unencrypted data after SSL request")
        self._socket.settimeout(self._door.startup_seconds)
        self._socket.sendall(b"S")
        self._socket = self._reader.sock = self._door.tls.wrap_socket(self._socket, server_side=True)

    def _farewell(self, error: SqlError) -> None:
        if self.stopping:
            error = SqlError("57P01", "terminating connection due to administrator command")
        self._sender.send(status.error(error, severity="FATAL"))
        try:
            self._sender.flush()
        except (Gone, TooSlow, OSError):
            log.debug("a client left without its last message")

    def _close(self) -> None:
        if self.session is not None:
            try:
                self.session.close()
            except Exception:
                log.exception("a session did not close")
        with suppress(OSError):
            self._linger()
        self._socket.close()

    def _linger(self) -> None:
        """Let the client read what was sent: a socket that is closed with something unread takes it back."""
        self._socket.settimeout(0)
        if isinstance(self._socket, ssl.SSLSocket):
            with suppress(OSError):  # which is what the client has not answered yet
                self._socket.unwrap()
        socket.socket.shutdown(self._socket, socket.SHUT_WR)
        deadline = time.monotonic() + GOODBYE_SECONDS
        for _ in range(_MOST_UNREAD):
            self._socket.settimeout(max(0.01, deadline - time.monotonic()))
            if not socket.socket.recv(self._socket, FLUSH_BYTES):
                return

    # --- messages --------------------------------------------------------------------------------

    def _serve_messages(self) -> None:
        while True:
            if self._idle_seconds is not None:
                self._reader.deadline = time.monotonic() + self._idle_seconds
            try:
                message = self._reader.message()
            except TooSlow:
                self._reader.deadline = None
                raise SqlError("57P05", "terminating connection due to the user's session timeout") from None
            except Gone:
                if self.stopping:
                    self._farewell(errors.internal_error())
                return
            if isinstance(message, messages.Terminate):
                return
            self._reader.deadline = None
            self._answer(message)

    def _answer(self, message: messages.PGMessage) -> None:
        if isinstance(message, messages.Sync):
            self._skipping = False
            self._end_portals()
            self._ready()
        elif isinstance(message, messages.Flush):
            self._sender.flush()
        elif isinstance(message, messages.Query):
            self._guarded(lambda: self._query(message.query_string))
            self._end_portals()
            self._ready()
        elif isinstance(message, messages.FunctionCall):
            self._guarded(self._function_call)
            self._ready()
        elif not self._skipping:
            handler = _EXTENDED.get(type(message))  # what is not there belongs to a COPY, and there is none
            if handler is not None and not self._guarded(lambda: handler(self, message)):
                self._skipping = True

    def _guarded(self, work: Callable[[], None]) -> bool:
        """Do it; a statement that fails is answered. False when it failed."""
        try:
            work()
        except SqlError as error:
            self._notices()
            self._sender.send(status.error(error))
        except (Gone, TooSlow, ProtocolError, OSError):
            raise
        except Exception:
            log.exception("a statement failed")
            self._sender.send(status.error(errors.internal_error()))
        else:
            return True
        return False

    def _query(self, text: str) -> None:
        session = self._open_session
        for portal in self._portals.values():
            portal.keep()
        answered = False

        def each(result: Result) -> None:
            nonlocal answered
            answered = True
            self._notices()
            self._whole(result)

        session.run_script(text, each)
        self._notices()
        if not answered:
            self._sender.send(messages.EmptyQueryResponse())

    def _whole(self, result: Result) -> None:
        """A result of the simple protocol: its columns, all rows in text, and its tag."""
        if result.columns is not None:
            formats = [0] * len(result.columns)
            self._sender.send(status.description(result.columns, formats))
            writer = RowWriter(result.columns, formats)
            for chunk in result:
                for part in slices(chunk):
                    self._sender.send_bytes(writer.write(part))
        self._notices()
        self._sender.send(messages.CommandComplete(tag=result.command_tag))

    @staticmethod
    def _function_call() -> None:
        raise errors.not_supported("the function call protocol")

    def _parse(self, message: messages.Parse) -> None:
        if message.statement and message.statement in self._statements:
            raise SqlError("42P05", f'prepared statement "{message.statement:.64}" already exists')
        self._require_room(self._statements)
        if not message.statement:
            self._statements.pop("", None)
        for portal in self._portals.values():
            portal.keep()
        self._statements[message.statement] = self._open_session.prepare(message.query, message.param_types)
        self._sender.send(messages.ParseComplete())

    def _bind(self, message: messages.Bind) -> None:
        prepared = self._statement(message.statement)
        if message.portal and message.portal in self._portals:
            raise SqlError("42P03", f'cursor "{message.portal:.64}" already exists')
        self._require_room(self._portals)
        given, wanted = len(message.param_values), len(prepared.parameters)
        if given != wanted:
            name = message.statement
            raise SqlError(
                "08P01",
                f'bind message supplies {given} parameters, but prepared statement "{name:.64}" requires {wanted}',
            )
        formats = column_formats(message.param_formats, given)
        parameters = [
            values.parameter(data, kind.oid, code)
            for data, kind, code in zip(message.param_values, prepared.parameters, formats, strict=True)
        ]
        column_formats(message.result_formats, len(prepared.columns or ()))
        self._close_portal(message.portal)
        self._portals[message.portal] = Portal(prepared, parameters, message.result_formats)
        self._sender.send(messages.BindComplete())

    def _describe(self, message: messages.Describe) -> None:
        if message.kind == "S":
            prepared = self._statement(message.name)
            self._sender.send(messages.ParameterDescription(type_oids=[kind.oid for kind in prepared.parameters]))
            formats = [0] * len(prepared.columns or ())
        elif message.kind == "P":
            portal = self._portal(message.name)
            prepared = portal.prepared
            formats = portal.formats(prepared.columns or ())
        else:
            raise ProtocolError(f"invalid DESCRIBE message subtype {ord(message.kind)}")
        described = None if prepared.columns is None else status.description(prepared.columns, formats)
        self._sender.send(described or messages.NoData())

    def _execute(self, message: messages.Execute) -> None:
        portal = self._portal(message.portal)
        if portal.prepared.empty:
            self._sender.send(messages.EmptyQueryResponse())
            return
        if not portal.is_open:
            for other in self._portals.values():
                other.keep()
        again = portal.finished
        result = portal.run(self._open_session)
        if result.columns is None:
            if again:
                raise SqlError("55000", f'portal "{message.portal:.64}" cannot be run')
            portal.finished = True
            self._notices()
            self._sender.send(messages.CommandComplete(tag=result.command_tag))
            return
        count = 0
        if not again:
            for number, data in portal.rows(min(message.max_rows, 2**31 - 1)):
                count += number
                self._sender.send_bytes(data)
        self._notices()
        if portal.finished:
            tag = f"SELECT {count}" if result.command == "SELECT" or again else result.command_tag
            self._sender.send(messages.CommandComplete(tag=tag))
        else:
            self._sender.send(messages.PortalSuspended())

    def _close_named(self, message: messages.Close) -> None:
        if message.kind == "S":
            self._statements.pop(message.name, None)
        elif message.kind == "P":
            self._close_portal(message.name)
        else:
            raise ProtocolError(f"invalid CLOSE message subtype {ord(message.kind)}")
        self._sender.send(messages.CloseComplete())

    # --- what is kept ----------------------------------------------------------------------------

    @property
    def _open_session(self) -> Session:
        assert self.session is not None
        return self.session

    def _statement(self, name: str) -> Prepared:
        prepared = self._statements.get(name)
        if prepared is None:
            if not name:
                raise SqlError("26000", "unnamed prepared statement does not exist")
            raise errors.undefined_statement(name[:64])
        return prepared

    def _portal(self, name: str) -> Portal:
        portal = self._portals.get(name)
        if portal is None:
            raise SqlError("34000", f'portal "{name:.64}" does not exist')
        return portal

    @staticmethod
    def _require_room(named: Mapping[str, object]) -> None:
        if len(named) >= _MOST_NAMED:
            raise SqlError("53400", f"a connection has at most {_MOST_NAMED} prepared statements and portals")

    def _close_portal(self, name: str) -> None:
        portal = self._portals.pop(name, None)
        if portal is not None:
            portal.close()

    def _end_portals(self) -> None:
        """Portals live as long as their transaction."""
        if self._portals and self._open_session.transaction_status != "T":
            for name in list(self._portals):
                self._close_portal(name)

    # --- sending ---------------------------------------------------------------------------------

    def _ready(self) -> None:
        self._notices()
        self._report(status.reported(self._open_session))
        self._sender.send(messages.ReadyForQuery(status=TransactionStatus(self._open_session.transaction_status)))
        self._sender.flush()

    def _report(self, now: Mapping[str, str]) -> None:
        for name, value in now.items():
            if self._reported.get(name) != value:
                self._sender.send(messages.ParameterStatus(name=name, value=value))
        self._reported = {**self._reported, **now}

    def _notices(self) -> None:
        if self.session is not None and self.session.notices:
            for notice in self.session.notices:
                self._sender.send(status.notice(notice))
            self.session.notices.clear()


_EXTENDED: dict[type[messages.PGMessage], Callable[[Connection, Any], None]] = {
    messages.Parse: Connection._parse,
    messages.Bind: Connection._bind,
    messages.Describe: Connection._describe,
    messages.Execute: Connection._execute,
    messages.Close: Connection._close_named,
}
