"""New raw objects are crawled with no further command; bursts are one crawl; poison is set aside."""

import json
import uuid
from itertools import pairwise

import pytest
from support.dead_letters import dead_letters
from support.function_logs import FunctionLogs
from support.waiting import eventually

CRAWLED_SECONDS = 60.0
MINIMUM_INTERVAL_SECONDS = 10  # platform/parameters/local.toml


def row(**values):
    return {"event_id": uuid.uuid4().hex, "event_type": "like_sent", "occurred_at": "2026-11-22T10:00:00Z", **values}


@pytest.fixture
def settled(client, outputs):
    """Wait until the crawl queue is empty, so that what comes next is a test's own."""
    sqs, glue = client("sqs"), client("glue")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def wait():
        eventually(
            lambda: (
                sqs.get_queue_attributes(QueueUrl=outputs["CrawlQueueUrl"], AttributeNames=names)["Attributes"],
                glue.get_crawler(Name=outputs["RawCrawler"])["Crawler"]["State"],
            ),
            lambda seen: set(seen[0].values()) == {"0"} and seen[1] == "READY",
            timeout=CRAWLED_SECONDS,
            what="every message about new objects to be done with",
        )

    return wait


def partitions(client, table):
    pages = client("glue").get_paginator("get_partitions").paginate(DatabaseName="amp_raw", TableName=table)
    return {tuple(partition["Values"]) for page in pages for partition in page["Partitions"]}


def crawls(client, outputs):
    history = client("glue").list_crawls(CrawlerName=outputs["RawCrawler"])["Crawls"]
    return {crawl["CrawlId"]: crawl for crawl in history}


def test_a_new_object_is_in_the_data_catalog_with_no_further_command(put_rows, columns, client):
    name = f"extra_{uuid.uuid4().hex[:8]}"
    put_rows("app_events/event_type=like_sent/dt=2026-11-22", row(**{name: 1}))
    eventually(
        lambda: columns("app_events"), lambda seen: name in seen, timeout=CRAWLED_SECONDS, what=f"the column {name}"
    )
    found = columns("app_events")
    assert found["event_id"] == "string"
    assert {"event_type", "dt"} <= found.keys()


def test_a_burst_is_followed_by_few_crawls_and_none_of_its_objects_is_missed(put_rows, client, outputs, settled):
    settled()
    before = crawls(client, outputs)
    # A partition each, as a crawl reads only some objects of a partition.
    days = {f"{year}-11-22" for year in range(1990, 2020)}
    for day in sorted(days):
        put_rows(f"app_events/event_type=like_sent/dt={day}", row())
    eventually(
        lambda: partitions(client, "app_events"),
        lambda seen: {("like_sent", day) for day in days} <= seen,
        timeout=CRAWLED_SECONDS,
        what="a partition for each object",
    )
    settled()
    made = [crawl for identifier, crawl in crawls(client, outputs).items() if identifier not in before]
    assert {crawl["State"] for crawl in made} == {"COMPLETED"}
    starts = sorted(crawl["StartTime"] for crawl in made)
    assert 1 <= len(starts) < len(days) / 3
    assert all((later - earlier).total_seconds() >= MINIMUM_INTERVAL_SECONDS for earlier, later in pairwise(starts))


def test_objects_below_errors_start_no_crawl(sandbox, put_rows, client):
    logs = FunctionLogs(client("logs"), sandbox.function_name("crawler-trigger"))
    broken = put_rows("errors/app_events/processing-failed/dt=2026-11-22", {"rawData": "eA=="})
    # S3 tells of objects in their order, so what comes after it would come with it.
    good = put_rows("show_catalog/dt=2026-11-22", row())
    logs.structured(good)
    assert logs.about(broken) == []


def test_what_is_no_notification_is_dead_lettered_as_it_was_and_takes_nothing_with_it(
    put_rows, columns, client, outputs
):
    sqs = client("sqs")
    poison = json.dumps({"poison": uuid.uuid4().hex})
    name = f"beside_{uuid.uuid4().hex[:8]}"
    sqs.send_message(QueueUrl=outputs["CrawlQueueUrl"], MessageBody=poison)
    put_rows("app_events/event_type=like_sent/dt=2026-11-22", row(**{name: 1}))
    # Twenty deliveries, a batching window of a second apart.
    found = dead_letters(sqs, outputs["CrawlDeadLetterQueueUrl"], {poison}, timeout=120)
    assert found.keys() == {poison}
    eventually(lambda: columns("app_events"), lambda seen: name in seen, timeout=CRAWLED_SECONDS)
