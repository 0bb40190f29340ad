"""Crawls of a bucket in memory, from StartCrawler to the tables that they make."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from support.glue_fakes import gzipped, ndjson, parquet

pytestmark = pytest.mark.filterwarnings("ignore:.*does not match an error shape")

COMBINED = json.dumps({"Version": 1.0, "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"}})
INHERITED = json.dumps({"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}})
NEW_COLUMNS = json.dumps({"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}})
DELETE = {"SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DELETE_FROM_DATABASE"}}
LOG = {"SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}}


def leveled(level: int) -> str:
    grouping = {"TableGroupingPolicy": "CombineCompatibleSchemas", "TableLevelConfiguration": level}
    return json.dumps({"Version": 1.0, "Grouping": grouping})


def columns(described: dict[str, Any]) -> dict[str, str]:
    return {column["Name"]: column["Type"] for column in described["StorageDescriptor"]["Columns"]}


def keys(table: dict[str, Any]) -> list[str]:
    return [key["Name"] for key in table["PartitionKeys"]]


@pytest.fixture(autouse=True)
def bucket(glue: Any) -> Iterator[Any]:
    """The bucket `lake`, empty at the beginning of each test."""
    glue.aws.s3.__init__()
    yield glue.aws.s3


def test_gzipped_json_in_hive_folders_is_a_partitioned_table(glue: Any, bucket: Any) -> None:
    bucket.put("shows/dt=2026-11-01/a.gz", gzipped({"id": 1, "at": "2026-11-01T10:00:00Z", "tags": ["a"]}))
    bucket.put("shows/dt=2026-11-02/b.gz", gzipped({"id": 3_000_000_000, "at": None, "tags": []}, {"id": 2}))
    name = glue.crawler("shows/")
    last = glue.crawl(name)
    assert last["Status"] == "SUCCEEDED"
    tables = glue.tables(name)
    assert list(tables) == ["shows"]
    table = tables["shows"]
    assert columns(table) == {"id": "bigint", "at": "string", "tags": "array<string>"}
    assert table["PartitionKeys"] == [{"Name": "dt", "Type": "string"}]
    assert table["TableType"] == "EXTERNAL_TABLE"
    storage = table["StorageDescriptor"]
    assert storage["Location"] == "s3://lake/shows/"
    assert storage["Compressed"] is True
    # https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html
    assert storage["SerdeInfo"]["SerializationLibrary"] == "org.openx.data.jsonserde.JsonSerDe"
    size = sum(len(body) for body in bucket.objects["lake"].values())
    assert table["Parameters"] == {
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": name,
        "averageRecordSize": str(size // 3),
        "classification": "json",
        "compressionType": "gzip",
        "objectCount": "2",
        "recordCount": "3",
        "sizeKey": str(size),
        "typeOfData": "file",
    }
    partitions = glue.partitions(name, "shows")
    assert {values: columns(one) for values, one in partitions.items()} == {
        ("2026-11-01",): {"id": "int", "at": "string", "tags": "array<string>"},
        ("2026-11-02",): {"id": "bigint", "at": "string", "tags": "array<string>"},
    }
    location = partitions["2026-11-01",]["StorageDescriptor"]["Location"]
    assert location == "s3://lake/shows/dt=2026-11-01/"


def test_partitions_inherit_the_tables_columns_when_told_to(glue: Any, bucket: Any) -> None:
    bucket.put("t/dt=1/a", ndjson({"a": 1, "b": 1, "c": 1, "d": 1}))
    bucket.put("t/dt=2/a", ndjson({"a": 1.5, "b": 1, "c": 1, "e": "x"}))
    name = glue.crawler("t", Configuration=INHERITED)
    glue.crawl(name)
    expected = {"a": "double", "b": "int", "c": "int", "d": "int", "e": "string"}
    assert columns(glue.tables(name)["t"]) == expected
    assert [columns(one) for one in glue.partitions(name, "t").values()] == [expected, expected]


def test_folders_of_too_little_in_common_are_tables_and_partitions_of_one_when_combined(glue: Any, bucket: Any) -> None:
    # The example of https://docs.aws.amazon.com/glue/latest/dg/crawler-grouping-policy.html
    bucket.put("table1/year=2017/data1.json", ndjson({"A": 1, "B": 2}))
    bucket.put("table1/year=2018/data2.json", ndjson({"C": 3, "D": 4}))
    apart, together = glue.crawler("table1/"), glue.crawler("table1/", Configuration=COMBINED)
    glue.crawl(apart)
    glue.crawl(together)
    assert {one: columns(table) for one, table in glue.tables(apart).items()} == {
        "year_2017": {"a": "int", "b": "int"},
        "year_2018": {"c": "int", "d": "int"},
    }
    table = glue.tables(together)["table1"]
    assert columns(table) == {"a": "int", "b": "int", "c": "int", "d": "int"}
    assert keys(table) == ["year"]
    assert sorted(glue.partitions(together, "table1")) == [("2017",), ("2018",)]


def test_the_raw_bucket_is_a_table_for_each_target(glue: Any, bucket: Any) -> None:
    for kind, extra in (("follow_created", {"creator_id": "c"}), ("like_sent", {"show_id": "s", "likes": 3})):
        for day in ("2026-11-01", "2026-11-02"):
            event = {"event_id": "e", "event_type": kind, "event_time": f"{day}T00:00:00Z", **extra}
            bucket.put(f"app_events/event_type={kind}/dt={day}/x.gz", gzipped(event))
    bucket.put("show_catalog/dt=2026-11-01/x.gz", gzipped({"change_id": "c", "tags": []}))
    for kind in ("shows", "creators"):
        bucket.put(f"snapshots/{kind}/dt=2026-11-01/{kind}.ndjson.gz", gzipped({f"{kind}_id": 1}))
    bucket.put("errors/processing-failed/x", b"not read")
    targets = ("app_events/", "show_catalog/", "snapshots/shows/", "snapshots/creators/")
    name = glue.crawler(*targets, Configuration=leveled(2))
    assert glue.crawl(name)["Status"] == "SUCCEEDED"
    tables = glue.tables(name)
    assert {one: keys(table) for one, table in tables.items()} == {
        "app_events": ["event_type", "dt"],
        "creators": ["dt"],
        "show_catalog": ["dt"],
        "shows": ["dt"],
    }
    # event_type is in the rows too; a table has it once.
    assert columns(tables["app_events"]) == {
        "event_id": "string",
        "event_time": "string",
        "creator_id": "string",
        "show_id": "string",
        "likes": "int",
    }
    assert sorted(glue.partitions(name, "app_events")) == [
        (kind, day) for kind in ("follow_created", "like_sent") for day in ("2026-11-01", "2026-11-02")
    ]


def test_the_transformed_bucket_is_a_table_for_each_top_folder(glue: Any, bucket: Any) -> None:
    bucket.put("sessions/dt=2026-11-01/part-0.parquet", parquet({"session_id": ["a"], "seconds": [1.5]}))
    bucket.put("users/part-0.parquet", parquet({"user_id": ["a"]}))
    bucket.put("users/_SUCCESS", b"")
    bucket.put("_quarantine/events/dt=2026-11-01/x", ndjson({"line": "x"}))
    bucket.put("_reports/events/dt=2026-11-01.json", ndjson({"job": "events"}))
    name = glue.crawler("", Configuration=leveled(2))
    glue.crawl(name)
    tables = glue.tables(name)
    assert {one: (columns(table), keys(table)) for one, table in tables.items()} == {
        "sessions": ({"session_id": "string", "seconds": "double"}, ["dt"]),
        "users": ({"user_id": "string"}, []),
    }
    assert tables["users"]["StorageDescriptor"]["Location"] == "s3://lake/users/"


def test_parquet_has_its_own_types(glue: Any, bucket: Any) -> None:
    body = parquet(
        {"n": [1], "price": [None], "at": [None], "day": [None], "m": [[("a", 1)]], "s": [{"x": [1]}]},
        n=pa.int32(),
        price=pa.decimal128(10, 2),
        at=pa.timestamp("us"),
        day=pa.date32(),
        m=pa.map_(pa.string(), pa.int64()),
    )
    bucket.put("facts/part-0.snappy.parquet", body)
    name = glue.crawler("facts")
    glue.crawl(name)
    table = glue.tables(name)["facts"]
    assert columns(table) == {
        "n": "int",
        "price": "decimal(10,2)",
        "at": "timestamp",
        "day": "date",
        "m": "map<string,bigint>",
        "s": "struct<x:array<bigint>>",
    }
    serde = table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"]
    assert serde == "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    assert (table["Parameters"]["classification"], table["Parameters"]["recordCount"]) == ("parquet", "1")


def test_folders_without_keys_are_numbered_partitions(glue: Any, bucket: Any) -> None:
    for path in ("2026/11/01", "2026/11/02", "2027/01/01"):
        bucket.put(f"logs/{path}/x.csv", b"id,price\n1,2.5\n2,3\n")
    name = glue.crawler("logs", TablePrefix="raw_")
    glue.crawl(name)
    table = glue.tables(name)["raw_logs"]
    assert keys(table) == ["partition_0", "partition_1", "partition_2"]
    assert sorted(glue.partitions(name, "raw_logs")) == [
        ("2026", "11", "01"),
        ("2026", "11", "02"),
        ("2027", "01", "01"),
    ]
    assert table["Parameters"]["skip.header.line.count"] == "1"
    assert table["StorageDescriptor"]["SerdeInfo"] == {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ","},
    }


def test_folders_of_different_formats_are_tables_of_their_own(glue: Any, bucket: Any) -> None:
    bucket.put("in/orders/x.json", ndjson({"a": 1}))
    bucket.put("in/prices/x.csv", b"id,price\n1,2.5\n2,3\n")
    name = glue.crawler("in")
    glue.crawl(name)
    classes = {one: table["Parameters"]["classification"] for one, table in glue.tables(name).items()}
    assert classes == {"orders": "json", "prices": "csv"}


def test_exclusions_keep_objects_out(glue: Any, bucket: Any) -> None:
    bucket.put("t/a.json", ndjson({"a": 1}))
    bucket.put("t/tmp/b.json", ndjson({"b": 1}))
    bucket.put("t/c.csv", b"id,price\n1,2.5\n2,3\n")
    target = {"Path": "s3://lake/t/", "Exclusions": ["tmp/**", "*.csv"]}
    name = glue.crawler(Targets={"S3Targets": [target]})
    glue.crawl(name)
    table = glue.tables(name)["t"]
    assert columns(table) == {"a": "int"}
    assert json.loads(table["Parameters"]["exclusions"]) == ["tmp/**", "*.csv"]


def test_a_bad_object_is_skipped_and_named_in_the_log(glue: Any, bucket: Any) -> None:
    good = gzipped(*({"a": number, "text": f"text {number}"} for number in range(100)))
    bucket.put("t/dt=1/good.gz", good)
    bucket.put("t/dt=1/corrupt.gz", good[:40] + b"\0\0\0" + good[43:])
    bucket.put("t/dt=1/short.gz", good[:-20])
    bucket.put("t/dt=1/empty.gz", b"")
    bucket.put("t/dt=2/half.parquet", parquet({"a": [1]})[:-30])
    bucket.put("t/dt=2/binary", b"\x00\x01\x02")
    bucket.put("t/dt=2/broken.json", b'{"a": 1,\n{"b": 2}\n')
    bucket.put("t/dt=2/prose.txt", b"one line\nand another\n")
    bucket.put("t/dt=2/latin.json", b'{"a": "\xe9"}\n')
    name = glue.crawler("t")
    assert glue.crawl(name)["Status"] == "SUCCEEDED"
    assert columns(glue.tables(name)["t"]) == {"a": "int", "text": "string"}
    assert list(glue.partitions(name, "t")) == [("1",)]
    log = glue.log(name)
    for key, reason in (
        ("dt=1/corrupt.gz", "its gzip compression is corrupt"),
        ("dt=1/short.gz", "it ends too early"),
        ("dt=1/empty.gz", "it is empty"),
        ("dt=2/half.parquet", "written only in part"),
        ("dt=2/binary", "it is binary"),
        ("dt=2/broken.json", "UNKNOWN"),
        ("dt=2/prose.txt", "UNKNOWN"),
        ("dt=2/latin.json", "not UTF-8"),
    ):
        (line,) = [line for line in log.splitlines() if f"s3://lake/t/{key}" in line]
        assert reason in line
    summary = json.loads(glue.client.list_crawls(CrawlerName=name)["Crawls"][0]["Summary"])
    assert summary["OBJECT"] == {"LISTED": 9, "READ": 8, "UNCHANGED": 0, "SKIPPED": 8}


def test_a_crawl_that_can_read_nothing_says_so(glue: Any, bucket: Any) -> None:
    bucket.put("t/a", b"\x00")
    name = glue.crawler("t", "nothing")
    assert glue.crawl(name)["Status"] == "SUCCEEDED"
    assert glue.tables(name) == {}
    assert "s3://lake/t has no object that can be read" in glue.log(name)
    assert "s3://lake/nothing has no objects to crawl" in glue.log(name)


def test_mixed_types_in_one_column_are_a_string(glue: Any, bucket: Any) -> None:
    bucket.put("t/a", ndjson({"a": 1, "b": 1}, {"a": "x", "b": 2.5}))
    bucket.put("t/b", ndjson({"a": {"x": 1}, "b": 1}))
    name = glue.crawler("t")
    glue.crawl(name)
    assert columns(glue.tables(name)["t"]) == {"a": "string", "b": "double"}


def test_a_missing_bucket_fails_the_crawl_and_is_named(glue: Any, bucket: Any) -> None:
    bucket.put("t/a", ndjson({"a": 1}))
    targets = {"S3Targets": [{"Path": "s3://lake/t"}, {"Path": "s3://no-such-bucket/x"}]}
    name = glue.crawler(Targets=targets)
    last = glue.crawl(name)
    assert last["Status"] == "FAILED"
    assert last["ErrorMessage"] == (
        "The target s3://no-such-bucket/x cannot be listed: the bucket does not exist"
        " (bucket no-such-bucket, Amazon S3 error NoSuchBucket)."
    )
    assert (last["LogGroup"], last["LogStream"]) == ("/aws-glue/crawlers", name)
    (crawl,) = glue.client.list_crawls(CrawlerName=name)["Crawls"]
    assert (crawl["State"], crawl["ErrorMessage"]) == ("FAILED", last["ErrorMessage"])
    assert f"[{last['MessagePrefix']}] ERROR : {last['ErrorMessage']}" in glue.log(name)
    assert glue.refusal("get_database", Name=name)[0] == "EntityNotFoundException"  # nothing has changed


def test_data_that_goes_or_changes_while_it_is_crawled_is_skipped(glue: Any, bucket: Any) -> None:
    bucket.put("t/a", ndjson({"a": 1}))
    bucket.put("t/b", ndjson({"b": 1}))
    bucket.put("t/c", ndjson({"c": 1}))

    def meanwhile(key: str) -> None:
        if key == "t/b":
            bucket.delete("t/b")
        if key == "t/c":
            bucket.objects["lake"]["t/c"] = ndjson({"changed": 1})

    bucket.before_read = meanwhile
    name = glue.crawler("t")
    assert glue.crawl(name)["Status"] == "SUCCEEDED"
    assert columns(glue.tables(name)["t"]) == {"a": "int"}
    assert "s3://lake/t/b is skipped: it is gone since it was listed" in glue.log(name)
    assert "s3://lake/t/c is skipped: it changed since it was listed" in glue.log(name)


def test_a_crawl_without_logs_is_a_crawl(glue: Any, bucket: Any) -> None:
    bucket.put("t/a", ndjson({"a": 1}))
    glue.aws.logs.down = True
    try:
        name = glue.crawler("t")
        glue.aws.logs.group = None
        assert glue.crawl(name)["Status"] == "SUCCEEDED"
    finally:
        glue.aws.logs.down = False
    assert list(glue.tables(name)) == ["t"]


def test_a_schema_that_changes_is_a_new_version(glue: Any, bucket: Any) -> None:
    bucket.put("t/a", ndjson({"a": 1, "b": 1}))
    name = glue.crawler("t")
    glue.crawl(name)
    glue.crawl(name)
    bucket.put("t/a2", ndjson({"a": 1, "b": 1}))  # as much as more data of the same schema
    glue.crawl(name)
    assert glue.tables(name)["t"]["VersionId"] == "0"
    assert glue.tables(name)["t"]["Parameters"]["objectCount"] == "2"
    bucket.delete("t/")
    bucket.put("t/b", ndjson({"b": 2.5, "c": "x"}))
    glue.crawl(name)
    assert columns(glue.tables(name)["t"]) == {"b": "double", "c": "string"}
    versions = glue.client.get_table_versions(DatabaseName=name, TableName="t")["TableVersions"]
    assert [columns(one["Table"]) for one in versions] == [{"b": "double", "c": "string"}, {"a": "int", "b": "int"}]
    (metrics,) = glue.client.get_crawler_metrics(CrawlerNameList=[name])["CrawlerMetricsList"]
    assert (metrics["TablesCreated"], metrics["TablesUpdated"], metrics["TablesDeleted"]) == (0, 1, 0)


def test_merge_new_columns_adds_columns_and_changes_none(glue: Any, bucket: Any) -> None:
    bucket.put("t/a", ndjson({"a": 1, "b": 1}))
    name = glue.crawler("t", Configuration=NEW_COLUMNS)
    glue.crawl(name)
    bucket.put("t/a", ndjson({"b": "x", "c": "x"}))
    glue.crawl(name)
    assert columns(glue.tables(name)["t"]) == {"a": "int", "b": "int", "c": "string"}


def test_log_leaves_tables_as_they_are_and_makes_new_ones(glue: Any, bucket: Any) -> None:
    bucket.put("in/t/dt=1/a", ndjson({"a": 1}))
    name = glue.crawler("in/t", "in/u", **LOG)
    glue.crawl(name)
    bucket.delete("in/t/dt=1/")
    bucket.put("in/t/dt=2/a", ndjson({"b": 1}))
    bucket.put("in/u/a", ndjson({"c": 1}))
    glue.crawl(name)
    assert {one: columns(table) for one, table in glue.tables(name).items()} == {"t": {"a": "int"}, "u": {"c": "int"}}
    assert sorted(glue.partitions(name, "t")) == [("1",), ("2",)]
    assert "Table t has changed and is left as it is" in glue.log(name)
    bucket.delete("in/t/")
    glue.crawl(name)
    assert sorted(glue.tables(name)) == ["t", "u"]
    assert "Kept table t" in glue.log(name)


def test_tables_and_partitions_whose_data_is_gone_are_deleted(glue: Any, bucket: Any) -> None:
    for day in (1, 2):
        bucket.put(f"in/t/dt={day}/a", ndjson({"a": 1}))
        bucket.put(f"in/u/dt={day}/a", ndjson({"a": 1}))
    name = glue.crawler("in/t", "in/u", **DELETE)
    glue.crawl(name)
    glue.client.create_table(DatabaseName=name, TableInput={"Name": "by_hand"})
    bucket.delete("in/t/dt=1/")
    bucket.delete("in/u/")
    glue.crawl(name)
    assert sorted(glue.tables(name)) == ["by_hand", "t"]
    assert sorted(glue.partitions(name, "t")) == [("2",)]
    (metrics,) = glue.client.get_crawler_metrics(CrawlerNameList=[name])["CrawlerMetricsList"]
    assert metrics["TablesDeleted"] == 1


def test_tables_and_partitions_whose_data_is_gone_are_deprecated_and_come_back(glue: Any, bucket: Any) -> None:
    bucket.put("t/dt=1/a", ndjson({"a": 1}))
    bucket.put("t/dt=2/a", ndjson({"a": 1}))
    name = glue.crawler("t")
    glue.crawl(name)
    bucket.delete("t/dt=1/")
    glue.crawl(name)
    marked = {
        values: "DEPRECATED_BY_CRAWLER" in one["Parameters"] for values, one in glue.partitions(name, "t").items()
    }
    assert marked == {("1",): True, ("2",): False}
    bucket.delete("t/")
    glue.crawl(name)
    glue.crawl(name)
    table = glue.tables(name)["t"]
    assert "DEPRECATED_BY_CRAWLER" in table["Parameters"]
    assert table["VersionId"] == "1"
    bucket.put("t/dt=1/a", ndjson({"a": 1}))
    glue.crawl(name)
    assert "DEPRECATED_BY_CRAWLER" not in glue.tables(name)["t"]["Parameters"]


def test_a_table_whose_objects_are_unreadable_is_not_taken_for_gone(glue: Any, bucket: Any) -> None:
    bucket.put("t/a", ndjson({"a": 1}))
    name = glue.crawler("t", **DELETE)
    glue.crawl(name)
    bucket.put("t/a", b"\0")
    glue.crawl(name)
    assert columns(glue.tables(name)["t"]) == {"a": "int"}


def test_tables_that_are_combined_later_give_way(glue: Any, bucket: Any) -> None:
    bucket.put("t/k=1/a", ndjson({"a": 1}))
    bucket.put("t/k=2/a", ndjson({"b": 1}))
    name = glue.crawler("t", **DELETE)
    glue.crawl(name)
    assert sorted(glue.tables(name)) == ["k_1", "k_2"]
    glue.client.update_crawler(Name=name, Configuration=COMBINED)
    glue.crawl(name)
    assert sorted(glue.tables(name)) == ["t"]


def test_names_that_are_taken_get_a_hash(glue: Any, bucket: Any) -> None:
    bucket.put("a/x/1", ndjson({"a": 1}))
    bucket.put("b/x/1", ndjson({"b": 1}))
    name = glue.crawler("a/x", "b/x")
    glue.crawl(name)
    glue.crawl(name)
    assert sorted(glue.tables(name)) == ["x", "x_" + hashlib.md5(b"s3://lake/b/x/").hexdigest()]


def test_what_is_unchanged_is_not_read_again(glue: Any, bucket: Any) -> None:
    bucket.put("t/dt=1/a", ndjson({"a": 1}))
    name = glue.crawler("t")
    glue.crawl(name)
    bucket.put("t/dt=2/a", ndjson({"a": 2}))
    bucket.reads.clear()
    glue.crawl(name)
    assert bucket.reads == ["t/dt=2/a"]
    bucket.put("t/dt=1/a", ndjson({"a": 1.5}))
    glue.crawl(name)
    assert columns(glue.tables(name)["t"]) == {"a": "double"}


def test_new_folders_only_does_not_look_at_folders_it_knows(glue: Any, bucket: Any) -> None:
    bucket.put("t/dt=1/a", ndjson({"a": 1}))
    name = glue.crawler("t", RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}, **LOG)
    glue.crawl(name)
    bucket.put("t/dt=1/b", ndjson({"b": 1}))
    bucket.put("t/dt=2/a", ndjson({"a": 1}))
    bucket.reads.clear()
    glue.crawl(name)
    assert bucket.reads == ["t/dt=2/a"]
    assert sorted(glue.partitions(name, "t")) == [("1",), ("2",)]
    glue.client.update_crawler(Name=name, Description="all again")
    bucket.reads.clear()
    glue.crawl(name)
    assert sorted(bucket.reads) == ["t/dt=1/a", "t/dt=1/b", "t/dt=2/a"]


def test_a_large_folder_is_sampled_and_the_crawl_says_so(glue: Any, bucket: Any) -> None:
    for number in range(300):
        bucket.put(f"t/dt=1/{number:05}", ndjson({"n": number}))
    name = glue.crawler("t", **DELETE)
    glue.crawl(name)
    assert len(bucket.reads) == 20
    assert bucket.reads[-10:] == [f"t/dt=1/{number:05}" for number in range(290, 300)]  # the newest
    assert "20 objects of each folder were read in 1 folders of s3://lake/t that have more" in glue.log(name)
    summary = json.loads(glue.client.list_crawls(CrawlerName=name)["Crawls"][0]["Summary"])
    assert summary["OBJECT"] == {"LISTED": 300, "READ": 20, "UNCHANGED": 0, "SKIPPED": 0}
    assert glue.tables(name)["t"]["Parameters"]["objectCount"] == "300"
    assert abs(int(glue.tables(name)["t"]["Parameters"]["recordCount"]) - 300) < 30


def test_the_size_of_the_sample_can_be_given(glue: Any, bucket: Any) -> None:
    for number in range(30):
        bucket.put(f"t/{number}", ndjson({"n": number}))
    name = glue.crawler(Targets={"S3Targets": [{"Path": "s3://lake/t", "SampleSize": 3}]})
    glue.crawl(name)
    assert len(bucket.reads) == 3


def test_a_sample_takes_no_column_away_and_makes_no_type_narrower(glue: Any, bucket: Any) -> None:
    bucket.put("t/00", ndjson({"n": 1.5, "rare": 1}))
    name = glue.crawler("t")
    glue.crawl(name)
    for number in range(1, 60):
        bucket.put(f"t/{number:02}", ndjson({"n": number}))
    bucket.put("t/00", ndjson({"n": 1.5, "rare": 1}))
    bucket.modified["t/00"] = 1 + min(bucket.modified.values())  # neither the oldest nor among the newest
    glue.crawl(name)
    assert "t/00" not in bucket.reads[-20:]
    assert columns(glue.tables(name)["t"]) == {"n": "double", "rare": "int"}


def test_an_object_can_be_the_target(glue: Any, bucket: Any) -> None:
    bucket.put("in/a.json", ndjson({"a": 1}))
    bucket.put("in/a.json.old", ndjson({"b": 1}))
    name = glue.crawler("in/a.json")
    glue.crawl(name)
    assert {one: columns(table) for one, table in glue.tables(name).items()} == {"in": {"a": "int"}}
