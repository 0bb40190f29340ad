"""What is done when raw data has arrived, by what arrived."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TODAY, LAST_WEEK = NOW.date(), NOW.date() - timedelta(days=7)
TEST_EVENT = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"})


def message(*keys: str) -> str:
    return json.dumps({"Records": [{"s3": {"object": {"key": key}}} for key in keys]})


def like_of(day) -> str:
    return f"app_events/event_type=like_sent/dt={day}/1.gz"


class FakeGlue:
    """A Data Catalog with some partitions of tables."""

    class exceptions:  # noqa: N801 - boto3's name
        EntityNotFoundException = type("EntityNotFoundException", (Exception,), {})

    def __init__(self, tables: dict[str, list[list[str]]]) -> None:
        self.tables = tables

    def batch_get_partition(self, DatabaseName: str, TableName: str, PartitionsToGet: list[Any]) -> Any:  # noqa: N803
        assert DatabaseName == "amp_raw"
        if TableName not in self.tables:
            raise self.exceptions.EntityNotFoundException
        return {"Partitions": [one for one in PartitionsToGet if one["Values"] in self.tables[TableName]]}


@pytest.fixture
def told(bag, monkeypatch):
    """Runs the first task on messages; answers which task is next, and the XComs."""
    function = bag.dags["lake_on_arrival"].get_task("what_arrived").python_callable

    def run(batches: list[list[str]], tables: dict[str, list[list[str]]]) -> tuple[str | None, dict[str, Any]]:
        hook = SimpleNamespace(conn=FakeGlue(tables))
        monkeypatch.setitem(function.__globals__, "GlueCatalogHook", lambda aws_conn_id: hook)
        monkeypatch.setitem(function.__globals__, "datetime", SimpleNamespace(now=lambda zone: NOW))
        payloads = [{"message_batch": [{"Body": body} for body in batch]} for batch in batches]
        # https://airflow.apache.org/docs/apache-airflow/3.2.1/authoring-and-scheduling/event-scheduling.html
        events = [SimpleNamespace(extra={"from_trigger": True, "payload": payload}) for payload in payloads]
        xcoms: dict[str, Any] = {}
        ti = SimpleNamespace(xcom_push=lambda key, value: xcoms.__setitem__(key, value))
        return function(triggering_asset_events={"raw_objects": events} if events else {}, ti=ti), xcoms

    return run


def test_data_in_known_folders_is_not_crawled_for(told):
    known = {"app_events": [["like_sent", str(TODAY)]], "show_catalog": [[str(TODAY)]]}
    after, xcoms = told([[message(like_of(TODAY))], [message(f"show_catalog/dt={TODAY}/1.gz")]], known)
    assert after == "trending_now"
    assert xcoms == {
        "objects": 2,
        "tables": ["app_events", "show_catalog"],
        "late_days": [],
        "first_day": str(TODAY),
        "last_day": str(TODAY),
    }


@pytest.mark.parametrize(
    "known",
    [{}, {"app_events": []}, {"app_events": [["like_sent", str(TODAY)]]}],
    ids=["no table", "none", "one of two"],
)
def test_data_in_a_new_folder_is_crawled_for(told, known):
    after, _ = told([[message(like_of(TODAY), like_of(LAST_WEEK))]], known)
    assert after == "crawl_raw"


def test_more_folders_than_can_be_asked_for_are_crawled_for(told):
    keys = [f"app_events/event_type={number}/dt={TODAY}/1.gz" for number in range(1001)]
    after, _ = told([[message(*keys)]], {"app_events": [[str(number), str(TODAY)] for number in range(1001)]})
    assert after == "crawl_raw"


def test_days_that_are_over_are_named(told):
    _, xcoms = told([[message(like_of(LAST_WEEK), like_of(TODAY))]], {})
    assert xcoms["late_days"] == [str(LAST_WEEK)]
    assert (xcoms["first_day"], xcoms["last_day"]) == (str(LAST_WEEK), str(TODAY))


def test_a_message_that_tells_of_no_object_ends_the_run(told):
    assert told([[TEST_EVENT]], {})[0] is None


def test_a_run_by_hand_looks_at_everything(told):
    after, xcoms = told([], {})
    assert after == "crawl_raw"
    assert (xcoms["objects"], xcoms["first_day"]) == (0, str(TODAY))


def test_what_is_trending_is_rebuilt_whether_or_not_there_was_a_crawl(bag):
    dag = bag.dags["lake_on_arrival"]
    assert dag.get_task("trending_now").upstream_task_ids == {"what_arrived", "crawl_raw"}
    assert dag.get_task("trending_now").trigger_rule == "none_failed_min_one_success"
    assert dag.get_task("arrivals_are_complete").upstream_task_ids == {"trending_now"}
