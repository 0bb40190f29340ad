"""The Data Catalog as the Glue stand-in has it, over a list of keys that stands for S3."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from amp_sandbox.glue.service import open_service
from amp_sandbox.settings import Settings
from amp_sandbox.standins.service import Service
from amp_sandbox.warehouse import types
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.external.glue import GlueCatalog
from amp_sandbox.warehouse.external.hive import redshift_type
from amp_sandbox.warehouse.external.interface import Partition

_PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}


class FakeS3:
    """Lists keys, one a page, and remembers the prefixes it was asked for."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = keys
        self.asked: list[str] = []

    def get_paginator(self, _name: str) -> "FakeS3":
        return self

    def paginate(self, **given: str) -> Iterator[dict[str, Any]]:
        self.asked.append(given["Prefix"])
        found = [one for one in self.keys if one.startswith(given["Prefix"])]
        return iter([{"Contents": [{"Key": one, "Size": len(one)}]} for one in found] or [{}])


@pytest.fixture
def glue(serve: Callable[[Sequence[Service]], str], client_of: Callable[..., Any], tmp_path: Path) -> Any:
    client = client_of("glue", serve([open_service(Settings(home=tmp_path))]))
    client.create_database(DatabaseInput={"Name": "amp_raw"})
    return client


def _table(glue: Any, name: str, columns: dict[str, str], keys: dict[str, str] | None = None, **storage: Any) -> None:
    listed = [{"Name": one, "Type": kind} for one, kind in columns.items()]
    glue.create_table(
        DatabaseName="amp_raw",
        TableInput={
            "Name": name,
            "PartitionKeys": [{"Name": one, "Type": kind} for one, kind in (keys or {}).items()],
            "StorageDescriptor": {"Columns": listed, "Location": f"s3://lake/{name}", **(storage or _PARQUET)},
        },
    )


def test_a_table_has_redshifts_types(glue: Any) -> None:
    _table(glue, "shows", {"id": "bigint", "Title": "string", "tags": "array<string>"}, {"dt": "date"})
    found = GlueCatalog(glue, FakeS3([])).table("amp_raw", "shows")
    assert found is not None
    assert [(one.name, one.type.sql()) for one in found.columns] == [
        ("id", "bigint"),
        ("title", "character varying(65535)"),
        ("tags", "super"),
        ("dt", "date"),
    ]
    assert (found.location, found.format, found.keys, found.nested) == (
        "s3://lake/shows/",
        "parquet",
        ("dt",),
        {"tags"},
    )


def test_what_is_not_there_or_cannot_be_read_says_so(glue: Any) -> None:
    catalog = GlueCatalog(glue, FakeS3([]))
    assert catalog.table("amp_raw", "nothing") is None
    assert catalog.table("nowhere", "nothing") is None
    _table(
        glue, "odd", {"a": "string"}, SerdeInfo={"SerializationLibrary": "org.apache.hadoop.hive.ql.io.orc.OrcSerde"}
    )
    with pytest.raises(SqlError, match="the format of the external table odd"):
        catalog.table("amp_raw", "odd")


def test_partitions_and_their_objects(glue: Any) -> None:
    _table(glue, "events", {"a": "int"}, {"dt": "string", "kind": "string"})
    for dt in ("2024-01-01", "2024-01-02"):
        glue.create_partition(
            DatabaseName="amp_raw",
            TableName="events",
            PartitionInput={
                "Values": [dt, "x"],
                "StorageDescriptor": {"Location": f"s3://lake/events/dt={dt}/kind=x/"},
            },
        )
    s3 = FakeS3(
        [
            "events/dt=2024-01-01/kind=x/a.parquet",
            "events/dt=2024-01-01/kind=x/_SUCCESS",
            "events/dt=2024-01-01/kind=x/_temporary/b.parquet",
            "events/dt=2024-01-01/kind=x/.hidden",
            "events/dt=2024-01-01/kind=xy/other.parquet",
            "events/dt=2024-01-02/kind=x/b.parquet",
            "events/stray.parquet",
        ]
    )
    catalog = GlueCatalog(glue, s3)
    table = catalog.table("amp_raw", "events")
    assert table is not None
    partitions = catalog.partitions(table)
    assert list(partitions) == [
        Partition(("2024-01-01", "x"), "s3://lake/events/dt=2024-01-01/kind=x/"),
        Partition(("2024-01-02", "x"), "s3://lake/events/dt=2024-01-02/kind=x/"),
    ]
    assert list(catalog.files([one.location for one in partitions])) == [
        ["s3://lake/events/dt=2024-01-01/kind=x/a.parquet"],
        ["s3://lake/events/dt=2024-01-02/kind=x/b.parquet"],
    ]


def test_many_places_are_listed_together(glue: Any) -> None:
    s3 = FakeS3([f"events/dt={n}/x.parquet" for n in range(40)])
    found = GlueCatalog(glue, s3).files([f"s3://lake/events/dt={n}/" for n in range(40)])
    assert [list(one) for one in found] == [[f"s3://lake/events/dt={n}/x.parquet"] for n in range(40)]
    assert s3.asked == ["events/"]


@pytest.mark.parametrize(
    ("hive", "sql"),
    [
        ("decimal(10,2)", "numeric(10,2)"),
        ("varchar(20)", "character varying(20)"),
        ("char(3)", "character(3)"),
        ("map<string,int>", "super"),
        ("STRUCT<a:int>", "super"),
        ("float", "real"),
    ],
)
def test_types(hive: str, sql: str) -> None:
    assert redshift_type(hive).sql() == sql


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(SqlError, match="uniontype"):
        redshift_type("uniontype<int,string>")
    assert redshift_type("binary") == types.VARBYTE
