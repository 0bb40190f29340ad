"""What the tests of Glue share: a bucket and a database of each test's own, and AWS's clients as users run them."""

import json
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from support.waiting import eventually

from amp_sandbox import aws, paths
from amp_sandbox.settings import Settings

Client = Callable[[str], Any]
BIN = paths.REPOSITORY / ".envs" / "clients" / "bin"


@dataclass(frozen=True)
class Lake:
    """A bucket, a database of the same name with `_` for `-`, and a role that crawlers can have."""

    client: Client
    bucket: str
    role: str

    @property
    def database(self) -> str:
        return self.bucket.replace("-", "_")

    def put(self, key: str, body: bytes) -> None:
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)

    def crawler(self, *folders: str, **given: Any) -> str:
        """Make a crawler of these folders; its name is the bucket's."""
        targets = {"S3Targets": [{"Path": f"s3://{self.bucket}/{folder}"} for folder in folders]}
        request = {"Name": self.bucket, "Role": self.role, "DatabaseName": self.database, "Targets": targets}
        self.client("glue").create_crawler(**request | given)
        return self.bucket

    def crawl(self) -> dict[str, Any]:
        """Run the crawler to its end; how it ended."""
        self.client("glue").start_crawler(Name=self.bucket)
        return self.ended()

    def ended(self) -> dict[str, Any]:
        """Wait for the crawler's end; how it ended."""
        crawler = eventually(
            lambda: self.client("glue").get_crawler(Name=self.bucket)["Crawler"],
            lambda shown: shown["State"] == "READY",
            timeout=60,
            what="the crawl's end",
        )
        last: dict[str, Any] = crawler["LastCrawl"]
        return last


@pytest.fixture(scope="session")
def role(client: Client) -> Iterator[str]:
    """The name of a role."""
    name = f"crawler-{uuid.uuid4().hex[:8]}"
    client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    yield name
    client("iam").delete_role(RoleName=name)


@pytest.fixture
def lake(client: Client, role: str) -> Iterator[Lake]:
    """A lake of one test; what is in it goes with the test."""
    lake = Lake(client, f"lake-{uuid.uuid4().hex[:8]}", role)
    s3, glue = client("s3"), client("glue")
    s3.create_bucket(Bucket=lake.bucket)
    yield lake
    if lake.bucket in glue.list_crawlers()["CrawlerNames"]:
        lake.ended()
        glue.delete_crawler(Name=lake.bucket)
    if any(one["Name"] == lake.database for one in glue.get_databases()["DatabaseList"]):
        glue.delete_database(Name=lake.database)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=lake.bucket):
        for entry in page.get("Contents", []):
            s3.delete_object(Bucket=lake.bucket, Key=entry["Key"])
    s3.delete_bucket(Bucket=lake.bucket)


def as_users_do(settings: Settings, *command: str, stdin: str | None = None) -> str:
    """The output of a program of the clients' environment, in a shell after `eval "$(sandbox env)"`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [BIN / command[0], *command[1:]],
        env=kept | aws.client_environment(settings),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def aws_cli(sandbox: Settings) -> Callable[..., Any]:
    """Runs `aws glue …` and answers what it prints."""

    def run(*arguments: str) -> Any:
        printed = as_users_do(sandbox, "aws", "glue", *arguments, "--output", "json")
        return json.loads(printed) if printed.strip() else None

    return run


@pytest.fixture(scope="session")
def wrangler(sandbox: Settings) -> Callable[[str], Any]:
    """Runs a script that uses awswrangler as `wr`, and answers the JSON that it prints at last."""

    def run(script: str) -> Any:
        printed = as_users_do(sandbox, "python", "-", stdin=f"import json\nimport awswrangler as wr\n{script}")
        return json.loads(printed.splitlines()[-1])

    return run
