"""A catalogue service that answers what a test tells it to, or nothing at all, or is down."""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from support.ports import free_ports


class FakeCatalogue:
    """Starts down; `up` and `down` switch it. A show that it was told nothing of is a 404."""

    def __init__(self) -> None:
        [self._port] = free_ports(1)
        self.url = f"http://127.0.0.1:{self._port}"
        self._answers: dict[str, tuple[int, bytes]] = {}
        self._hanging: set[str] = set()
        self._released = threading.Event()
        self._running: tuple[ThreadingHTTPServer, threading.Thread] | None = None

    def has(self, show: Mapping[str, Any]) -> None:
        """Answer this show from now on."""
        self.answers(show["show_id"], 200, json.dumps(show).encode())

    def answers(self, show_id: str, status: int, body: bytes = b"{}") -> None:
        """Answer a status and a body, whenever asked for that show."""
        self._answers[show_id] = (status, body)

    def hangs(self, show_id: str) -> None:
        """Accept requests for that show, and never answer."""
        self._hanging.add(show_id)

    def up(self) -> None:
        """Listen."""
        server = ThreadingHTTPServer(("127.0.0.1", self._port), self._handler())
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self._running = server, thread

    def down(self) -> None:
        """Refuse connections, as nobody listens."""
        if self._running:
            server, thread = self._running
            server.shutdown()
            thread.join()
            server.socket.close()
            self._running = None

    def close(self) -> None:
        """End, also what hangs."""
        self._released.set()
        self.down()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        catalogue = self

        class Handler(BaseHTTPRequestHandler):  # HTTP/1.0: no connection outlives `down`
            def do_GET(self) -> None:
                show_id = self.path.removeprefix("/v1/shows/")
                if show_id in catalogue._hanging:
                    catalogue._released.wait(60)
                    return
                status, body = catalogue._answers.get(show_id, (404, b"{}"))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
