"""All jobs, one after the other, on what the generator tells; and again, which must change nothing."""

import json
from datetime import date

import pytest
from support.raw_lake import put_world

from amp_spark.event_columns import EVENTS
from amp_spark.raw import lines

# Twice seven jobs in one test: on a busy machine they take longer than a test should.
pytestmark = pytest.mark.timeout(900)

DAY = date(2026, 11, 20)
JOBS = (
    "show_catalog",
    "profiles",
    "events",
    "sessions",
    "show_engagement",
    "recommendation_features",
    "recommendations",
)
TABLES = (
    *("shows_history", "shows_current", "creators", "users", *(f"events_{one}" for one in EVENTS), "sessions"),
    *("show_engagement_hourly", "show_engagement_daily", "recommendation_features", "show_recommendations"),
)


@pytest.fixture(scope="module")
def full(make_lake, tmp_path_factory, spark):
    lake = make_lake(tmp_path_factory.mktemp("world"))
    put_world(lake.raw, DAY, days=2, events=3_000)
    for job in JOBS:
        lake.run(job)
    return lake


def test_every_table_has_rows(full):
    assert [table for table in TABLES if not full.rows(table)] == []


def test_the_distinct_ids_of_raw_are_those_of_the_tables(full, spark):
    inputs = full.report("events")["inputs"]
    ids = {json.loads(row.raw)["event_id"] for row in lines(spark, inputs).collect()}
    written = [row["event_id"] for event_type in EVENTS for row in full.rows(f"events_{event_type}")]
    assert sorted(written) == sorted(ids)
    assert full.quarantine("events") == []


def test_sessions_count_what_the_app_counted(full):
    """`session_ended` says how many screens there were and how long it took, by the app's own account."""
    ended = {row["session_id"]: row for row in full.rows("events_session_ended")}
    whole = [row for row in full.rows("sessions") if row["is_complete"]]
    assert whole
    for row in whole:
        said = ended[row["session_id"]]
        assert (row["duration_seconds"], row["screens_viewed"]) == (said["duration_seconds"], said["screens_viewed"])


def test_engagement_adds_up_to_what_was_listened(full):
    stopped = sum(row["listened_seconds"] for row in full.rows("events_playback_stopped"))
    sessions = sum(row["listened_seconds"] for row in full.rows("sessions"))
    hourly = sum(row["listened_seconds"] for row in full.rows("show_engagement_hourly"))
    daily = sum(row["listened_seconds"] for row in full.rows("show_engagement_daily"))
    assert hourly == daily
    # Playbacks whose stop is not among the events count by their heartbeats.
    assert stopped <= daily <= sessions


@pytest.mark.long
def test_running_every_job_again_gives_the_same_tables_row_by_row(full):
    before = {table: full.rows(table) for table in TABLES}
    reports = {job: full.report(job) for job in JOBS}
    files = set(full.transformed.rglob("*.parquet"))
    for job in JOBS:
        full.run(job)
    assert {job: full.report(job) for job in JOBS} == reports
    for table in TABLES:
        assert full.rows(table) == before[table], table
    assert files.isdisjoint(full.transformed.rglob("*.parquet"))  # they really were written again
