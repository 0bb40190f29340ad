"""`sandbox sql` over tables that are found through the Data Catalog."""

import io
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from amp_sandbox.errors import SandboxError
from amp_sandbox.lake import open_lake

PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


@pytest.fixture
def table(sandbox, client):
    """A table of amp_transformed, partitioned by day, with a row each; answers its name and its keys."""
    s3, glue = client("s3"), client("glue")
    name = f"t_{uuid.uuid4().hex[:8]}"
    root = f"s3://{sandbox.transformed_bucket}/{name}"
    storage = {
        "Columns": [{"Name": "id", "Type": "bigint"}, {"Name": "price", "Type": "decimal(10,2)"}],
        "SerdeInfo": {"SerializationLibrary": PARQUET},
    }
    keys = [{"Name": "dt", "Type": "date"}]
    described = {"Name": name, "StorageDescriptor": {**storage, "Location": f"{root}/"}, "PartitionKeys": keys}
    glue.create_table(DatabaseName="amp_transformed", TableInput=described)
    objects = []
    for number, day in enumerate(("2026-11-22", "2026-11-23"), 1):
        body = io.BytesIO()
        pq.write_table(pa.table({"id": [number]}), body)
        objects.append(f"{name}/dt={day}/part-0.parquet")
        s3.put_object(Bucket=sandbox.transformed_bucket, Key=objects[-1], Body=body.getvalue())
        partition = {"Values": [day], "StorageDescriptor": {**storage, "Location": f"{root}/dt={day}/"}}
        glue.create_partition(DatabaseName="amp_transformed", TableName=name, PartitionInput=partition)
    yield name, objects
    for key in objects:
        s3.delete_object(Bucket=sandbox.transformed_bucket, Key=key)
    glue.delete_table(DatabaseName="amp_transformed", Name=name)


def read(settings, sql):
    with open_lake(settings) as lake:
        return [row for result in lake.query(sql) for row in result.rows]


def test_a_table_is_queried_by_its_name_with_the_catalogues_types(sandbox, table):
    name, _ = table
    sql = f"SELECT id, price, dt::varchar FROM amp_transformed.{name} ORDER BY id"
    assert read(sandbox, sql) == [(1, None, "2026-11-22"), (2, None, "2026-11-23")]
    assert read(sandbox, f"SELECT id FROM {name} WHERE dt = '2026-11-23'") == [(2,)]
    kinds = [row[:2] for row in read(sandbox, f"DESCRIBE amp_transformed.{name}")]
    assert kinds == [("id", "BIGINT"), ("price", "DECIMAL(10,2)"), ("dt", "DATE")]
    assert (name,) in read(sandbox, "SHOW TABLES")


def test_a_table_whose_data_has_gone_says_so(sandbox, client, table):
    name, objects = table
    for key in objects:
        client("s3").delete_object(Bucket=sandbox.transformed_bucket, Key=key)
    with pytest.raises(SandboxError) as error:
        read(sandbox, f"SELECT count(*) FROM amp_transformed.{name}")
    assert f"amp_transformed.{name}: there are no objects at s3://{sandbox.transformed_bucket}/{name}/" in str(
        error.value
    )


def test_an_object_that_is_no_parquet_is_named(sandbox, client, table):
    name, objects = table
    client("s3").put_object(Bucket=sandbox.transformed_bucket, Key=objects[0], Body=b"PAR1 half")
    with pytest.raises(SandboxError) as error:
        read(sandbox, f"SELECT * FROM amp_transformed.{name}")
    assert objects[0] in str(error.value)
