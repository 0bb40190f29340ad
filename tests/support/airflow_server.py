"""A web server with the shape of Airflow's: a login that gives tokens, and an API that wants one."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USER = ("admin", "secret")


@dataclass
class AirflowServer:
    """What the server was asked, and how it answers; `tokens` are those it takes."""

    port: int = 0
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    logins: int = 0
    tokens: set[str] = field(default_factory=set)
    refusal: int = 401
    status: int = 200
    answer: bytes = b'{"ok": true}'
    drop: bool = False

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def airflow_server(port: int = 0) -> Iterator[AirflowServer]:
    """A server that runs in the block."""
    state = AirflowServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path == "/auth/token":
                self._login(json.loads(body))
            elif self.headers.get("Authorization", "").removeprefix("Bearer ") not in state.tokens:
                self._write(state.refusal, b'{"detail": "Invalid JWT token"}')
            elif state.drop:
                self.close_connection = True
            else:
                state.asked.append((self.command, self.path, json.loads(body) if body else None))
                self._write(state.status, state.answer)

        def _login(self, given: Any) -> None:
            if (given["username"], given["password"]) != USER:
                self._write(401, b"{}")
                return
            state.logins += 1
            token = f"token-{state.logins}"
            state.tokens.add(token)
            self._write(201, json.dumps({"access_token": token}).encode())

        def _write(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _handle  # noqa: N815 - named by the base class

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
