"""The AWS CLI and awswrangler work with Glue unchanged."""

import gzip
import json
from collections.abc import Callable
from typing import Any

Cli = Callable[..., Any]
Wrangler = Callable[[str], Any]


def test_the_aws_cli_makes_runs_and_removes_a_crawler(lake: Any, aws_cli: Cli) -> None:
    lake.put("shows/dt=2026-11-01/a.gz", gzip.compress(b'{"show_id": "s", "listeners": 7}\n'))
    name = lake.bucket
    aws_cli(
        *("create-crawler", "--name", name, "--role", lake.role, "--database-name", lake.database),
        *("--targets", json.dumps({"S3Targets": [{"Path": f"s3://{lake.bucket}/shows/"}]})),
        *("--tags", "team=lake"),
    )
    assert aws_cli("list-crawlers", "--tags", "team=lake")["CrawlerNames"] == [name]
    aws_cli("start-crawler", "--name", name)
    lake.ended()  # asking with the command line again and again would take its time
    crawler = aws_cli("get-crawler", "--name", name)["Crawler"]
    assert crawler["LastCrawl"]["Status"] == "SUCCEEDED"
    (crawl,) = aws_cli("list-crawls", "--crawler-name", name)["Crawls"]
    assert crawl["State"] == "COMPLETED"
    (table,) = aws_cli("get-tables", "--database-name", lake.database)["TableList"]
    assert [(one["Name"], one["Type"]) for one in table["StorageDescriptor"]["Columns"]] == [
        ("show_id", "string"),
        ("listeners", "int"),
    ]
    (partition,) = aws_cli(
        *("get-partitions", "--database-name", lake.database, "--table-name", "shows"),
        *("--expression", "dt >= '2026-01-01'"),
    )["Partitions"]
    assert partition["Values"] == ["2026-11-01"]
    aws_cli("delete-crawler", "--name", name)
    assert name not in lake.client("glue").list_crawlers()["CrawlerNames"]


def test_awswrangler_writes_a_dataset_and_reads_it_by_its_table(lake: Any, wrangler: Wrangler) -> None:
    read = wrangler(f"""
import pandas as pd
database, path = {lake.database!r}, "s3://{lake.bucket}/plays/"
wr.catalog.create_database(database)
first = pd.DataFrame({{"n": [1, 2], "tags": [["a"], ["b", "c"]], "dt": ["2026-11-01", "2026-11-02"]}})
wr.s3.to_parquet(first, path, dataset=True, database=database, table="plays", partition_cols=["dt"])
more = pd.DataFrame({{"n": [3], "tags": [["d"]], "extra": [1.5], "dt": ["2026-11-02"]}})
wr.s3.to_parquet(more, path, dataset=True, database=database, table="plays", partition_cols=["dt"], mode="append")
frame = wr.s3.read_parquet_table(database=database, table="plays", validate_schema=False).sort_values("n")
types = wr.catalog.get_table_types(database, "plays")
location = wr.catalog.get_table_location(database, "plays")
found = [table["Name"] for table in wr.catalog.get_tables(database=database, name_contains="lay")]
searched = [table["Name"] for table in wr.catalog.search_tables(text="plays") if table["DatabaseName"] == database]
values = sorted(wr.catalog.get_parquet_partitions(database, "plays").values())
wr.catalog.upsert_table_parameters({{"owner": "lake"}}, database, "plays")
parameters = wr.catalog.get_table_parameters(database, "plays")
there = wr.catalog.does_table_exist(database, "plays")
wr.catalog.delete_partitions("plays", database, [["2026-11-01"]])
left = sorted(wr.catalog.get_parquet_partitions(database, "plays").values())
wr.catalog.delete_column(database, "plays", "extra")
wr.catalog.delete_table_if_exists(database, "plays")
gone = wr.catalog.does_table_exist(database, "plays")
rows = json.loads(frame[["n", "tags", "extra", "dt"]].to_json(orient="records"))
print(json.dumps([rows, types, location, found, searched, values, parameters["owner"], there, left, gone]))
""")
    assert read == [
        [
            {"n": 1, "tags": ["a"], "extra": None, "dt": "2026-11-01"},
            {"n": 2, "tags": ["b", "c"], "extra": None, "dt": "2026-11-02"},
            {"n": 3, "tags": ["d"], "extra": 1.5, "dt": "2026-11-02"},
        ],
        {"n": "bigint", "tags": "array<string>", "extra": "double", "dt": "string"},
        f"s3://{lake.bucket}/plays/",
        ["plays"],
        ["plays"],
        [["2026-11-01"], ["2026-11-02"]],
        "lake",
        True,
        [["2026-11-02"]],
        False,
    ]


def test_awswrangler_reads_a_table_that_a_crawler_made(lake: Any, wrangler: Wrangler) -> None:
    wrangler(f"""
import pandas as pd
for day in (1, 2):
    frame = pd.DataFrame({{"n": [day], "at": [pd.Timestamp(2026, 11, day)]}})
    wr.s3.to_parquet(frame, f"s3://{lake.bucket}/facts/dt=2026-11-0{{day}}/part-0.parquet", index=False)
print("{{}}")
""")
    lake.crawler("facts/")
    assert lake.crawl()["Status"] == "SUCCEEDED"
    read = wrangler(f"""
frame = wr.s3.read_parquet_table(
    database={lake.database!r}, table="facts", partition_filter=lambda values: values["dt"] > "2026-11-01"
)
types = wr.catalog.get_table_types({lake.database!r}, "facts")
print(json.dumps([frame.to_dict(orient="records"), types], default=str))
""")
    assert read == [
        [{"n": 2, "at": "2026-11-02 00:00:00", "dt": "2026-11-02"}],
        {"n": "bigint", "at": "timestamp", "dt": "string"},
    ]
