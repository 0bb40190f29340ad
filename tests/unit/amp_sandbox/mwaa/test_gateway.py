from collections.abc import Iterator

import pytest
from support.airflow_server import USER, AirflowServer, airflow_server
from support.ports import free_ports

from amp_sandbox.mwaa.gateway import Gateway, NoAnswerError, NotListeningError, RestAnswer, RestCall


@pytest.fixture
def server() -> Iterator[AirflowServer]:
    with airflow_server() as running:
        yield running


@pytest.fixture
def gateway(server: AirflowServer) -> Gateway:
    return Gateway(server.url, lambda: USER)


def test_a_call_reaches_the_api_as_the_user(server: AirflowServer, gateway: Gateway) -> None:
    call = RestCall("POST", "/dags/x/dagRuns", (("a", "1 2"), ("a", "ü")), {"conf": None})
    assert gateway.call(call) == RestAnswer(200, {"ok": True})
    assert server.asked == [("POST", "/api/v2/dags/x/dagRuns?a=1+2&a=%C3%BC", {"conf": None})]


def test_a_path_is_quoted_where_it_must_be_and_not_twice(server: AirflowServer, gateway: Gateway) -> None:
    gateway.call(RestCall("GET", "/dags/ä%2Fb/dagRuns/manual__2026-11-26T02:00:00+00:00/~"))
    assert [path for _, path, _ in server.asked] == [
        "/api/v2/dags/%C3%A4%2Fb/dagRuns/manual__2026-11-26T02:00:00+00:00/~"
    ]


def test_it_logs_in_once(server: AirflowServer, gateway: Gateway) -> None:
    for _ in range(3):
        gateway.call(RestCall("GET", "/dags"))
    assert server.logins == 1


@pytest.mark.parametrize("refusal", [401, 403])  # of an expired token, and of one that Airflow did not sign
def test_it_logs_in_anew_when_its_token_is_not_taken_any_more(
    server: AirflowServer, gateway: Gateway, refusal: int
) -> None:
    server.refusal = refusal
    gateway.call(RestCall("GET", "/dags"))
    server.tokens.clear()
    assert gateway.call(RestCall("GET", "/dags")).status == 200
    assert server.logins == 2


def test_what_the_user_may_not_do_is_the_answer(server: AirflowServer, gateway: Gateway) -> None:
    server.status, server.answer = 403, b'{"detail": "Forbidden"}'
    assert gateway.call(RestCall("GET", "/dags")) == RestAnswer(403, {"detail": "Forbidden"})


@pytest.mark.parametrize(("answer", "body"), [(b"", {}), (b"some text", "some text"), (b"[1]", [1])])
def test_answers_that_are_no_objects_are_answers(
    server: AirflowServer, gateway: Gateway, answer: bytes, body: object
) -> None:
    server.answer = answer
    assert gateway.call(RestCall("GET", "/x")).body == body


def test_a_server_that_is_not_there_was_asked_nothing() -> None:
    [port] = free_ports(1)
    with pytest.raises(NotListeningError):
        Gateway(f"http://127.0.0.1:{port}", lambda: USER).call(RestCall("GET", "/dags"))


def test_a_server_that_ends_the_connection_may_have_done_it(server: AirflowServer, gateway: Gateway) -> None:
    server.drop = True
    with pytest.raises(NoAnswerError):
        gateway.call(RestCall("POST", "/dags/x/dagRuns", body={}))


def test_a_login_that_is_refused_is_an_error_without_the_password(server: AirflowServer) -> None:
    with pytest.raises(NoAnswerError, match="does not let admin log in: 401") as raised:
        Gateway(server.url, lambda: ("admin", "wrong one")).call(RestCall("GET", "/dags"))
    assert "wrong one" not in str(raised.value)
