import json
import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from support.fake_warehouse import DATABASE, PASSWORD, USER, FakeWarehouse

from amp_sandbox import aws, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings
from amp_sandbox.warehouse import client
from amp_sandbox.warehouse.wire.certificate import tls_context
from amp_sandbox.warehouse.wire.server import WireServer


class FakeRedshift:
    """The cluster's API, whose temporary password is the fake user's own."""

    def __init__(self, clusters: list[dict[str, Any]]) -> None:
        self.clusters = clusters

    def describe_clusters(self) -> dict[str, Any]:
        return {"Clusters": self.clusters}

    def get_cluster_credentials(self, DbUser: str, **_: str) -> dict[str, str]:  # noqa: N803
        return {"DbUser": DbUser, "DbPassword": PASSWORD}


class FakeSecrets:
    """Has one secret."""

    class exceptions:  # noqa: N801 - as boto3 calls it
        class ResourceNotFoundException(Exception):  # noqa: N818
            pass

    def __init__(self, name: str) -> None:
        self.name = name

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        if SecretId != self.name:
            raise self.exceptions.ResourceNotFoundException
        return {"SecretString": json.dumps({"username": USER, "password": PASSWORD, "engine": "redshift"})}


@pytest.fixture
def redshift(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRedshift]:
    warehouse = FakeWarehouse()
    tls = tls_context(paths.state_dir(tmp_path, "warehouse") / "tls")
    server = WireServer(0, logins=warehouse, connect=warehouse.connect, tls=tls)
    server.start()
    cluster = {
        "ClusterIdentifier": "amp",
        "MasterUsername": USER,
        "DBName": DATABASE,
        "Endpoint": {"Address": "127.0.0.1", "Port": server.port},
    }
    fake = FakeRedshift([cluster])
    clients = {"redshift": fake, "secretsmanager": FakeSecrets("amp/local/warehouse/analyst")}
    monkeypatch.setattr(aws, "client", lambda _settings, service: clients[service])
    yield fake
    server.stop()


@pytest.mark.usefixtures("redshift")
def test_statements_are_run_as_a_user_one_after_the_other(tmp_path: Any) -> None:
    settings = Settings(home=tmp_path)
    answers = [
        (one.columns, list(one.rows), one.tag) for one in client.query(settings, USER, "SELECT 1 AS n; set a = 1")
    ]
    assert answers == [(("n",), [(1,)], "SELECT 1"), ((), [], "SET")]


@pytest.mark.usefixtures("redshift")
def test_what_fails_is_told_with_its_sqlstate(tmp_path: Any) -> None:
    settings = Settings(home=tmp_path)
    with pytest.raises(SandboxError) as raised:
        list(client.query(settings, None, "nonsense"))
    assert "(42601)" in str(raised.value)
    with pytest.raises(SandboxError, match="password authentication failed"):
        list(client.query(settings, "nobody", "SELECT 1"))


def test_without_a_cluster_there_is_nobody_to_ask(redshift: FakeRedshift, tmp_path: Any) -> None:
    redshift.clusters = []
    with pytest.raises(SandboxError, match="no Redshift cluster"):
        client.access(Settings(home=tmp_path), None)


@pytest.mark.usefixtures("redshift")
def test_a_user_logs_on_with_the_password_that_secrets_manager_has(tmp_path: Any) -> None:
    login = client.kept_access(Settings(home=tmp_path), "analyst")
    assert PASSWORD not in repr(login)
    with client.connected(login, "a test") as connection:
        assert connection.execute("SELECT 1 AS n").fetchall() == [(1,)]
    with pytest.raises(SandboxError, match="no secret amp/local/warehouse/nobody"):
        client.kept_access(Settings(home=tmp_path), "nobody")


@pytest.mark.usefixtures("redshift")
def test_psql_gets_its_password_by_the_environment(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda *given: started.append(given))
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/psql")
    monkeypatch.setenv("PGSERVICE", "of the user")
    client.open_psql(Settings(home=tmp_path), None, ["-c", "SELECT 1"])
    [(program, arguments, environment)] = started
    assert (program, arguments) == ("/usr/bin/psql", ["/usr/bin/psql", "-c", "SELECT 1"])
    assert (environment["PGUSER"], environment["PGPASSWORD"], environment["PGSSLMODE"]) == (
        USER,
        PASSWORD,
        "verify-full",
    )
    assert "PGSERVICE" not in environment
    found = {name[2:].lower(): value for name, value in environment.items() if name.startswith("PG")}
    found["dbname"] = found.pop("database")
    monkeypatch.delenv("PGSERVICE")
    psycopg.connect(**found).close()


@pytest.mark.usefixtures("redshift")
def test_without_psql_its_name_and_another_way_are_told(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(SandboxError, match="psql is not installed"):
        client.open_psql(Settings(home=tmp_path), None, [])
