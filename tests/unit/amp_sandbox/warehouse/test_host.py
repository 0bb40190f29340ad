import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from amp_sandbox.warehouse.engine import Options
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.host import Host
from amp_sandbox.warehouse.security import login, users

PASSWORD = "Master-pass1"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(Options(folder=tmp_path / "database", superuser_password=PASSWORD), 0)
    host.start()
    yield host
    host.stop()


def connect(host: Host, user: str = "awsuser", password: str = PASSWORD) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(
        host="127.0.0.1", port=host.port, user=user, password=password, dbname="amp", autocommit=True
    )


def test_what_fails_inside_is_rolled_back(host: Host) -> None:
    def fail() -> None:
        with host.trusted() as db:
            users.set_password(db, "awsuser", "Other-pass2")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    connect(host).close()


def test_users_are_made_at_logon_by_many_at_once(host: Host) -> None:
    made = []
    for number in range(8):
        with host.trusted() as db:
            made.append(
                login.create_credentials(db, f"u{number}", auto_create=True, groups=[], seconds=900, now=host.now())
            )
    seen: list[object] = []

    def log_on(credentials: login.Credentials) -> None:
        with connect(host, credentials.login, credentials.password) as connection:
            seen.append(connection.execute("SELECT current_user").fetchone())

    threads = [threading.Thread(target=log_on, args=(one,)) for one in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(map(str, seen)) == [f"('u{number}',)" for number in range(8)]


def test_a_users_connection_limit(host: Host) -> None:
    with connect(host) as connection:
        connection.execute("CREATE USER ann PASSWORD 'Ann-pass1234' CONNECTION LIMIT 1")
    with connect(host, "ann", "Ann-pass1234"), pytest.raises(psycopg.OperationalError, match="too many connections"):
        connect(host, "ann", "Ann-pass1234")


def test_recreate_leaves_an_empty_database(host: Host) -> None:
    with connect(host) as connection:
        connection.execute("CREATE TABLE kept (n INT)")
    host.recreate()
    with connect(host) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM kept")


def test_a_host_that_has_stopped_says_so(host: Host) -> None:
    host.stop()
    assert not host.is_alive()
    with pytest.raises(SqlError, match="not running"), host.trusted():
        pass
