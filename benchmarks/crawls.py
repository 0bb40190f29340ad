"""A crawl of a thousand objects, beside the same work in process: the listing, and DuckDB reading the same objects."""

import gzip
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from figure import Figure
from memory import peak_memory

from amp_sandbox import aws
from amp_sandbox.lake.connection import private
from amp_sandbox.runtime.processes import find
from amp_sandbox.settings import Settings

OBJECTS, FOLDERS, RECORDS = 1_000, 50, 20


def crawl(settings: Settings) -> list[Figure]:
    """A crawl of new objects, and one of the same objects again."""
    s3, glue = aws.client(settings, "s3"), aws.client(settings, "glue")
    name = f"bench-{uuid.uuid4().hex[:8]}"
    aws.client(settings, "iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    s3.create_bucket(Bucket=name)
    keys = [f"events/dt={number % FOLDERS:04}/{number:06}.gz" for number in range(OBJECTS)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=name, Key=key, Body=_body(key)), keys))
    target = {"S3Targets": [{"Path": f"s3://{name}/events/"}]}
    glue.create_crawler(Name=name, Role=name, DatabaseName=name.replace("-", "_"), Targets=target)
    in_process = _in_process(settings, name)
    [stand_ins] = [one for one in find(settings.home) if "amp_sandbox.standins" in one.cmdline()]
    with peak_memory(lambda: [stand_ins]) as peak:
        first = _crawl_seconds(glue, name)
    again = _crawl_seconds(glue, name)
    return [
        Figure("crawl of 1,000 objects", OBJECTS / first, "/s"),
        Figure("crawl of 1,000 objects, against listing and DuckDB in process", first / in_process, "x"),
        Figure("crawl of 1,000 objects again, unchanged", OBJECTS / again, "/s"),
        Figure("stand-ins' memory at most during the crawl", peak[0] / 2**20, "MB"),
    ]


def _body(key: str) -> bytes:
    records = (
        {"event_id": f"{key}-{number}", "event_time": "2026-11-01T00:00:00Z", "n": number, "note": "x" * 200}
        for number in range(RECORDS)
    )
    return gzip.compress(b"".join(json.dumps(record).encode() + b"\n" for record in records))


def _crawl_seconds(glue: Any, name: str) -> float:
    started = time.perf_counter()
    glue.start_crawler(Name=name)
    while glue.get_crawler(Name=name)["Crawler"]["State"] != "READY":
        if time.perf_counter() - started > 300:
            raise RuntimeError(f"the crawler {name} has not ended after 300 s")
        time.sleep(0.02)
    seconds = time.perf_counter() - started
    last = glue.get_crawler(Name=name)["Crawler"]["LastCrawl"]
    if last["Status"] != "SUCCEEDED":
        raise RuntimeError(f"the crawl failed: {last}")
    return seconds


def _in_process(settings: Settings, bucket: str) -> float:
    """Seconds to list the objects and have DuckDB tell their columns, on as many threads as a crawl reads with."""
    started = time.perf_counter()
    pages = aws.client(settings, "s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    uris = [f"s3://{bucket}/{entry['Key']}" for page in pages for entry in page["Contents"]]
    with private(settings) as db:
        db.execute("SET threads = 2")
        db.execute(
            "DESCRIBE SELECT * FROM read_json($uris, format = 'newline_delimited', union_by_name = true,"
            " maximum_sample_files = 1000000)",
            {"uris": uris},
        ).fetchall()
    return time.perf_counter() - started
