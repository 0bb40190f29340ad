"""COPY and UNLOAD between the warehouse and the buckets of the deployed template."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest

from amp_sandbox import aws
from amp_sandbox.settings import Settings
from amp_sandbox.warehouse.client import access

ROLE = "IAM_ROLE 'arn:aws:iam::000000000000:role/warehouse'"
ROWS = [(1, "one", None), (2, "two, and more", "1.50"), (3, 'a "quoted" one', "-7.25")]


@pytest.fixture
def session(sandbox: Settings) -> Iterator[psycopg.Connection]:
    """The master user's session, with a table of three rows."""
    login = access(sandbox, None)
    with psycopg.connect(
        host=login.host,
        port=login.port,
        dbname=login.database,
        user=login.user,
        password=login.password,
        sslmode="verify-full",
        sslrootcert=login.certificate,
        autocommit=True,
    ) as opened:
        for name in ("there", "back"):
            opened.execute(f"CREATE TEMP TABLE {name} (n INTEGER, t VARCHAR(30), d DECIMAL(10, 2))")
        for row in ROWS:
            opened.execute("INSERT INTO there VALUES (%s, %s, %s)", row)
        yield opened


@pytest.fixture
def prefix(sandbox: Settings) -> Iterator[str]:
    """An empty prefix of the transformed bucket, which no crawler looks at."""
    name = f"_tests/{uuid.uuid4().hex}/"
    yield f"s3://{sandbox.transformed_bucket}/{name}"
    s3 = aws.client(sandbox, "s3")
    for entry in s3.list_objects_v2(Bucket=sandbox.transformed_bucket, Prefix=name).get("Contents", []):
        s3.delete_object(Bucket=sandbox.transformed_bucket, Key=entry["Key"])


@pytest.mark.parametrize("form", ["PARQUET", "CSV"])
def test_what_is_unloaded_is_copied_back_row_by_row(session: psycopg.Connection, prefix: str, form: str) -> None:
    session.execute(f"UNLOAD ('SELECT * FROM there') TO '{prefix}part_' {ROLE} FORMAT {form}")
    session.execute(f"COPY back FROM '{prefix}' {ROLE} FORMAT {form}")
    read = session.execute("SELECT n, t, d::VARCHAR FROM back ORDER BY n").fetchall()
    assert read == ROWS


@pytest.mark.parametrize(
    "statement",
    [
        "COPY back FROM 's3://somebody-elses/x' {role} FORMAT PARQUET",
        "COPY back FROM '{prefix}../../app_events/' {role} FORMAT PARQUET",
        "COPY back FROM '/etc/passwd' {role} FORMAT CSV",
        "UNLOAD ('SELECT 1') TO 's3://somebody-elses/x' {role}",
        "UNLOAD ('SELECT 1') TO '/tmp/x' {role}",
    ],
)
def test_other_places_are_refused(session: psycopg.Connection, prefix: str, statement: str) -> None:
    with pytest.raises(psycopg.Error):
        session.execute(statement.format(prefix=prefix, role=ROLE))
    assert session.execute("SELECT count(*) FROM back").fetchone() == (0,)
