"""A delivery stream converts its records to Parquet, by a table of the Glue Data Catalog."""

import io
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.delivery_streams import DeliveryStreams, Lake

COLUMNS = {
    "event_id": "string",
    "listeners": "int",
    "price": "decimal(6,2)",
    "at": "timestamp",
    "show": "struct<show_id:string,tags:array<string>,scores:map<string,double>>",
}


@pytest.fixture
def table(client: Callable[[str], Any]) -> Iterator[dict[str, str]]:
    """A Glue table of `COLUMNS`, as a delivery stream names it."""
    glue, database = client("glue"), f"lake_{uuid.uuid4().hex[:8]}"
    glue.create_database(DatabaseInput={"Name": database})
    columns = [{"Name": name, "Type": kind} for name, kind in COLUMNS.items()]
    glue.create_table(DatabaseName=database, TableInput={"Name": "events", "StorageDescriptor": {"Columns": columns}})
    yield {"DatabaseName": database, "TableName": "events"}
    glue.delete_database(Name=database)


def conversion(lake: Lake, table: dict[str, str]) -> dict[str, Any]:
    return {
        "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 1},
        "DataFormatConversionConfiguration": {
            "SchemaConfiguration": {"RoleARN": lake.role_arn, **table},
            "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
            "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
        },
    }


def test_records_land_as_parquet_with_the_tables_types_and_misfits_in_the_error_output(
    lake: Lake, streams: DeliveryStreams, table: dict[str, str]
) -> None:
    name = streams.create(
        **conversion(lake, table),
        Prefix="parquet/",
        ErrorOutputPrefix="parquet-errors/!{firehose:error-output-type}/",
    )
    show = {"show_id": "show_1", "tags": ["jazz", "live"], "scores": {"funk": 0.5}}
    good = {"event_id": "a", "listeners": 7, "price": 12.5, "at": "2026-11-22T10:00:00.250Z", "show": show}
    misfit = json.dumps(good | {"listeners": "many"}).encode()
    streams.put(name, json.dumps(good).encode(), misfit, b'{"event_id": "b"}')

    (body,) = lake.landed("parquet/").values()
    found = pq.read_table(io.BytesIO(body))
    nested = {"show_id": pa.string(), "tags": pa.list_(pa.string()), "scores": pa.map_(pa.string(), pa.float64())}
    assert {field.name: field.type for field in found.schema} == {
        "event_id": pa.string(),
        "listeners": pa.int32(),
        "price": pa.decimal128(6, 2),
        "at": pa.timestamp("ms"),
        "show": pa.struct(list(nested.items())),
    }
    nothing = dict.fromkeys(COLUMNS)
    assert found.to_pylist() == [
        {
            "event_id": "a",
            "listeners": 7,
            "price": Decimal("12.50"),
            "at": datetime(2026, 11, 22, 10, 0, 0, 250_000, UTC).replace(tzinfo=None),
            "show": show | {"scores": [("funk", 0.5)]},
        },
        nothing | {"event_id": "b"},
    ]

    (errors,) = lake.landed("parquet-errors/format-conversion-failed/").values()
    (line,) = [json.loads(line) for line in errors.splitlines()]
    assert line["lastErrorCode"] == "DataFormatConversion.InvalidData"
    assert "listeners" in line["lastErrorMessage"]


def test_a_later_version_of_the_table_leaves_a_stream_of_an_earlier_one_alone(
    client: Callable[[str], Any], lake: Lake, streams: DeliveryStreams, table: dict[str, str]
) -> None:
    wider = {"Columns": [{"Name": "event_id", "Type": "string"}, {"Name": "added", "Type": "bigint"}]}
    client("glue").update_table(
        DatabaseName=table["DatabaseName"], TableInput={"Name": "events", "StorageDescriptor": wider}
    )
    landed = {}
    for version in ("0", "1"):
        name = streams.create(**conversion(lake, table | {"VersionId": version}))
        streams.put(name, b'{"event_id": "a", "added": 1}')
        (body,) = lake.landed(f"{name}/data/").values()
        landed[version] = pq.read_schema(io.BytesIO(body)).names
    assert landed == {"0": list(COLUMNS), "1": ["event_id", "added"]}
