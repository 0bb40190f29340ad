"""A catalogue that exports what a test says, and a bucket."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

NOW = "2026-11-26T09:30:00.000Z"
KINDS = ("shows", "creators", "users")


class FakeExports:
    """Answers exports in chunks; a test says what, how often it breaks off, and sees what was asked for."""

    def __init__(self) -> None:
        self.forget()
        exports = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                exports.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a client that hangs up is what some tests are about
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def forget(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.lines = {kind: [f'{{"id":"{kind}-{n}"}}' for n in range(3)] for kind in KINDS}
        self.breaks = dict.fromkeys(KINDS, 0)
        self.status = dict.fromkeys(KINDS, 200)
        self.headers = {"Content-Type": "application/x-ndjson", "As-Of": ""}
        self.end = "\n"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        url = urlsplit(request.path)
        kind = url.path.removeprefix("/v1/exports/")
        [as_of] = parse_qs(url.query).get("as_of", [None])
        self.asked.append((kind, as_of))
        request.send_response(self.status[kind])
        for name, value in (self.headers | ({"As-Of": as_of or NOW} if "As-Of" in self.headers else {})).items():
            request.send_header(name, value)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        body = "\n".join(self.lines[kind]) + (self.end if self.lines[kind] else "")
        half = len(body) // 2
        for part in (body[:half], body[half:]):
            if part:
                request.wfile.write(f"{len(part.encode()):x}\r\n{part}\r\n".encode())
            if self.breaks[kind] > 0:
                self.breaks[kind] -= 1
                request.close_connection = True
                return
        request.wfile.write(b"0\r\n\r\n")


class FakeBucket:
    """Keeps what is put, by key; fails at the keys that a test names."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.metadata: dict[str, dict[str, str]] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: Any, ContentType: str, Metadata: dict[str, str]) -> None:  # noqa: N803
        assert (Bucket, ContentType) == ("raw", "application/x-ndjson")
        self.objects[Key] = Body.read()
        self.metadata[Key] = Metadata


@pytest.fixture(scope="session")
def server() -> Iterator[FakeExports]:
    fake = FakeExports()
    thread = threading.Thread(target=fake.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield fake
    fake.server.shutdown()
    thread.join()
    fake.server.server_close()


@pytest.fixture
def exports(server: FakeExports) -> FakeExports:
    server.forget()
    return server


@pytest.fixture(scope="session")
def export(load_function: Callable[..., SimpleNamespace], server: FakeExports) -> SimpleNamespace:
    """The function's modules, asking the fake catalogue and hardly pausing between attempts."""
    modules = load_function("catalog_export", {"CATALOG_API_URL": server.url + "/", "RAW_BUCKET": "raw"})
    modules.catalogue.BACKOFF_SECONDS = 0.0001
    return modules


@pytest.fixture
def bucket(export: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> FakeBucket:
    fake = FakeBucket()
    monkeypatch.setattr(export.app, "s3", fake)
    return fake


@pytest.fixture
def invoke(export: SimpleNamespace, exports: FakeExports, bucket: FakeBucket) -> Callable[..., Any]:
    def call(event: dict[str, Any], seconds: float = 300) -> Any:
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: int(seconds * 1000))
        return export.app.lambda_handler(event, context)

    return call
