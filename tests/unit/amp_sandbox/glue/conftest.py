"""Glue's API in a server of the tests' own."""

import itertools
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest
from support.glue_fakes import ROLE, FakeAws
from support.refusals import refusal

from amp_sandbox.glue import crawler_runs, crawlers, databases, partitions, store, tables, tags
from amp_sandbox.glue.crawls.engine import CrawlEngine
from amp_sandbox.protocol import Context
from amp_sandbox.standins.service import Service, one_per_thread

ACCOUNT = "000000000000"
OPERATIONS = (databases, tables, partitions, tags, crawlers, crawler_runs)


class Api(NamedTuple):
    """A served Glue; every change of the catalogue is a second after the one before, from the second 1000 on."""

    client: Any
    aws: FakeAws
    engine: CrawlEngine
    connection: Callable[[], sqlite3.Connection]

    def database(self, **given: Any) -> str:
        """A new database's name."""
        name = f"db_{uuid.uuid4().hex[:8]}"
        self.client.create_database(DatabaseInput={"Name": name} | given)
        return name

    def table(self, name: str = "events", keys: str = "", database: str | None = None, **given: Any) -> dict[str, str]:
        """A new table, in a database of its own unless told, as operations on partitions name it.

        `keys` are its partition keys: "year int, dt string".
        """
        pairs = [key.split(" ", 1) for key in keys.split(", ") if key]
        columns = [{"Name": key, "Type": kind} for key, kind in pairs]
        database = database or self.database()
        self.client.create_table(DatabaseName=database, TableInput={"Name": name, "PartitionKeys": columns} | given)
        return {"DatabaseName": database, "TableName": name}

    def add(self, table: dict[str, str], *values: list[str], **given: Any) -> None:
        """Make partitions."""
        entries = [{"Values": one} | given for one in values]
        assert self.client.batch_create_partition(**table, PartitionInputList=entries)["Errors"] == []

    def crawler(self, *paths: str, **given: Any) -> str:
        """A new crawler of these places of the bucket `lake`, with a database of its own unless told; its name."""
        name = f"crawler_{uuid.uuid4().hex[:8]}"
        targets = {"S3Targets": [{"Path": f"s3://lake/{path}"} for path in paths]}
        defaults: dict[str, Any] = {"Role": ROLE, "DatabaseName": name, "Targets": targets}
        self.client.create_crawler(**{"Name": name, **defaults, **given})
        return name

    def crawl(self, name: str) -> dict[str, Any]:
        """Run a crawler to its end; how it ended."""
        self.client.start_crawler(Name=name)
        self.engine.tick()
        last: dict[str, Any] = self.client.get_crawler(Name=name)["Crawler"]["LastCrawl"]
        return last

    def tables(self, database: str) -> dict[str, dict[str, Any]]:
        """The tables of a database, by name."""
        found = self.client.get_paginator("get_tables").paginate(DatabaseName=database)
        return {table["Name"]: table for page in found for table in page["TableList"]}

    def partitions(self, database: str, table: str) -> dict[tuple[str, ...], dict[str, Any]]:
        """The partitions of a table, by values."""
        found = self.client.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=table)
        return {tuple(one["Values"]): one for page in found for one in page["Partitions"]}

    def log(self, crawler: str) -> str:
        """All that crawls of a crawler have logged."""
        return "\n".join(self.aws.logs.streams[crawler])

    def refusal(self, operation: str, **request: Any) -> tuple[str, str]:
        """The error code and message that a request is answered with."""
        return refusal(self.client, operation, **request)


@pytest.fixture(scope="module")
def glue(
    serve: Callable[[Sequence[Service]], str],
    client_of: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Api:
    file = tmp_path_factory.mktemp("glue") / "glue.sqlite"
    connection, clock = one_per_thread(lambda: store.connect(file)), itertools.count(1000)

    aws = FakeAws()

    def now() -> float:
        return float(next(clock))

    def context(request_id: str) -> Context:
        return Context(connection(), "us-east-1", ACCOUNT, request_id, now, aws)

    return Api(client_of("glue", serve([Service("glue", context)])), aws, CrawlEngine(connection, aws, now), connection)
