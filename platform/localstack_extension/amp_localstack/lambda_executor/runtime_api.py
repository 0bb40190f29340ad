"""The Lambda Runtime API, for one runtime process, on its own port of 127.0.0.1.

The runtime client (`awslambdaric`) takes an address without a path, so a port is what tells one environment from
another. What the client reports becomes an event in the inbox given to `RuntimeApi`.

**Left out:** the extensions, telemetry and SnapStart (`/restore/…`) APIs, and response streaming: 404, or for a
streamed response 501, so that the runtime client fails at once and the invocation with it.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import logging
import queue
import re
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from amp_localstack.lambda_executor.events import Event, Failed, InitFailed, Invocation, Ready, Responded

log = logging.getLogger(__name__)

API = "/2018-06-01/runtime"
MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100  # what AWS names in Function.ResponseSizeTooLarge
_INVOCATION_PATH = re.compile(rf"{API}/invocation/([^/]+)/(response|error)")


class RuntimeApi:
    """Serves one runtime process from construction to `stop`."""

    def __init__(self, report: Callable[[Event], None]) -> None:
        self._report = report
        self._waiting: queue.SimpleQueue[tuple[Invocation, int] | None] = queue.SimpleQueue()
        self._stopped = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._acceptor = threading.Thread(target=self._accept, name=f"runtime-api-{self.address}", daemon=True)
        self._acceptor.start()

    def send(self, invocation: Invocation, deadline_ms: int) -> None:
        """Hand the runtime its next invocation; `deadline_ms` is in milliseconds since the epoch."""
        self._waiting.put((invocation, deadline_ms))

    def stop(self) -> None:
        """Close the port, and release a request that waits for an invocation."""
        self._stopped = True
        self._waiting.put(None)
        # Closing a socket does not wake the thread that waits in accept(), a connection does, on every system.
        try:
            socket.create_connection(self._listener.getsockname(), timeout=1).close()
        except OSError:
            log.debug("runtime API %s: already closed", self.address)
        self._acceptor.join(timeout=1)  # the port is closed by it

    def _accept(self) -> None:
        with self._listener:
            while True:
                connection, _ = self._listener.accept()
                if self._stopped:
                    connection.close()
                    return
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            try:
                _Requests(connection, self)
            except OSError as error:  # the process was killed while it talked to us
                log.debug("runtime API %s: %s", self.address, error)


class _Requests(BaseHTTPRequestHandler):
    """The requests of one connection, in the handler protocol of `http.server`."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for headers and body
    api: RuntimeApi

    def __init__(self, connection: socket.socket, api: RuntimeApi) -> None:
        self.api = api
        super().__init__(connection, connection.getpeername(), None)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if self.path != f"{API}/invocation/next":
            return self._answer(HTTPStatus.NOT_FOUND)
        self.api._report(Ready())
        waiting = self.api._waiting.get()
        if waiting is None:
            self.close_connection = True
            return None
        invocation, deadline_ms = waiting
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_id,
            "Lambda-Runtime-Client-Context": invocation.client_context,
        }
        return self._answer(HTTPStatus.OK, invocation.payload, {k: v for k, v in headers.items() if v})

    def do_POST(self) -> None:
        body = self._body()
        error_type = self.headers.get("Lambda-Runtime-Function-Error-Type", "Unhandled")
        if self.path == f"{API}/init/error":
            self.api._report(InitFailed(body, error_type))
            return self._answer(HTTPStatus.ACCEPTED)
        if not (found := _INVOCATION_PATH.fullmatch(self.path)):
            return self._answer(HTTPStatus.NOT_FOUND)
        if self.headers.get("Lambda-Runtime-Function-Response-Mode"):
            return self._answer(HTTPStatus.NOT_IMPLEMENTED)
        request_id, kind = found.groups()
        if kind == "error":
            self.api._report(Failed(request_id, body, error_type))
        elif len(body) > MAX_RESPONSE_BYTES:
            self.api._report(Failed(request_id, _too_large(), "Function.ResponseSizeTooLarge"))
            return self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self.api._report(Responded(request_id, body))
        return self._answer(HTTPStatus.ACCEPTED)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _answer(
        self, status: HTTPStatus, body: bytes = b'{"status":"OK"}\n', headers: dict[str, str] | None = None
    ) -> None:
        self.send_response_only(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the default writes every request to standard error."""


def deadline_after(seconds: float) -> int:
    """A moment from now in the unit of the Lambda-Runtime-Deadline-Ms header."""
    return int((time.time() + seconds) * 1000)


def _too_large() -> bytes:
    message = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
    return json.dumps({"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}).encode()
