"""Crawlers of a running sandbox, that read its S3."""

import gzip
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.waiting import eventually


def ndjson(*records: Any) -> bytes:
    return gzip.compress(b"".join(json.dumps(record).encode() + b"\n" for record in records))


def parquet(**columns: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def columns(described: dict[str, Any]) -> dict[str, str]:
    return {column["Name"]: column["Type"] for column in described["StorageDescriptor"]["Columns"]}


def tables(lake: Any) -> dict[str, dict[str, Any]]:
    found = lake.client("glue").get_tables(DatabaseName=lake.database)["TableList"]
    return {table["Name"]: table for table in found}


def test_a_lake_is_crawled_and_followed_as_it_changes(lake: Any) -> None:
    for kind, extra in (("follow", {"creator": "c"}), ("like", {"likes": 3_000_000_000})):
        lake.put(f"events/event_type={kind}/dt=2026-11-01/a.gz", ndjson({"id": "1", "event_type": kind, **extra}))
    lake.put("facts/part-0.parquet", parquet(n=[1], tags=[["a"]]))
    lake.put("facts/corrupt.parquet", b"PAR1 and no more")
    lake.put("prices/2026/a.csv", b"id,price\n1,2.5\n2,3\n")
    grouping = {"TableGroupingPolicy": "CombineCompatibleSchemas", "TableLevelConfiguration": 2}
    lake.crawler(
        "",
        Configuration=json.dumps({"Version": 1.0, "Grouping": grouping}),
        SchemaChangePolicy={"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DELETE_FROM_DATABASE"},
    )
    last = lake.crawl()
    assert last["Status"] == "SUCCEEDED"
    found = tables(lake)
    assert {name: (columns(one), [key["Name"] for key in one["PartitionKeys"]]) for name, one in found.items()} == {
        "events": ({"id": "string", "creator": "string", "likes": "bigint"}, ["event_type", "dt"]),
        "facts": ({"n": "bigint", "tags": "array<string>"}, []),
        "prices": ({"id": "bigint", "price": "double"}, ["partition_0"]),
    }
    logged = lake.client("logs").get_log_events(logGroupName=last["LogGroup"], logStreamName=last["LogStream"])
    messages = [event["message"] for event in logged["events"]]
    assert all(message.startswith(f"[{last['MessagePrefix']}] ") for message in messages)
    assert any(f"s3://{lake.bucket}/facts/corrupt.parquet is skipped" in message for message in messages)

    lake.put("events/event_type=follow/dt=2026-11-02/a.gz", ndjson({"id": "2", "event_type": "follow", "source": "x"}))
    lake.client("s3").delete_object(Bucket=lake.bucket, Key="prices/2026/a.csv")
    assert lake.crawl()["Status"] == "SUCCEEDED"
    found = tables(lake)
    assert sorted(found) == ["events", "facts"]
    assert "source" in columns(found["events"])
    partitions = lake.client("glue").get_partitions(
        DatabaseName=lake.database, TableName="events", Expression="event_type = 'follow'"
    )["Partitions"]
    assert [one["Values"] for one in partitions] == [["follow", "2026-11-01"], ["follow", "2026-11-02"]]
    newest = lake.client("glue").list_crawls(CrawlerName=lake.bucket)["Crawls"][0]
    summary = json.loads(newest["Summary"])
    assert (summary["TABLE"], summary["PARTITION"]) == ({"UPDATE": 1, "DELETE": 1}, {"ADD": 1})


def test_a_missing_bucket_is_named_where_users_look(lake: Any) -> None:
    lake.crawler(Targets={"S3Targets": [{"Path": "s3://no-such-bucket-anywhere/x"}]})
    last = lake.crawl()
    assert last["Status"] == "FAILED"
    assert "no-such-bucket-anywhere" in last["ErrorMessage"]
    assert "NoSuchBucket" in last["ErrorMessage"]


def test_a_crawler_is_busy_until_it_is_stopped(lake: Any) -> None:
    glue = lake.client("glue")
    for number in range(60):
        lake.put(f"t/dt={number}/a", ndjson({"n": number}))
    name = lake.crawler("t")
    glue.start_crawler(Name=name)
    with pytest.raises(glue.exceptions.CrawlerRunningException, match=name):
        glue.start_crawler(Name=name)
    glue.stop_crawler(Name=name)
    assert lake.ended()["Status"] == "CANCELLED"
    history = eventually(
        lambda: glue.list_crawls(CrawlerName=name)["Crawls"], bool, timeout=10, what="the crawl in the history"
    )
    assert [crawl["State"] for crawl in history] == ["STOPPED"]
