"""Logging on, limits, encryption, cancelling and stopping."""

import contextlib
import ssl
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors as pg
from support.fake_warehouse import DATABASE, PASSWORD, USER, FakeWarehouse
from support.waiting import eventually
from support.wire_client import Raw, dsn, fields, md5_response

from amp_sandbox.warehouse.security import passwords
from amp_sandbox.warehouse.wire.certificate import certificate_path, tls_context
from amp_sandbox.warehouse.wire.server import Limits, WireServer

Serve = Callable[..., WireServer]
NewRaw = Callable[[], Raw]
Connect = Callable[..., psycopg.Connection[Any]]
ENDLESS = "SELECT count(*) FROM range(1000000000000) WHERE (range * 7) % 13 = 5"
SSL_REQUEST = struct.pack("!ii", 8, 80877103)


@pytest.mark.parametrize("given", [{"password": "Wrong-pass1"}, {"user": "nobody"}])
@pytest.mark.parametrize("driver", [{}, {"options": "-c x=y"}])
def test_a_wrong_password_and_an_unknown_user_are_told_the_same(
    server: WireServer, given: dict[str, str], driver: dict[str, str]
) -> None:
    with pytest.raises(psycopg.OperationalError) as raised:
        psycopg.connect(**dsn(server, **given, **driver))
    assert f'password authentication failed for user "{given.get("user", USER)}"' in str(raised.value)


def test_md5_of_a_wrong_password(raw: NewRaw) -> None:
    client = raw()
    client.startup(user=USER, database=DATABASE, driver_version="Redshift JDBC")
    assert client.read()[1][:4] == struct.pack("!i", 5)
    client.message(b"p", b"md5" + b"0" * 32 + b"\0")
    assert fields(client.read()[1])["C"] == "28P01"


def test_a_user_with_an_md5_hash_logs_on_by_md5(server: WireServer, warehouse: FakeWarehouse) -> None:
    warehouse.kept["hash"] = passwords.kept("hash", passwords.md5_of("hash", PASSWORD))
    with psycopg.connect(**dsn(server, user="hash")) as connection:
        assert connection.info.user == "hash"


def test_a_user_with_a_sha256_hash_logs_on_inside_tls_alone(server: WireServer, warehouse: FakeWarehouse) -> None:
    warehouse.kept["hash"] = passwords.kept("hash", f"sha256|{PASSWORD}")
    with pytest.raises(psycopg.OperationalError, match="inside TLS only"):
        psycopg.connect(**dsn(server, user="hash"))
    with psycopg.connect(**dsn(server, user="hash", sslmode="require")) as connection:
        assert connection.pgconn.ssl_in_use


def test_a_database_that_does_not_exist(server: WireServer) -> None:
    with pytest.raises(psycopg.OperationalError, match='database "other" does not exist'):
        psycopg.connect(**dsn(server, dbname="other"))


@pytest.mark.parametrize("mode", ["require", "verify-full"])
def test_tls(server: WireServer, tmp_path: Path, mode: str) -> None:
    root = certificate_path(tmp_path / "tls")
    with psycopg.connect(**dsn(server, sslmode=mode, sslrootcert=root if mode != "require" else None)) as connection:
        assert connection.pgconn.ssl_in_use
        rows = connection.execute("SELECT range, repeat('x', 100) FROM range(30000)").fetchall()
        assert len(rows) == 30_000
        assert rows[-1] == (29_999, "x" * 100)


def test_the_certificate_stays_and_its_key_is_private(tmp_path: Path) -> None:
    tls_context(tmp_path)
    first = certificate_path(tmp_path).read_bytes()
    tls_context(tmp_path)
    assert certificate_path(tmp_path).read_bytes() == first
    assert (tmp_path / "server.key").stat().st_mode & 0o077 == 0


def test_without_tls_a_client_that_asks_is_told_no(serve: Serve) -> None:
    client = Raw(serve(tls=False).port)
    client.send(SSL_REQUEST)
    assert client.exactly(1) == b"N"
    client.send(struct.pack("!ii", 8, 80877104))
    assert client.exactly(1) == b"N"
    client.log_on()
    client.close()


def test_bytes_before_the_handshake_are_not_taken_for_the_clients(raw: NewRaw) -> None:
    client = raw()
    client.send(SSL_REQUEST + b"Q\0\0\0\x04")
    assert fields(client.read()[1])["C"] == "08P01"


def test_tls_is_ended_as_tls(server: WireServer) -> None:
    client = Raw(server.port)
    client.send(SSL_REQUEST)
    assert client.exactly(1) == b"S"
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    client.socket = context.wrap_socket(client.socket, suppress_ragged_eofs=False)
    client.log_on()
    client.message(b"X")
    assert client.socket.recv(1) == b""  # a connection that is cut raises here
    client.close()


def test_a_newer_protocol_is_negotiated(raw: NewRaw) -> None:
    client = raw()
    client.startup(version=(3 << 16) + 2, user=USER, database=DATABASE, **{"_pq_.feature": "on"})
    kind, body = client.read()
    assert (kind, body) == (b"v", struct.pack("!ii", 3 << 16, 1) + b"_pq_.feature\0")
    assert client.read()[0] == b"R"


@pytest.mark.parametrize(
    ("given", "sqlstate"),
    [
        ({}, "28000"),
        ({"user": USER, "replication": "true"}, "0A000"),
        ({"user": USER, "idp_type": "AzureAD"}, "28000"),
        ({"user": USER, "options": "-x"}, "22023"),
        ({"version": 2 << 16}, "0A000"),
    ],
)
def test_starts_that_are_refused(raw: NewRaw, given: dict[str, Any], sqlstate: str) -> None:
    client = raw()
    client.startup(**given)
    assert fields(client.read()[1])["C"] == sqlstate


def test_options_are_settings(connect: Connect, warehouse: FakeWarehouse) -> None:
    connect(options="-c query_group=nightly --search_path=a,b -cx=1", application_name="app")
    assert warehouse.sessions[-1].settings == {
        "query_group": "nightly",
        "search_path": "a,b",
        "x": "1",
        "application_name": "app",
    }


def test_more_connections_than_there_may_be(serve: Serve) -> None:
    server = serve(Limits(connections=2))
    with psycopg.connect(**dsn(server)), psycopg.connect(**dsn(server)) as second:
        with pytest.raises(psycopg.OperationalError, match="too many connections"):
            psycopg.connect(**dsn(server))
        assert second.execute("SELECT 1").fetchone() == (1,)
    eventually(lambda: server.connections, lambda count: count == 0, timeout=10, what="the connections' end")
    psycopg.connect(**dsn(server)).close()


def test_two_hundred_connections(server: WireServer) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(contextlib.closing(Raw(server.port))) for _ in range(200)]
        for client in clients:
            client.log_on()
        assert server.connections == 200
        for client in clients:
            client.message(b"Q", b"SELECT 42\0")
        for client in clients:
            assert [body[6:] for kind, body in client.until(b"Z") if kind == b"D"] == [b"42"]


def test_a_client_that_says_nothing_is_left(serve: Serve) -> None:
    server = serve(Limits(startup_seconds=0.05))
    client = Raw(server.port)
    client.send(b"\0\0")
    assert client.exactly(1) == b""
    client.close()


def test_a_session_ends_when_it_was_idle_for_its_users_timeout(raw: NewRaw, warehouse: FakeWarehouse) -> None:
    warehouse.session_timeout = 0.2
    client = raw()
    client.log_on()
    assert client.query("SELECT 1")[-1] == (b"Z", b"I")
    assert fields(client.read()[1])["C"] == "57P05"
    assert client.read() == (b"", b"")


def test_a_client_that_does_not_read_stops_itself_alone(serve: Serve) -> None:
    server = serve(Limits(send_seconds=0.2))
    slow = Raw(server.port)
    slow.log_on()
    slow.message(b"Q", b"SELECT repeat('x', 6000) FROM range(100000)\0")  # 600 MB
    with psycopg.connect(**dsn(server)) as other:
        assert other.execute("SELECT 1").fetchone() == (1,)
        eventually(lambda: server.connections, lambda count: count == 1, timeout=20, what="the slow client's end")
    slow.close()


def cancel(server: WireServer, pid: int, secret: bytes) -> None:
    client = Raw(server.port)
    client.send(struct.pack("!iii", 16, 80877102, pid) + secret)
    assert client.exactly(1) == b""
    client.close()


def started(server: WireServer) -> tuple[Raw, int, bytes]:
    client = Raw(server.port)
    client.startup(user=USER, database=DATABASE, driver_version="tests")
    salt = client.read()[1][4:]
    client.message(b"p", md5_response(passwords.md5_of(USER, PASSWORD), salt) + b"\0")
    [key] = [body for kind, body in client.until(b"Z") if kind == b"K"]
    return client, struct.unpack("!i", key[:4])[0], key[4:]


def test_cancel_stops_the_statement_of_its_secret_alone(server: WireServer) -> None:
    client, pid, secret = started(server)
    other, *_ = started(server)
    client.message(b"Q", ENDLESS.encode() + b"\0")
    cancel(server, pid, bytes(4))  # not its secret
    cancel(server, pid + 12345, secret)
    other.message(b"Q", b"SELECT 1\0")
    assert other.until(b"Z")[-1] == (b"Z", b"I")

    def cancelled() -> bool:
        cancel(server, pid, secret)  # again, as the first one may come before the statement
        client.socket.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            return fields(client.read()[1])["C"] == "57014"
        return False

    eventually(cancelled, bool, timeout=20, what="the statement's end")
    client.socket.settimeout(20)
    assert client.read() == (b"Z", b"I")
    assert [body[6:] for kind, body in client.query("SELECT 2") if kind == b"D"] == [b"2"]
    for one in (client, other):
        one.close()


def test_stop_ends_what_runs_and_tells_clients(serve: Serve, warehouse: FakeWarehouse) -> None:
    server = serve()
    idle, *_ = started(server)
    busy = psycopg.connect(**dsn(server), autocommit=True)
    failed: list[Exception] = []

    def run() -> None:
        try:
            busy.execute(ENDLESS)
        except psycopg.Error as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    eventually(lambda: busy.pgconn.transaction_status, lambda status: status == 1, timeout=10, what="the statement")
    server.stop()
    thread.join(10)
    assert isinstance(failed[0], pg.QueryCanceled | psycopg.OperationalError)
    assert fields(idle.read()[1])["C"] == "57P01"
    assert all(session.closed for session in warehouse.sessions)
    with pytest.raises(ConnectionRefusedError):
        Raw(server._asked_port or 1)
    idle.close()
