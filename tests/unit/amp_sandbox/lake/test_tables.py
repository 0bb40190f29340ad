import gzip
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from amp_sandbox.lake import connection
from amp_sandbox.lake.tables import Partition, UnreadableError, duckdb_type, reading, typed, unreadable

PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
JSON = "org.openx.data.jsonserde.JsonSerDe"
CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"


def table(root: Path, serde: str, columns: dict[str, str], keys: dict[str, str] | None = None, **options: str) -> Any:
    return {
        "Name": "t",
        "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in (keys or {}).items()],
        "StorageDescriptor": {
            "Location": f"{root}/",
            "Columns": [{"Name": name, "Type": kind} for name, kind in columns.items()],
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": options},
        },
    }


def rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.local() as db:
        return list(db.execute(sql).fetchall())


def read(described: Any, objects: list[Path], partitions: list[Partition] | None = None) -> list[tuple[Any, ...]]:
    found = typed(described)
    places = partitions if partitions is not None else [Partition((), found.location)]
    return rows(reading(found, [str(path) for path in objects], places))


@pytest.mark.parametrize(
    ("hive", "expected"),
    [
        ("boolean", "BOOLEAN"),
        ("tinyint", "TINYINT"),
        ("int", "INTEGER"),
        ("bigint", "BIGINT"),
        ("float", "FLOAT"),
        ("double", "DOUBLE"),
        ("decimal(12,2)", "DECIMAL(12, 2)"),
        ("string", "VARCHAR"),
        ("varchar(10)", "VARCHAR"),
        ("binary", "BLOB"),
        ("date", "DATE"),
        ("timestamp", "TIMESTAMP"),
        ("array<array<int>>", "INTEGER[][]"),
        ("map<string,array<double>>", "MAP(VARCHAR, DOUBLE[])"),
        ("struct<a:int,b:struct<c:string>>", 'STRUCT("a" INTEGER, "b" STRUCT("c" VARCHAR))'),
    ],
)
def test_hive_types_become_those_of_duckdb(hive: str, expected: str) -> None:
    """https://docs.aws.amazon.com/athena/latest/ug/data-types.html"""
    assert duckdb_type(hive) == expected
    rows(f"SELECT NULL::{expected}")


def test_a_type_that_is_not_known_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="uniontype"):
        typed(table(tmp_path, PARQUET, {"a": "uniontype<int,string>"}))


def test_parquet_has_the_columns_and_types_of_the_catalogue(tmp_path: Path) -> None:
    old, new = tmp_path / "1.parquet", tmp_path / "2.parquet"
    pq.write_table(pa.table({"id": pa.array([1], pa.int32()), "gone": ["x"]}), old)
    pq.write_table(pa.table({"price": [Decimal("1.50")], "id": pa.array([2], pa.int64())}), new)
    described = table(tmp_path, PARQUET, {"id": "bigint", "price": "decimal(10,2)", "never": "array<string>"})
    assert sorted(read(described, [old, new])) == [(1, None, None), (2, Decimal("1.50"), None)]


def test_json_lines_have_the_columns_and_types_of_the_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "1.gz"
    lines = [{"id": 1, "at": "2026-11-22T10:00:00.5Z", "device": {"os": "ios"}, "extra": 1}, {"id": 2}]
    path.write_bytes(gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode()))
    described = table(tmp_path, JSON, {"id": "int", "at": "timestamp", "device": "struct<os:string>"})
    assert read(described, [path]) == [
        (1, datetime(2026, 11, 22, 10, 0, 0, 500_000), {"os": "ios"}),  # noqa: DTZ001 - as DuckDB answers
        (2, None, None),
    ]


def test_csv_is_read_as_the_catalogue_describes_it(tmp_path: Path) -> None:
    path = tmp_path / "1.csv"
    path.write_text('Number;Name\n1;"a;b"\n2;c\n')
    options = {"separatorChar": ";", "quoteChar": '"', "skip.header.line.count": "1"}
    assert read(table(tmp_path, CSV, {"n": "bigint", "name": "string"}, **options), [path]) == [(1, "a;b"), (2, "c")]


def test_partitions_have_the_values_of_the_catalogue_wherever_they_are(tmp_path: Path) -> None:
    places = {"2026-11-22": tmp_path / "dt=2026-11-22", "2026-11-23": tmp_path / "moved" / "elsewhere"}
    for number, folder in enumerate(places.values()):
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"n": [number]}), folder / "p.parquet")
    partitions = [Partition((value,), f"{folder}/") for value, folder in places.items()]
    described = table(tmp_path, PARQUET, {"n": "bigint"}, {"dt": "date"})
    objects = [folder / "p.parquet" for folder in places.values()]
    assert sorted(read(described, objects, partitions)) == [(0, date(2026, 11, 22)), (1, date(2026, 11, 23))]


def test_objects_of_no_partition_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "dt=2026-11-22" / "p.parquet"
    path.parent.mkdir()
    pq.write_table(pa.table({"n": [1]}), path)
    described = table(tmp_path, PARQUET, {"n": "bigint"}, {"dt": "date"})
    assert read(described, [path], [Partition(("2026-11-23",), f"{tmp_path}/dt=2026-11-23")]) == []
    assert read(described, [path], []) == []


def test_hives_null_partition_is_null(tmp_path: Path) -> None:
    path = tmp_path / "dt=__HIVE_DEFAULT_PARTITION__" / "p.parquet"
    path.parent.mkdir()
    pq.write_table(pa.table({"n": [1]}), path)
    described = table(tmp_path, PARQUET, {"n": "bigint"}, {"dt": "date"})
    assert read(described, [path], [Partition(("__HIVE_DEFAULT_PARTITION__",), str(path.parent))]) == [(1, None)]


def test_a_filter_on_a_partition_reads_no_object_of_another(tmp_path: Path) -> None:
    good, broken = tmp_path / "dt=1" / "p.parquet", tmp_path / "dt=2" / "p.parquet"
    for path in (good, broken):
        path.parent.mkdir()
        pq.write_table(pa.table({"n": [1]}), path)
    found = typed(table(tmp_path, PARQUET, {"n": "bigint"}, {"dt": "int"}))
    sql = reading(found, [str(good), str(broken)], [Partition((d,), f"{tmp_path}/dt={d}") for d in "12"])
    plan = rows(f"EXPLAIN SELECT * FROM ({sql}) WHERE dt = 1")[0][1]
    assert plan.count("Function:") == 1


def test_an_unreadable_table_says_why_when_it_is_read_and_not_before(tmp_path: Path) -> None:
    found = typed(table(tmp_path, PARQUET, {"n": "bigint"}, {"dt": "date"}))
    with connection.local() as db:
        db.execute("CREATE VIEW v AS " + unreadable(found, "it's gone"))
        assert [row[:2] for row in db.execute("DESCRIBE v").fetchall()] == [("n", "BIGINT"), ("dt", "DATE")]
        for sql in (
            "SELECT * FROM v",
            "SELECT count(*) FROM v",
            "SELECT dt FROM v WHERE n > 3",
            "SELECT 1 FROM v WHERE n IS NULL",
        ):
            with pytest.raises(duckdb.Error, match="it's gone"):
                db.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("serde", "parameters", "kind"),
    [
        (PARQUET, {}, "parquet"),
        (JSON, {"classification": "json"}, "json"),
        ("org.apache.hive.hcatalog.data.JsonSerDe", {}, "json"),
        (CSV, {}, "csv"),
        ("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", {}, "csv"),
        ("", {"classification": "parquet"}, "parquet"),
    ],
)
def test_the_format_is_that_of_the_serde(tmp_path: Path, serde: str, parameters: dict[str, str], kind: str) -> None:
    assert typed(table(tmp_path, serde, {"a": "int"}) | {"Parameters": parameters}).kind == kind


@pytest.mark.parametrize(
    ("serde", "told"), [("", "does not say"), ("org.apache.hadoop.hive.ql.io.orc.OrcSerde", "orc")]
)
def test_a_format_that_is_not_supported_is_named(tmp_path: Path, serde: str, told: str) -> None:
    with pytest.raises(UnreadableError, match=told):
        typed(table(tmp_path, serde, {"a": "int"}))


def test_what_the_catalogue_calls_things_is_never_sql(tmp_path: Path) -> None:
    path = tmp_path / "it's.parquet"
    odd = "a\"b'c"
    pq.write_table(pa.table({odd: [1]}), path)
    described = table(tmp_path, PARQUET, {odd: "bigint"}, {"k": "string"})
    assert read(described, [path], [Partition(("'); DROP SCHEMA raw; --",), str(tmp_path))]) == [
        (1, "'); DROP SCHEMA raw; --")
    ]
