"""An HTTP proxy in front of an S3 server that breaks things on purpose, and notes every request."""

import http.client
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        """The S3 operation, as far as the tests tell them apart."""
        query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        if self.method == "PUT":
            copies = "x-amz-copy-source" in self.headers
            if "partNumber" in query:
                return "UploadPartCopy" if copies else "UploadPart"
            return "CopyObject" if copies else "PutObject"
        if self.method == "POST":
            return {"uploads": "CreateUpload", "uploadId": "CompleteUpload", "delete": "DeleteObjects"}[
                next(name for name in ("uploads", "uploadId", "delete") if name in query)
            ]
        if self.method == "GET":
            return "List" if "list-type" in query else "GetObject"
        return {"HEAD": "HeadObject", "DELETE": "AbortUpload" if "uploadId" in query else "DeleteObject"}[self.method]


@dataclass
class Fault:
    """What to do to requests of one operation, the first `times` of them."""

    operation: str
    times: int = 1
    status: int | None = None  # answer this instead, with `body`
    body: str = ""
    forward: bool = True  # whether the server hears of the request that gets `status` or a reset
    reset: bool = False  # no answer: the connection is reset
    cut_after: int | None = None  # send so many bytes of the body, then reset
    end_after: int | None = None  # send so many bytes of the body, then close as if that were all
    slow: float = 0  # seconds before the answer
    drop_request_header: str = ""  # the server does not hear of this header
    before: Callable[[], None] | None = None  # called before the request is passed on


def error_xml(code: str, text: str = "as the test wants it") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{text}</Message></Error>'


@dataclass
class Proxy:
    """The running proxy; `faults` and `seen` may be changed and read at any time."""

    upstream: int
    faults: list[Fault] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    most_at_once: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    _now: dict[str, int] = field(default_factory=dict)
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def clear(self) -> None:
        with self.lock:
            self.faults.clear()
            self.seen.clear()
            self.most_at_once.clear()

    def operations(self) -> list[str]:
        return [seen.operation for seen in self.seen]

    def enter(self, seen: Seen) -> Fault | None:
        with self.lock:
            name = seen.operation
            self.seen.append(seen)
            self._now[name] = self._now.get(name, 0) + 1
            self.most_at_once[name] = max(self.most_at_once.get(name, 0), self._now[name])
            for fault in self.faults:
                if fault.operation == name and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    def leave(self, seen: Seen) -> None:
        with self.lock:
            self._now[seen.operation] -= 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every answer waits 40 ms for an acknowledgement
    owner: Proxy

    def log_message(self, *args: object) -> None:
        pass

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen = Seen(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        fault = self.owner.enter(seen) or Fault("none")
        try:
            if fault.before:
                fault.before()
            if fault.slow:
                time.sleep(fault.slow)  # the fault itself: a slow server
            answer = self._forward(seen, fault) if fault.forward else None
            self._answer(seen, fault, answer)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            self.owner.leave(seen)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815 (the names that http.server calls)

    def _forward(self, seen: Seen, fault: Fault) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.owner.upstream)
        headers = {k: v for k, v in seen.headers.items() if k not in ("connection", fault.drop_request_header)}
        connection.request(seen.method, seen.path, seen.body or None, headers)
        response = connection.getresponse()
        answer = response.status, response.getheaders(), response.read()
        connection.close()
        return answer

    def _answer(self, seen: Seen, fault: Fault, answer: tuple[int, list[tuple[str, str]], bytes] | None) -> None:
        if fault.reset:
            return self._reset()
        status, headers, body = answer or (500, [], b"")
        if fault.status is not None:
            status, headers, body = fault.status, [("Content-Type", "application/xml")], fault.body.encode()
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding", "content-length", "date", "server"):
                self.send_header(name, value)
        length = {k.lower(): v for k, v in headers}.get("content-length")
        self.send_header("Content-Length", length if seen.method == "HEAD" and length else str(len(body)))
        self.end_headers()
        if seen.method == "HEAD":
            return None
        cut = fault.cut_after if fault.cut_after is not None else fault.end_after
        self.wfile.write(body if cut is None else body[:cut])
        self.wfile.flush()
        if fault.cut_after is not None:
            self._reset()
        elif fault.end_after is not None:
            self.close_connection = True
        return None

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
