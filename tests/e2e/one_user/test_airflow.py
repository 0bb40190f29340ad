"""The batch side by Airflow's DAGs, on a sandbox with the demo's data: what they make, how they fail, how they go on.

A run of the whole daily DAG takes minutes. So most tests clear single tasks of the demo's run, as somebody does who has
mended what failed.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import expect
from support.browser import needs_browser, page, picture
from support.crashes import crash, kill_task_workers, service
from support.dag_runs import DagRuns
from support.sandboxes import run
from support.waiting import eventually

from amp_sandbox import aws
from amp_sandbox.dags.following import follow
from amp_sandbox.errors import SandboxError
from amp_sandbox.marts.files import marts
from amp_sandbox.paths import MARTS
from amp_sandbox.progress import ignore
from amp_sandbox.settings import Settings

COMPONENTS = ("airflow_api", "airflow_scheduler", "airflow_dag_processor", "airflow_triggerer")


@pytest.fixture
def daily(sandbox: Settings, demo: dict[str, Any]) -> DagRuns:
    """The daily DAG, which the demo has run."""
    return DagRuns(sandbox, "lake_daily")


@pytest.fixture
def run_id(demo: dict[str, Any]) -> str:
    """The demo's run of the daily DAG."""
    return str(demo["daily"]["run_id"])


def query(sandbox: Settings, sql: str, user: str = "analyst") -> list[dict[str, Any]]:
    answer = run(sandbox, "sql", "--user", user, "--json", sql)
    assert answer.returncode == 0, answer.stderr
    rows: list[dict[str, Any]] = json.loads(answer.stdout)
    return rows


def all_rows(sandbox: Settings) -> dict[str, list[str]]:
    """Every mart's rows, in an order of their own. `live_listeners` is a view of now, and so is left out."""
    names = [mart.name for mart in marts(MARTS) if mart.name != "live_listeners"]
    found = {name: query(sandbox, f"select * from marts.{name}") for name in names}
    return {name: sorted(json.dumps(row, sort_keys=True) for row in rows) for name, rows in found.items()}


@contextmanager
def replaced(sandbox: Settings, key: str, body: bytes) -> Iterator[None]:
    """Another object in the artifacts bucket, until the block ends."""
    s3 = aws.client(sandbox, "s3")
    before = s3.get_object(Bucket=sandbox.artifacts_bucket, Key=key)["Body"].read()
    s3.put_object(Bucket=sandbox.artifacts_bucket, Key=key, Body=body)
    try:
        yield
    finally:
        s3.put_object(Bucket=sandbox.artifacts_bucket, Key=key, Body=before)


def test_status_shows_airflow_and_the_dags_are_listed(sandbox: Settings, daily: DagRuns) -> None:
    assert all(service(sandbox, name)["healthy"] for name in COMPONENTS)
    listed = run(sandbox, "dag", "list", "--json")
    found = {one["name"]: one for one in json.loads(listed.stdout)}
    assert found.keys() == {"lake_daily", "lake_on_arrival", "warehouse_upkeep"}
    assert found["lake_daily"]["last_state"] == "success"
    assert not any(one["paused"] for one in found.values())


@needs_browser
def test_the_web_page_lets_its_user_in_and_shows_the_run(sandbox: Settings, run_id: str, tmp_path: Path) -> None:
    login = json.loads(run(sandbox, "dag", "login", "--json").stdout)
    with page(1440, 900) as tab:
        tab.goto(login["url"])
        tab.get_by_label("Username").fill(login["user"])
        tab.locator("input[type=password]").fill(login["password"])
        tab.get_by_role("button", name="Sign in").click()
        expect(tab.get_by_role("link", name="Dags").first).to_be_visible(timeout=30_000)
        tab.goto(f"{login['url']}/dags/lake_daily/runs/{quote(run_id)}")
        expect(tab.get_by_text("crawl_transformed").first).to_be_visible(timeout=30_000)
        assert picture(tab, "airflow", tmp_path).stat().st_size > 20_000


def test_what_the_demo_published_has_triggered_the_dag_of_arrivals(sandbox: Settings, demo: dict[str, Any]) -> None:
    arrivals = DagRuns(sandbox, "lake_on_arrival")
    done = eventually(
        arrivals.all,
        lambda seen: bool(seen) and all(one["state"] == "success" for one in seen),
        timeout=120,
        what="all runs of arrivals to succeed",
    )
    assert {one["run_type"] for one in done} == {"asset_triggered"}
    [found] = query(sandbox, "select count(*) as shows, max(as_of) as at from marts.trending_now")
    assert found["shows"] > 0


def test_new_raw_data_triggers_it_with_no_further_command(sandbox: Settings, demo: dict[str, Any]) -> None:
    arrivals = DagRuns(sandbox, "lake_on_arrival")
    before = {one["dag_run_id"] for one in arrivals.all()}
    aws.client(sandbox, "s3").put_object(
        Bucket=sandbox.raw_bucket,
        Key=f"app_events/event_type=like_sent/dt={datetime.now(UTC).date()}/dropped-by-hand.json",
        Body=b"",
    )
    new = eventually(
        lambda: [one for one in arrivals.all() if one["dag_run_id"] not in before],
        lambda seen: bool(seen) and seen[-1]["state"] == "success",
        timeout=120,
        what="a run for the new object",
    )
    assert new[-1]["run_type"] == "asset_triggered"


def test_the_upkeep_of_the_warehouse_finds_nothing_wrong(sandbox: Settings, daily: DagRuns) -> None:
    answer = run(sandbox, "dag", "run", "warehouse_upkeep", "--json")
    assert answer.returncode == 0, answer.stderr
    assert {one["state"] for one in json.loads(answer.stdout)["tasks"]} == {"success"}


def test_the_flash_of_each_day_is_a_page_in_the_lake_that_says_what_the_mart_does(
    sandbox: Settings, daily: DagRuns
) -> None:
    s3 = aws.client(sandbox, "s3")
    keys = s3.list_objects_v2(Bucket=sandbox.transformed_bucket, Prefix="_pages/daily_flash/")["Contents"]
    pages = {one["Key"].rpartition("/")[2].removesuffix(".html"): one["Key"] for one in keys}
    flash = query(sandbox, "select dt, listeners, sessions from marts.daily_flash order by dt")
    assert {row["dt"] for row in flash} <= pages.keys()
    for row in flash[-2:]:
        html = s3.get_object(Bucket=sandbox.transformed_bucket, Key=pages[row["dt"]])["Body"].read().decode()
        for name in ("Listeners", "Sessions"):
            assert f'<th scope="row">{name}</th><td>{row[name.lower()]:,}</td>' in html


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_marts_of_the_daily_dag_equal_those_of_the_commands(sandbox: Settings, daily: DagRuns) -> None:
    by_airflow = all_rows(sandbox)
    assert all(by_airflow.values())
    answer = run(sandbox, "batch", timeout=900)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert all_rows(sandbox) == by_airflow


def test_a_check_that_fails_says_how_many_rows_and_how_to_see_them(
    sandbox: Settings, daily: DagRuns, run_id: str
) -> None:
    query(sandbox, "update marts.daily_flash set plays = -1 where dt = (select max(dt) from marts.daily_flash)", "etl")
    daily.clear(run_id, ["checks.numbers_are_plausible"], downstream=True)
    with pytest.raises(SandboxError) as failure:
        follow(sandbox, "lake_daily", run_id, ignore)
    assert failure.value.what == "The DAG lake_daily failed in checks.numbers_are_plausible."
    told = str(failure.value.why)
    assert "AirflowFailException" in told
    assert "1 row" in told
    sample = told[told.upper().index("SELECT") :]
    assert query(sandbox, sample, "etl"), sample
    daily.clear(run_id, ["marts.daily_flash"], downstream=True)
    assert daily.ends(run_id) == "success"


@pytest.mark.long
def test_a_job_that_fails_fails_the_run_until_it_is_mended_and_cleared(
    sandbox: Settings, daily: DagRuns, run_id: str
) -> None:
    with replaced(sandbox, "spark/jobs/recommendations.py", b"raise SystemExit('no more')\n"):
        daily.clear(run_id, ["jobs.recommendations"], downstream=True)
        with pytest.raises(SandboxError) as failure:
            follow(sandbox, "lake_daily", run_id, ignore)
    assert failure.value.what == "The DAG lake_daily failed in jobs.recommendations."
    assert "The driver ended with exit code 1" in str(failure.value.why)
    task = daily.task(run_id, "jobs.recommendations")
    assert task["try_number"] == task["max_tries"] + 1
    assert daily.task(run_id, "marts.daily_flash")["state"] == "upstream_failed"
    daily.clear(run_id, ["jobs.recommendations"], downstream=True)
    assert daily.ends(run_id) == "success"


def test_a_job_that_is_mended_in_time_succeeds_at_the_next_try(sandbox: Settings, daily: DagRuns, run_id: str) -> None:
    with replaced(sandbox, "spark/jobs/profiles.py", b"raise SystemExit('profiles: not yet')\n"):
        daily.clear(run_id, ["jobs.profiles"])
        first = daily.reaches(run_id, "jobs.profiles", "up_for_retry")["try_number"]
    assert daily.ends(run_id) == "success"
    assert daily.task(run_id, "jobs.profiles")["try_number"] > first


@pytest.mark.long
def test_a_run_goes_on_after_its_scheduler_and_its_triggerer_were_killed(
    sandbox: Settings, daily: DagRuns, run_id: str
) -> None:
    before = all_rows(sandbox)
    daily.clear(run_id, ["jobs.sessions", "marts.daily_flash"])
    daily.reaches(run_id, "jobs.sessions", "deferred", "running")
    crash(sandbox, "airflow_scheduler")
    crash(sandbox, "airflow_triggerer")
    assert daily.ends(run_id) == "success"
    assert all_rows(sandbox) == before
    assert unfinished_jobs(sandbox) == []


def test_a_task_whose_worker_was_killed_is_tried_again(sandbox: Settings, daily: DagRuns, run_id: str) -> None:
    daily.clear(run_id, ["jobs.show_catalog"])
    daily.reaches(run_id, "jobs.show_catalog", "running")
    kill_task_workers(sandbox)
    assert daily.ends(run_id) == "success"
    assert daily.task(run_id, "jobs.show_catalog")["state"] == "success"
    assert unfinished_jobs(sandbox) == []


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_backfill_gives_what_daily_runs_give(sandbox: Settings, daily: DagRuns) -> None:
    today = datetime.now(UTC).date()
    days = [(today - timedelta(days=n)).isoformat() for n in (3, 2, 1)]
    for day in days:
        answer = run(sandbox, "dag", "run", "lake_daily", "--date", day, timeout=600)
        assert answer.returncode == 0, answer.stderr
    by_daily_runs = all_rows(sandbox)
    answer = run(sandbox, "dag", "backfill", "lake_daily", "--from", days[0], "--to", days[-1], "--json", timeout=1500)
    assert answer.returncode == 0, answer.stderr
    assert [one["logical_date"][:10] for one in json.loads(answer.stdout)] == days
    assert all_rows(sandbox) == by_daily_runs


def unfinished_jobs(sandbox: Settings) -> list[str]:
    emr = aws.client(sandbox, "emr-containers")
    [cluster] = emr.list_virtual_clusters(states=["RUNNING"])["virtualClusters"]
    states = ["PENDING", "SUBMITTED", "RUNNING"]
    return [one["name"] for one in emr.list_job_runs(virtualClusterId=cluster["id"], states=states)["jobRuns"]]
