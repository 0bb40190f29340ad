import json
import queue
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest

from amp_localstack.lambda_executor.events import Failed, InitFailed, Invocation, Ready, Responded
from amp_localstack.lambda_executor.runtime_api import API, MAX_RESPONSE_BYTES, RuntimeApi


class Client:
    """A runtime, as far as HTTP goes."""

    def __init__(self) -> None:
        self.events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.api = RuntimeApi(self.events.put)
        self.connection = HTTPConnection(self.api.address, timeout=5)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[HTTPResponse, bytes]:
        self.connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = self.connection.getresponse()
        return response, response.read()

    def next_event(self) -> Any:
        return self.events.get(timeout=5)


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client()
    yield client
    client.api.stop()


INVOCATION = Invocation("id", "arn:fn", b'{"a": 1}', trace_id="Root=1", client_context='{"custom": {}}')


def test_it_listens_on_the_loopback_interface_only(client):
    assert client.api.address.startswith("127.0.0.1:")


def test_next_answers_an_invocation_with_aws_headers(client):
    client.api.send(INVOCATION, 1700000000000)
    response, body = client.call("GET", f"{API}/invocation/next")
    assert (response.status, body) == (200, b'{"a": 1}')
    # https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next
    assert {name: value for name, value in response.getheaders() if name.startswith("Lambda")} == {
        "Lambda-Runtime-Aws-Request-Id": "id",
        "Lambda-Runtime-Deadline-Ms": "1700000000000",
        "Lambda-Runtime-Invoked-Function-Arn": "arn:fn",
        "Lambda-Runtime-Trace-Id": "Root=1",
        "Lambda-Runtime-Client-Context": '{"custom": {}}',
    }
    assert client.next_event() == Ready()


def test_next_waits_for_an_invocation(client):
    answers: list[bytes] = []
    waiting = threading.Thread(target=lambda: answers.append(client.call("GET", f"{API}/invocation/next")[1]))
    waiting.start()
    assert client.next_event() == Ready()
    client.api.send(INVOCATION, 1)
    waiting.join(5)
    assert answers == [b'{"a": 1}']


def test_a_response_is_reported(client):
    response, _ = client.call("POST", f"{API}/invocation/id/response", b"[1]")
    assert response.status == 202
    assert client.next_event() == Responded("id", b"[1]")


def test_a_chunked_response_is_reported_whole(client):
    client.connection.request("POST", f"{API}/invocation/id/response", iter([b"[1,", b" 2]"]), encode_chunked=True)
    assert client.connection.getresponse().status == 202
    assert client.next_event() == Responded("id", b"[1, 2]")


def test_an_error_is_reported_with_its_type(client):
    response, _ = client.call(
        "POST", f"{API}/invocation/id/error", b"{}", Lambda_Runtime_Function_Error_Type="KeyError"
    )
    assert response.status == 202
    assert client.next_event() == Failed("id", b"{}", "KeyError")


def test_an_initialisation_error_is_reported(client):
    response, _ = client.call("POST", f"{API}/init/error", b"{}", Lambda_Runtime_Function_Error_Type="Runtime.X")
    assert response.status == 202
    assert client.next_event() == InitFailed(b"{}", "Runtime.X")


def test_a_response_over_the_limit_is_refused_and_fails_the_invocation(client):
    response, _ = client.call("POST", f"{API}/invocation/id/response", b"x" * (MAX_RESPONSE_BYTES + 1))
    assert response.status == 413
    event = client.next_event()
    assert event.error_type == json.loads(event.payload)["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_streamed_response_is_refused(client):
    response, _ = client.call(
        "POST", f"{API}/invocation/id/response", b"x", Lambda_Runtime_Function_Response_Mode="streaming"
    )
    assert response.status == 501
    assert client.events.empty()


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/2020-01-01/extension/register"), ("POST", f"{API}/restore/error")]
)
def test_what_is_not_the_runtime_api_is_not_found(client, method, path):
    assert client.call(method, path, b"" if method == "POST" else None)[0].status == 404


def test_stop_closes_the_port_and_releases_who_waits():
    client = Client()
    failures: list[Exception] = []

    def wait() -> None:
        try:
            client.call("GET", f"{API}/invocation/next")
        except Exception as error:
            failures.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert client.next_event() == Ready()
    client.api.stop()
    waiting.join(5)
    assert len(failures) == 1
    host, port = client.api.address.split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=1)
