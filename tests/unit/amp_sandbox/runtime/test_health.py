import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from support.ports import free_ports

from amp_sandbox.runtime.health import is_free, is_healthy
from amp_sandbox.runtime.service import Service


def service(port: int) -> Service:
    return Service("tiny", Path("python"), (), Path("/"), port, "SANDBOX_X_PORT", "/health")


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """Answers /health with its `status`, and anything else with 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(self.server.status if self.path == "/health" else 404)  # type: ignore[attr-defined]
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield http
        http.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (404, False), (302, False)])
def test_only_200_is_healthy(server: HTTPServer, status: int, healthy: bool) -> None:
    server.status = status  # type: ignore[attr-defined]
    assert is_healthy(service(server.server_port)) is healthy


def test_a_proxy_is_not_asked(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.status = 200  # type: ignore[attr-defined]
    assert is_healthy(service(server.server_port))


def test_nobody_there_is_not_healthy() -> None:
    assert not is_healthy(service(free_ports(1)[0]))


def test_silence_is_not_healthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not is_healthy(service(silent.getsockname()[1]), timeout=0.05)


def test_something_that_does_not_speak_http_is_not_healthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def greet() -> None:
            connection, _ = other.accept()
            with connection:
                connection.sendall(b"220 mail\r\n")
                connection.recv(1000)

        thread = threading.Thread(target=greet)
        thread.start()
        assert not is_healthy(service(other.getsockname()[1]))
        thread.join()


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_somebody_listens_on_is_not_free(address: str) -> None:
    with socket.create_server((address, 0)) as holder:
        assert not is_free(holder.getsockname()[1])


def test_a_port_is_free_again_right_after_a_connection_to_it_ended() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = holder.accept()
            accepted.close()  # the side that closes first keeps the port in TIME_WAIT
    assert is_free(port)
