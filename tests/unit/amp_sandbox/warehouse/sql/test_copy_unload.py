"""COPY and UNLOAD: what they may touch, what they refuse by name, and what they read and write.

DuckDB's part runs on a folder: the place in S3 that was decided on is put where the folder is.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support.warehouse_sql import fails

from amp_sandbox.warehouse import copy_unload, types
from amp_sandbox.warehouse.copy_unload import Form
from amp_sandbox.warehouse.engine import Options, S3Access, Warehouse
from amp_sandbox.warehouse.external.interface import no_catalog
from amp_sandbox.warehouse.session import Session
from amp_sandbox.warehouse.sql import macros
from amp_sandbox.warehouse.sql.catalog import TableColumn


class _Keys:
    """A catalogue with these keys in the bucket `lake`."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = keys

    def keys(self, bucket: str, prefix: str) -> Sequence[str]:
        return [one for one in self._keys if bucket == "lake" and one.startswith(prefix)]

    def __getattr__(self, name: str) -> Any:
        return getattr(no_catalog, name)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A session of a warehouse that may use the bucket `lake`, at an address where nothing listens."""
    access = S3Access("127.0.0.1:9", "test", "test", "us-east-1", ("lake",))
    keys = _Keys(["in/a.csv", "in/odd/../b.csv", "star/*.csv", "out/there000"])
    warehouse = Warehouse(Options(tmp_path_factory.mktemp("copying"), s3=access), keys)
    warehouse.start()
    made = warehouse.connect("awsuser")
    made.run("CREATE TABLE public.loaded (a int, b varchar(5), c super)")
    made.run("CREATE USER loader PASSWORD 'Loading1'")
    yield made
    warehouse.stop()


_COPY = [
    ("COPY loaded FROM 's3://elsewhere/in/' IAM_ROLE default", "42501"),
    ("COPY loaded FROM 's3://lake/../elsewhere/' IAM_ROLE default", "22023"),
    ("COPY loaded FROM 's3://lake/in/odd/' IAM_ROLE default", "22023"),
    ("COPY loaded FROM 's3://lake/star/' IAM_ROLE default", "22023"),
    ("COPY loaded FROM 's3://lake/in/*' IAM_ROLE default", "22023"),
    ("COPY loaded FROM 's3://lake//etc' IAM_ROLE default", "58030"),
    ("COPY loaded FROM '/etc/passwd' IAM_ROLE default", "22023"),
    ("COPY loaded FROM 'emr://x/y' IAM_ROLE default", "22023"),
    ("COPY loaded FROM 'https://lake/in' IAM_ROLE default", "22023"),
    ("COPY loaded FROM 's3://lake/nothing/' IAM_ROLE default", "58030"),
    ("COPY loaded FROM 's3://lake/in/'", "0A000"),
    ("COPY loaded FROM 's3://lake/in/' IAM_ROLE 'me'", "22023"),
    ("COPY loaded FROM 's3://lake/in/' CREDENTIALS 'aws_access_key_id=x'", "0A000"),
    ("COPY loaded FROM 's3://lake/in/' IAM_ROLE default MANIFEST", "0A000"),
    ("COPY loaded FROM 's3://lake/in/' IAM_ROLE default FORMAT ORC", "0A000"),
    ("COPY loaded FROM 's3://lake/in/' IAM_ROLE default JSON 's3://lake/paths.json'", "0A000"),
    ("COPY loaded FROM 's3://lake/in/' IAM_ROLE default MAXERROR 10", "0A000"),
    ("COPY loaded FROM 's3://lake/in/' IAM_ROLE default DELIMITER 'ab'", "22023"),
    ("COPY loaded (nothing) FROM 's3://lake/in/' IAM_ROLE default", "42703"),
    ("COPY nothing FROM 's3://lake/in/' IAM_ROLE default", "42P01"),
    ("COPY pg_class FROM 's3://lake/in/' IAM_ROLE default", "42501"),
    ("COPY loaded FROM 's3://lake/in/a.csv' IAM_ROLE default CSV", "58030"),  # allowed; nothing listens
    ("UNLOAD ('SELECT 1') TO 's3://elsewhere/x' IAM_ROLE default", "42501"),
    ("UNLOAD ('SELECT 1') TO 's3://lake/../x' IAM_ROLE default", "22023"),
    ("UNLOAD ('SELECT 1') TO '/tmp/x' IAM_ROLE default", "22023"),
    ("UNLOAD ('SELECT 1') TO 's3://lake/out/there' IAM_ROLE default", "58030"),
    ("UNLOAD ('SELECT nothing') TO 's3://lake/out/x' IAM_ROLE default", "42703"),
    ("UNLOAD ('DELETE FROM loaded') TO 's3://lake/out/x' IAM_ROLE default", "42601"),
    ("UNLOAD ('SELECT 1; SELECT 2') TO 's3://lake/out/x' IAM_ROLE default", "42601"),
    ("UNLOAD ('') TO 's3://lake/out/x' IAM_ROLE default", "42601"),
    ("UNLOAD ('SELECT 1') TO 's3://lake/out/x' IAM_ROLE default PARTITION BY (a)", "0A000"),
    ("UNLOAD ('SELECT 1') TO 's3://lake/out/x' IAM_ROLE default MANIFEST", "0A000"),
    ("UNLOAD ('SELECT 1') TO 's3://lake/out/x'", "0A000"),
]


@pytest.mark.parametrize(("sql", "state"), _COPY, ids=[sql for sql, _ in _COPY])
def test_places_and_options_are_refused(session: Session, sql: str, state: str) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html and r_UNLOAD.html"""
    assert fails(session, sql).sqlstate == state


def test_copy_takes_insert_and_unload_takes_select(session: Session) -> None:
    loader = session.warehouse.connect("loader")
    assert fails(loader, "COPY public.loaded FROM 's3://lake/in/' IAM_ROLE default").sqlstate == "42501"
    unload = "UNLOAD ('SELECT a FROM public.loaded') TO 's3://lake/out/x' IAM_ROLE default"
    assert fails(loader, unload).sqlstate == "42501"
    session.run("GRANT INSERT ON public.loaded TO loader")
    assert fails(loader, "COPY public.loaded FROM 's3://lake/nothing/' IAM_ROLE default").sqlstate == "58030"
    assert fails(loader, unload).sqlstate == "42501"


_COLUMNS = (
    TableColumn("a", types.INTEGER),
    TableColumn("b", types.varchar(5)),
    TableColumn("c", types.SUPER),
)
Read = Callable[[Form, str, bytes], list[Any]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def run(form: Form, name: str, content: bytes) -> list[Any]:
        (tmp_path / name).write_bytes(content)
        db = duckdb.connect()
        macros.install(db)
        query = copy_unload.reading([str(tmp_path / name)], form, _COLUMNS)
        return db.execute(query.sql(dialect="duckdb")).fetchall()

    return run


def test_delimited_text_is_read(read: Read) -> None:
    assert read(Form(), "x.txt", b'1|a"b|1\n2||\n') == [(1, 'a"b', "1"), (2, None, None)]


def test_csv_is_read_with_headers_quotes_and_nulls(read: Read) -> None:
    form = Form(format="CSV", header_lines=1, null="NA")
    assert read(form, "x.csv", b'a,b,c\n1,"x,y",[1]\n2,NA,NA\n') == [(1, "x,y", "[1]"), (2, None, None)]


def test_json_is_read_by_name(read: Read) -> None:
    content = b'{"b": "x", "a": 1, "c": {"d": [1]}, "other": 1}\n{"a": 2}\n'
    assert read(Form(format="JSON"), "x.json", content) == [(1, "x", '{"d":[1]}'), (2, None, None)]


def test_text_that_does_not_fit_fails_the_load(read: Read) -> None:
    with pytest.raises(duckdb.Error, match="22001:value too long for type character varying"):
        read(Form(), "x.txt", b"1|abcdef|\n")
