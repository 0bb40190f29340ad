import json
from datetime import UTC, datetime
from typing import Any

import pytest
from support.glue_fakes import ndjson

from amp_sandbox.glue.crawls.engine import Schedules

pytestmark = pytest.mark.filterwarnings("ignore:.*does not match an error shape")

DAILY = "cron(15 12 * * ? *)"


def states(glue: Any, name: str, **filters: Any) -> list[str]:
    return [crawl["State"] for crawl in glue.client.list_crawls(CrawlerName=name, **filters)["Crawls"]]


def test_a_crawl_runs_and_is_in_the_history(glue: Any) -> None:
    glue.aws.s3.put("runs/a", ndjson({"a": 1}))
    name = glue.crawler("runs")
    assert "LastCrawl" not in glue.client.get_crawler(Name=name)["Crawler"]
    glue.client.start_crawler(Name=name)
    shown = glue.client.get_crawler(Name=name)["Crawler"]
    assert (shown["State"], shown["CrawlElapsedTime"] > 0) == ("RUNNING", True)
    assert states(glue, name) == ["RUNNING"]
    glue.engine.tick()
    shown = glue.client.get_crawler(Name=name)["Crawler"]
    (crawl,) = glue.client.list_crawls(CrawlerName=name)["Crawls"]
    assert (shown["State"], crawl["State"]) == ("READY", "COMPLETED")
    assert shown["LastCrawl"] == {
        "Status": "SUCCEEDED",
        "StartTime": crawl["StartTime"],
        "LogGroup": "/aws-glue/crawlers",
        "LogStream": name,
        "MessagePrefix": crawl["CrawlId"],
    }
    assert crawl["EndTime"] > crawl["StartTime"]
    assert json.loads(crawl["Summary"]) == {
        "TABLE": {"ADD": 1},
        "PARTITION": {},
        "OBJECT": {"LISTED": 1, "READ": 1, "UNCHANGED": 0, "SKIPPED": 0},
    }
    assert len(crawl["Summary"]) <= 255  # AWS's limit
    (metrics,) = glue.client.get_crawler_metrics(CrawlerNameList=[name])["CrawlerMetricsList"]
    seconds = (crawl["EndTime"] - crawl["StartTime"]).total_seconds()
    assert (metrics["LastRuntimeSeconds"], metrics["MedianRuntimeSeconds"]) == (seconds, seconds)
    assert (metrics["TablesCreated"], metrics["StillEstimating"]) == (1, False)
    # As AWS words them: https://docs.aws.amazon.com/glue/latest/dg/monitor-crawler.html
    lines = glue.log(name).splitlines()
    assert lines[0] == f"[{crawl['CrawlId']}] BENCHMARK : Running Start Crawl for Crawler {name}"
    assert f"[{crawl['CrawlId']}] INFO : Created table runs in database {name}" in lines
    assert lines[-1] == f"[{crawl['CrawlId']}] BENCHMARK : Crawler has finished running and is in state READY"


def test_several_crawlers_wait_for_their_turn(glue: Any) -> None:
    names = [glue.crawler("runs") for _ in range(3)]
    for name in names:
        glue.client.start_crawler(Name=name)
    glue.engine.tick()
    assert [states(glue, name) for name in names] == [["COMPLETED"]] * 3


def test_a_crawl_that_is_stopped_is_cancelled_and_changes_nothing(glue: Any) -> None:
    for number in range(5):
        glue.aws.s3.put(f"stopped/{number}", ndjson({"a": number}))
    name = glue.crawler("stopped")

    def stop(key: str) -> None:
        if key == "stopped/1":
            glue.client.stop_crawler(Name=name)
            code, _ = glue.refusal("stop_crawler", Name=name)
            assert code == "CrawlerStoppingException"

    glue.aws.s3.before_read, glue.aws.s3.reads = stop, []
    try:
        last = glue.crawl(name)
    finally:
        glue.aws.s3.before_read = lambda _key: None
    assert (last["Status"], "ErrorMessage" in last) == ("CANCELLED", False)
    assert states(glue, name) == ["STOPPED"]
    assert glue.aws.s3.reads == ["stopped/0", "stopped/1"]
    assert glue.refusal("get_database", Name=name)[0] == "EntityNotFoundException"
    code, message = glue.refusal("stop_crawler", Name=name)
    assert (code, name in message) == ("CrawlerNotRunningException", True)


def test_a_crawl_is_stopped_before_its_turn(glue: Any) -> None:
    name = glue.crawler("runs")
    glue.client.start_crawler(Name=name)
    glue.client.stop_crawler(Name=name)
    assert glue.client.get_crawler(Name=name)["Crawler"]["State"] == "STOPPING"
    glue.engine.tick()
    assert glue.client.get_crawler(Name=name)["Crawler"]["State"] == "READY"
    assert states(glue, name) == ["STOPPED"]


def test_the_history_is_filtered_and_in_pages(glue: Any) -> None:
    name = glue.crawler("runs")
    for _ in range(3):
        glue.crawl(name)
    glue.client.start_crawler(Name=name)
    everything = glue.client.list_crawls(CrawlerName=name)["Crawls"]
    assert [crawl["State"] for crawl in everything] == ["RUNNING", "COMPLETED", "COMPLETED", "COMPLETED"]
    glue.engine.tick()

    def filtered(field: str, operator: str, value: Any) -> list[str]:
        one = {"FieldName": field, "FilterOperator": operator, "FieldValue": str(value)}
        return [crawl["CrawlId"] for crawl in glue.client.list_crawls(CrawlerName=name, Filters=[one])["Crawls"]]

    ids = [crawl["CrawlId"] for crawl in everything]
    middle = int(everything[2]["StartTime"].timestamp() * 1000)
    assert filtered("CRAWL_ID", "EQ", ids[1]) == [ids[1]]
    assert filtered("CRAWL_ID", "NE", ids[1]) == [ids[0], *ids[2:]]
    assert filtered("STATE", "EQ", "FAILED") == []
    assert filtered("START_TIME", "GE", middle) == ids[:3]
    assert filtered("END_TIME", "LT", middle) == ids[3:]
    assert filtered("DPU_HOUR", "GT", 0) == []
    first = glue.client.list_crawls(CrawlerName=name, MaxResults=3)
    rest = glue.client.list_crawls(CrawlerName=name, NextToken=first["NextToken"])
    assert [crawl["CrawlId"] for crawl in first["Crawls"] + rest["Crawls"]] == ids


@pytest.mark.parametrize(
    ("one", "named"),
    [
        ({"FieldName": "STATE", "FilterOperator": "GT", "FieldValue": "FAILED"}, "not by GT"),
        ({"FieldName": "START_TIME", "FilterOperator": "GT", "FieldValue": "today"}, "'today'"),
        ({"FieldName": "START_TIME"}, "FilterOperator"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(glue: Any, one: dict[str, str], named: str) -> None:
    code, message = glue.refusal("list_crawls", CrawlerName=glue.crawler("runs"), Filters=[one])
    assert (code, named in message) == ("InvalidInputException", True)


def test_a_schedule_is_turned_off_and_on(glue: Any) -> None:
    name = glue.crawler("runs", Schedule=DAILY)

    def schedule() -> Any:
        return glue.client.get_crawler(Name=name)["Crawler"].get("Schedule")

    assert schedule() == {"ScheduleExpression": DAILY, "State": "SCHEDULED"}
    assert glue.refusal("start_crawler_schedule", CrawlerName=name)[0] == "SchedulerRunningException"
    glue.client.stop_crawler_schedule(CrawlerName=name)
    assert schedule() == {"ScheduleExpression": DAILY, "State": "NOT_SCHEDULED"}
    assert glue.refusal("stop_crawler_schedule", CrawlerName=name)[0] == "SchedulerNotRunningException"
    glue.client.start_crawler_schedule(CrawlerName=name)
    assert schedule()["State"] == "SCHEDULED"
    glue.client.update_crawler_schedule(CrawlerName=name, Schedule="cron(0 10 * * ? *)")
    assert schedule() == {"ScheduleExpression": "cron(0 10 * * ? *)", "State": "SCHEDULED"}
    assert glue.refusal("update_crawler_schedule", CrawlerName=name, Schedule="x")[0] == "InvalidInputException"
    glue.client.update_crawler_schedule(CrawlerName=name)
    assert schedule() is None
    assert glue.refusal("start_crawler_schedule", CrawlerName=name)[0] == "NoScheduleException"
    assert glue.refusal("stop_crawler_schedule", CrawlerName="none")[0] == "EntityNotFoundException"


def test_a_crawler_is_started_when_its_schedule_says_so(glue: Any) -> None:
    def at(hour: int, minute: int) -> float:
        return datetime(2026, 11, 26, hour, minute, tzinfo=UTC).timestamp()

    name, off = glue.crawler("runs", Schedule=DAILY), glue.crawler("runs", Schedule=DAILY)
    glue.client.stop_crawler_schedule(CrawlerName=off)
    clock = [at(12, 0)]
    schedules = Schedules(glue.connection, lambda: clock[0])
    for hour, minute, expected in ((12, 14, 0), (12, 15, 1), (12, 16, 1)):
        clock[0] = at(hour, minute)
        schedules.tick()
        assert len(states(glue, name)) == expected
    clock[0] = at(12, 15) + 24 * 3600
    schedules.tick()
    assert states(glue, name) == ["RUNNING"]  # it still runs
    assert states(glue, off) == []
    glue.engine.tick()
    glue.client.delete_crawler(Name=name)
