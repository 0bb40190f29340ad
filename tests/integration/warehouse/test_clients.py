"""The clients that people use for Redshift, unchanged."""

import datetime as dt
import json
import os
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import psycopg
import psycopg2
import pytest
import redshift_connector
import sqlalchemy
from support.sandboxes import run

from amp_sandbox import aws, paths
from amp_sandbox.warehouse.wire.certificate import certificate_path

from .conftest import PASSWORD, READER_PASSWORD, USER, Warehouse

ROW = (1, "Morning", Decimal("1.50"), dt.datetime(2026, 1, 2, 3, 4, 5))  # noqa: DTZ001
DRIVERS = ("/usr/share/java/postgresql.jar", "/usr/share/java/postgresql-jdbc4.jar")


def certificate(warehouse: Warehouse) -> Path:
    return certificate_path(paths.state_dir(warehouse.settings.home, "warehouse") / "tls")


@pytest.mark.parametrize("mode", ["disable", "require", "verify-full"])
def test_psycopg(warehouse: Warehouse, mode: str) -> None:
    root = certificate(warehouse)
    extra = {"sslrootcert": root} if mode == "verify-full" else {}
    with warehouse.connect(sslmode=mode, **extra) as connection:
        for binary in (False, True):
            cursor = connection.cursor(binary=binary)
            assert cursor.execute("SELECT * FROM shows WHERE id = %s", (1,)).fetchall() == [ROW]
        assert connection.execute("SELECT %s::varchar", ("\\' OR 1=1 --",)).fetchone() == ("\\' OR 1=1 --",)


def test_psycopg_transactions(warehouse: Warehouse) -> None:
    with warehouse.connect(autocommit=False) as connection:
        connection.execute("CREATE TABLE undone (n INT)")
        connection.rollback()
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT * FROM undone")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("SELECT 1")
        connection.rollback()
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO shows (id) VALUES (%s)", [(101,), (102,)])
            assert cursor.execute("SELECT count(*) FROM shows WHERE id > 100").fetchone() == (2,)
        connection.rollback()


def test_psycopg_reads_large_results(warehouse: Warehouse) -> None:
    sql = "SELECT n, 'row ' || n FROM generate_series(1, 50000) AS g(n)"
    with warehouse.connect() as connection:
        rows = connection.execute(sql).fetchall()
    assert rows == [(n, f"row {n}") for n in range(1, 50_001)]


def test_psycopg2_quotes_by_itself_and_nothing_escapes(warehouse: Warehouse) -> None:
    connection = psycopg2.connect(**warehouse.where())
    try:
        cursor = connection.cursor()
        for text in ("o'brien", "back\\slash", "\\' OR 1=1 --", "\\", "'", "%s", "\n"):
            cursor.execute("SELECT %s::varchar, %s", (text, 5))
            assert cursor.fetchall() == [(text, 5)]
        cursor.execute("SELECT * FROM shows WHERE title = %s", ("Morning",))
        assert cursor.fetchall() == [ROW]
    finally:
        connection.close()


def test_redshift_connector(warehouse: Warehouse) -> None:
    with redshift_connector.connect(
        host="127.0.0.1",
        port=warehouse.settings.warehouse_port,
        user=USER,
        password=PASSWORD,
        database="amp",
        ssl=False,
    ) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT * FROM shows WHERE id = %s", (1,))
        assert [tuple(row) for row in cursor.fetchall()] == [ROW]
        assert [column[0] for column in cursor.description] == ["id", "title", "price", "at"]
        connection.rollback()


def test_redshift_connector_asks_for_temporary_credentials_itself(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It encrypts then, and verifies by the system's authorities too, which OpenSSL takes from here.
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate(warehouse)))
    with redshift_connector.connect(
        iam=True,
        host="127.0.0.1",
        port=warehouse.settings.warehouse_port,
        cluster_identifier="amp",
        database="amp",
        db_user="reader",
        access_key_id=aws.ACCESS_KEY_ID,
        secret_access_key=aws.SECRET_ACCESS_KEY,
        region=warehouse.settings.region,
        endpoint_url=warehouse.settings.localstack_url,
    ) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT current_user")
        assert [tuple(row) for row in cursor.fetchall()] == [("reader",)]


def test_sqlalchemy(warehouse: Warehouse) -> None:
    url = sqlalchemy.URL.create(
        "redshift+psycopg2", USER, PASSWORD, "127.0.0.1", warehouse.settings.warehouse_port, "amp"
    )
    # The dialect verifies the server by Amazon's authorities, unless told another.
    root = certificate(warehouse)
    engine = sqlalchemy.create_engine(url, connect_args={"sslmode": "verify-full", "sslrootcert": str(root)})
    with engine.connect() as connection:
        found = connection.execute(sqlalchemy.text("SELECT * FROM shows WHERE id = :id"), {"id": 1})
        assert [tuple(row) for row in found] == [ROW]
    engine.dispose()


def test_the_sandboxs_own_command(warehouse: Warehouse) -> None:
    done = run(warehouse.settings, "sql", "--user", "reader", "--json", "SELECT current_user AS me")
    assert json.loads(done.stdout) == [{"me": "reader"}]
    refused = run(warehouse.settings, "sql", "--user", "reader", "SELECT * FROM shows")
    assert refused.returncode == 1
    assert "permission denied for relation shows (42501)" in refused.stderr
    if shutil.which("psql"):
        done = run(warehouse.settings, "psql", "--user", "reader", "-XAtc", "SELECT current_user")
        assert done.stdout == "reader\n"


def test_psql(warehouse: Warehouse) -> None:
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("psql is not installed")
    where = warehouse.where("reader", READER_PASSWORD)
    done = subprocess.run(
        [psql, "-XAt", "-c", "SELECT current_user", "-c", "SELECT * FROM shows"],
        env={
            "PATH": os.environ["PATH"],
            "PGHOST": where["host"],
            "PGPORT": str(where["port"]),
            "PGUSER": where["user"],
            "PGPASSWORD": where["password"],
            "PGDATABASE": where["dbname"],
        },
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stdout == "reader\n"
    assert "permission denied for relation shows" in done.stderr


def test_jdbc(warehouse: Warehouse, tmp_path: Path) -> None:
    driver = next((path for path in DRIVERS if Path(path).exists()), None)
    java, compiler = shutil.which("java"), shutil.which("javac")
    if driver is None or java is None or compiler is None:
        pytest.skip("there is no JDBC driver here (Debian: libpostgresql-jdbc-java), or no JDK")
    source = tmp_path / "Read.java"
    source.write_text(
        """
        import java.sql.*;
        public class Read {
            public static void main(String[] a) throws Exception {
                try (Connection c = DriverManager.getConnection(a[0], a[1], System.getenv("PGPASSWORD"))) {
                    c.setAutoCommit(false);
                    PreparedStatement s = c.prepareStatement("SELECT * FROM shows WHERE id = ?");
                    s.setFetchSize(1);
                    for (int i = 0; i < 10; i++) {
                        s.setLong(1, 1);
                        ResultSet r = s.executeQuery();
                        while (r.next()) {
                            String row = r.getLong(1) + " " + r.getString(2) + " " + r.getBigDecimal(3);
                            if (i == 9) System.out.println(row);
                        }
                    }
                }
            }
        }
        """
    )
    url = f"jdbc:postgresql://127.0.0.1:{warehouse.settings.warehouse_port}/amp?sslmode=require"
    done = subprocess.run(
        [java, "-cp", driver, str(source), url, USER],
        env={"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "1 Morning 1.50\n", done.stderr
