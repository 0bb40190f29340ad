from collections.abc import Callable, Iterator
from typing import Any

import pytest

from amp_sandbox import aws
from amp_sandbox.errors import SandboxError
from amp_sandbox.lake import Lake, connection
from amp_sandbox.lake.catalog import Catalog
from amp_sandbox.settings import Settings


class EntityNotFoundError(Exception):
    pass


class Paged:
    def __init__(self, pages: Callable[..., list[dict[str, Any]]]) -> None:
        self.paginate = pages


class FakeGlue:
    """Tables by database; remembers whose partitions were asked for."""

    class exceptions:  # noqa: N801 - as boto3 has it
        EntityNotFoundException = EntityNotFoundError

    def __init__(self, **databases: list[dict[str, Any]]) -> None:
        self.databases, self.asked = databases, list[str]()

    def get_paginator(self, operation: str) -> Paged:
        return Paged({"get_tables": self._tables, "get_partitions": self._partitions}[operation])

    def _tables(self, *, DatabaseName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        if DatabaseName not in self.databases:
            raise EntityNotFoundError
        yield {"TableList": self.databases[DatabaseName]}

    def _partitions(self, *, DatabaseName: str, TableName: str, ExcludeColumnSchema: bool) -> Any:  # noqa: N803
        assert ExcludeColumnSchema
        self.asked.append(f"{DatabaseName}.{TableName}")
        location = f"s3://bucket/{TableName}/dt=1"
        return [{"Partitions": [{"Values": ["1"], "StorageDescriptor": {"Location": location}}]}]


class FakeS3:
    """Objects of one bucket; remembers which prefixes were listed."""

    class exceptions:  # noqa: N801 - as boto3 has it
        NoSuchBucket = KeyError

    def __init__(self, *keys: str) -> None:
        self.keys, self.listed = keys, list[str]()

    def get_paginator(self, _: str) -> Paged:
        return Paged(self._list)

    def _list(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        if Bucket != "bucket":
            raise KeyError(Bucket)
        self.listed.append(Prefix)
        yield {"Contents": [{"Key": key, "Size": 1} for key in self.keys if key.startswith(Prefix)]}


def described(name: str, *, bucket: str = "bucket", keys: bool = True, serde: str = "ParquetHiveSerDe") -> Any:
    return {
        "Name": name,
        "PartitionKeys": [{"Name": "dt", "Type": "int"}] if keys else [],
        "StorageDescriptor": {
            "Location": f"s3://{bucket}/{name}/",
            "Columns": [{"Name": "id", "Type": "bigint"}],
            "SerdeInfo": {"SerializationLibrary": serde},
        },
    }


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Lake]]:
    """A lake over a fake Glue and a fake S3, whose objects cannot be read."""
    with connection.local() as db:

        def made(glue: FakeGlue, s3: FakeS3) -> Lake:
            monkeypatch.setattr(aws, "client", lambda _, service: {"glue": glue, "s3": s3}[service])
            db.execute("CREATE SCHEMA raw")
            catalog = Catalog(Settings(), db)
            db.execute(f"SET search_path = '{','.join(('raw', *catalog.open()))}'")
            return Lake(db, catalog)

        yield made


def read(lake: Lake, sql: str) -> list[tuple[Any, ...]]:
    return [row for result in lake.query(sql) for row in result.rows]


def test_all_tables_are_listed_and_described_and_no_data_is_looked_up(lake: Callable[..., Lake]) -> None:
    glue, s3 = FakeGlue(amp_raw=[described("users")], amp_transformed=[described("sessions")]), FakeS3()
    opened = lake(glue, s3)
    assert read(opened, "SHOW TABLES") == [("sessions",), ("users",)]
    assert [row[:2] for row in read(opened, "SELECT column_name, data_type FROM duckdb_columns() ORDER BY 1")][:2]
    assert (glue.asked, s3.listed) == ([], [])


def test_only_the_tables_that_a_statement_names_are_looked_up_and_once(lake: Callable[..., Lake]) -> None:
    tables = [described("sessions"), described("users"), described("events_like_sent")]
    glue, s3 = FakeGlue(amp_transformed=tables), FakeS3("sessions/dt=1/p.parquet")
    opened = lake(glue, s3)
    for _ in range(2):
        with pytest.raises(SandboxError, match=r"The query failed"):  # there is no bucket to read from
            read(opened, "WITH x AS (SELECT * FROM amp_transformed.Sessions) SELECT * FROM x")
    assert (glue.asked, s3.listed) == (["amp_transformed.sessions"], ["sessions/"])


@pytest.mark.parametrize("bucket", ["bucket", "no-such-bucket"])
def test_a_table_whose_data_has_gone_says_so_and_is_in_nobodys_way(lake: Callable[..., Lake], bucket: str) -> None:
    opened = lake(FakeGlue(amp_raw=[described("users", bucket=bucket, keys=False)]), FakeS3())
    with pytest.raises(SandboxError) as error:
        read(opened, "SELECT * FROM amp_raw.users")
    assert f"amp_raw.users: there are no objects at s3://{bucket}/users/" in str(error.value)
    assert read(opened, "SELECT 'users'") == [("users",)]


def test_hidden_objects_are_no_data(lake: Callable[..., Lake]) -> None:
    hidden = FakeS3("users/_SUCCESS", "users/dt=1/.part.crc", "users/_temporary/0/p.parquet")
    with pytest.raises(SandboxError) as error:
        read(lake(FakeGlue(amp_raw=[described("users", keys=False)]), hidden), "FROM amp_raw.users")
    assert "there are no objects" in str(error.value)


def test_a_table_that_cannot_be_read_says_why(lake: Callable[..., Lake]) -> None:
    opened = lake(FakeGlue(amp_raw=[described("users", serde="OrcSerde"), described("shows")]), FakeS3())
    with pytest.raises(SandboxError) as error:
        read(opened, "FROM amp_raw.users")
    assert "amp_raw.users: its format, orcserde, is not supported here" in str(error.value)


def test_a_name_that_only_sql_puts_together_is_asked_for(lake: Callable[..., Lake]) -> None:
    opened = lake(FakeGlue(amp_raw=[described("users")]), FakeS3("users/dt=1/p.parquet"))
    with pytest.raises(SandboxError) as error:
        read(opened, "FROM query_table('us' || 'ers')")
    assert "name it in the statement that reads it" in str(error.value)


def test_databases_that_are_not_there_are_no_schemas(lake: Callable[..., Lake]) -> None:
    opened = lake(FakeGlue(), FakeS3())
    assert read(opened, "SHOW TABLES") == []
    with pytest.raises(SandboxError) as error:
        read(opened, "FROM amp_raw.users")
    assert error.value.hint is not None
    assert "SHOW TABLES" in error.value.hint
