"""Airflow takes every DAG, and each is fit to be run by others: whose it is, what it is for, what to do on failure."""

import ast
import re
import runpy
from datetime import timedelta

import pytest
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.providers.amazon.aws.notifications.sns import SnsNotifier
from airflow.providers.amazon.aws.operators.emr import EmrContainerOperator
from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerOperator
from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.trigger import CronTriggerTimetable
from airflow.triggers.base import BaseEventTrigger
from support.airflow_options import DAGS, OPTIONS, REPOSITORY

NAMES = ("lake_daily", "lake_on_arrival", "warehouse_upkeep")


@pytest.fixture(params=NAMES)
def dag(bag, request):
    return bag.dags[request.param]


@pytest.fixture(scope="module")
def daily(bag):
    return bag.dags["lake_daily"]


def upstream(dag, task_id: str) -> set[str]:
    return dag.get_task(task_id).get_flat_relative_ids(upstream=True)


def test_all_files_are_imported_without_errors_and_what_they_have_in_common_is_no_dag(bag):
    assert bag.import_errors == {}
    assert sorted(bag.dags) == sorted(NAMES)


def test_dags_have_no_cycles_and_can_be_serialized(dag):
    dag.check_cycle()
    kept = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    assert sorted(kept.task_ids) == sorted(dag.task_ids)


def test_a_dag_read_twice_is_the_same_version():
    """Else each look at the files would make a new one."""
    kept = [BundleDagBag(dag_folder=str(DAGS), bundle_path=DAGS, bundle_name="dags") for _ in range(2)]
    first, second = ({name: DagSerialization.to_dict(bag.dags[name]) for name in NAMES} for bag in kept)
    assert first == second


def test_a_dag_says_what_it_is_for_and_what_to_do_when_it_fails(dag):
    assert "amp" in dag.tags
    assert dag.description
    assert "fails" in dag.doc_md
    assert all("fail" in task.doc_md.lower() for task in dag.tasks), [
        task.task_id for task in dag.tasks if not task.doc_md
    ]


def test_every_task_has_an_owner_retries_and_a_time_limit(dag):
    for task in dag.tasks:
        assert task.owner == "data-platform", task.task_id
        assert task.retries == 2, task.task_id
        assert task.retry_exponential_backoff == 2.0, task.task_id
        assert task.retry_delay == timedelta(seconds=int(OPTIONS["retry_seconds"])), task.task_id
        assert timedelta(0) < task.execution_timeout <= timedelta(hours=2), task.task_id


def test_every_failure_and_every_late_run_is_told_to_the_topic_of_alerts(dag):
    for task in dag.tasks:
        [callback] = task.on_failure_callback
        assert isinstance(callback, SnsNotifier), task.task_id
        assert callback.target_arn == OPTIONS["alerts_topic_arn"]
    [deadline] = dag.deadline
    assert deadline.callback.kwargs["target_arn"] == OPTIONS["alerts_topic_arn"]
    assert deadline.interval < dag.dagrun_timeout


def test_runs_do_not_overlap_and_the_past_is_not_made_up_for_unasked(dag):
    assert dag.max_active_runs == 1
    assert dag.catchup is False


def test_nothing_waits_on_a_worker_for_what_others_do(dag):
    """The Lambda function is called synchronously, which is all that its operator can."""
    waiting = (EmrContainerOperator, GlueCrawlerOperator, RedshiftDataOperator)
    found = [task for task in dag.tasks if isinstance(task, waiting)]
    assert found
    assert all(task.deferrable for task in found)


def test_clients_use_the_role_of_airflow_and_no_connection(dag):
    assert all(getattr(task, "aws_conn_id", None) is None for task in dag.tasks)


@pytest.mark.parametrize(
    ("name", "cron", "interval"),
    [("lake_daily", "0 2 * * *", timedelta(days=1)), ("warehouse_upkeep", "0 5 * * *", timedelta(0))],
)
def test_a_schedule_is_in_utc(bag, name, cron, interval):
    timetable = DagSerialization.from_dict(DagSerialization.to_dict(bag.dags[name])).timetable
    assert isinstance(timetable, CronTriggerTimetable)
    assert timetable.serialize() == {
        "expression": cron,
        "timezone": "UTC",
        "interval": interval.total_seconds(),
        "run_immediately": 600.0,
    }


def test_arrivals_are_watched_by_a_trigger_of_events(bag):
    [asset] = bag.dags["lake_on_arrival"].timetable.asset_condition.objects
    [watcher] = asset.watchers
    assert isinstance(watcher.trigger, BaseEventTrigger)
    classpath, arguments = watcher.trigger.serialize()
    assert classpath == "airflow.providers.amazon.aws.triggers.sqs.SqsSensorTrigger"
    assert arguments["sqs_queue"] == OPTIONS["arrival_queue_url"]
    assert arguments["waiter_delay"] == int(OPTIONS["poll_seconds"])
    assert arguments["max_messages"] == 10


def test_options_that_are_asked_for_are_those_that_a_deployment_sets():
    asked = set()
    for path in DAGS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("option", "seconds"):
                asked.add(ast.literal_eval(node.args[0]))
    assert asked == set(OPTIONS)


def test_nothing_of_aws_is_called_when_a_file_is_read():
    """DAGs are read every few seconds. Clients are made where tasks run: in functions and methods."""
    for path in DAGS.glob("*.py"):
        tree = ast.parse(path.read_text())
        outside = [node for node in tree.body if not isinstance(node, ast.With | ast.FunctionDef)]
        assert not [node for part in outside for node in ast.walk(part) if "Hook(" in ast.unparse(node)], path


def test_jobs_run_after_those_whose_tables_they_read(daily):
    """Who reads what is in the docstring and `read` of each job."""
    reads = {
        "events": set(),
        "show_catalog": set(),
        "profiles": {"snapshots"},
        "sessions": {"jobs.events"},
        "show_engagement": {"jobs.events", "jobs.show_catalog"},
        "recommendation_features": {"jobs.events", "jobs.show_catalog", "jobs.profiles", "snapshots"},
        "recommendations": {
            *("jobs.recommendation_features", "jobs.events", "jobs.show_catalog", "jobs.profiles", "snapshots"),
        },
    }
    assert {name: upstream(daily, f"jobs.{name}") for name in reads} == reads


def test_jobs_are_those_of_a_batch_by_hand_in_an_order_that_its_stages_allow(daily):
    stages = runpy.run_path(str(REPOSITORY / "platform" / "amp_sandbox" / "batch" / "plan.py"))["STAGES"]
    jobs = {task.task_id.removeprefix("jobs."): task for task in daily.tasks if hasattr(task, "job_driver")}
    assert {job.name for stage in stages for job in stage} == jobs.keys()
    for number, stage in enumerate(stages):
        earlier = {f"jobs.{job.name}" for before in stages[:number] for job in before} | {"snapshots"}
        for job in stage:
            assert upstream(daily, f"jobs.{job.name}") <= earlier
            arguments = jobs[job.name].job_driver["sparkSubmitJobDriver"]["entryPointArguments"]
            assert ("--days" in arguments) == job.takes_days


def test_jobs_run_on_the_release_of_a_batch_by_hand(daily):
    text = (REPOSITORY / "platform" / "amp_sandbox" / "batch" / "jobs.py").read_text()
    [release] = re.findall(r'RELEASE_LABEL = "(.+)"', text)
    assert daily.get_task("jobs.events").release_label == release


def test_jobs_that_nobody_waits_for_are_stopped_at_the_end_of_a_run_that_is_given_up_too(daily):
    """Airflow skips what has not begun of a run that is marked as failed, but for teardowns."""
    last = daily.get_task("jobs.stop_jobs")
    assert last.is_teardown
    assert not last.on_failure_fail_dagrun
    jobs = {name for name in daily.task_ids if name.startswith("jobs.")} - {last.task_id}
    assert upstream(daily, last.task_id) >= jobs
    assert not last.downstream_task_ids


def test_marts_wait_for_both_crawls_and_checks_for_all_marts(daily):
    marts = [name for name in daily.task_ids if name.startswith("marts.")]
    assert {"crawl_raw", "crawl_transformed"} <= upstream(daily, marts[0])
    jobs = {name for name in daily.task_ids if name.startswith("jobs.")} - {"jobs.stop_jobs"}
    assert upstream(daily, "crawl_transformed") >= jobs
    assert "snapshots" in upstream(daily, "crawl_raw")
    checks = [name for name in daily.task_ids if name.startswith("checks.")]
    assert len(checks) == len(list((DAGS / "checks").glob("*.sql")))
    assert all(upstream(daily, name) >= set(marts) for name in checks)


def test_the_flash_is_written_when_the_checks_have_found_nothing(daily):
    checks = {name for name in daily.task_ids if name.startswith("checks.")}
    assert upstream(daily, "write_flash") >= checks


def test_marts_are_built_one_after_the_other_in_the_order_of_their_numbers(daily):
    numbers = {path.stem.partition("_")[2]: int(path.stem[0]) for path in (DAGS / "marts").glob("*.sql")}
    before = {name: len(upstream(daily, f"marts.{name}") & {f"marts.{other}" for other in numbers}) for name in numbers}
    assert before == {name: number - 1 for name, number in numbers.items()}


def test_a_job_gets_what_sandbox_batch_gives_it(daily):
    task = daily.get_task("jobs.events")
    driver = task.job_driver["sparkSubmitJobDriver"]
    assert driver["entryPoint"] == "s3://the-artifacts-bucket/spark/jobs/events.py"
    assert driver["sparkSubmitParameters"] == "--py-files s3://the-artifacts-bucket/spark/amp_spark.zip"
    assert driver["entryPointArguments"] == [
        *("--raw", "s3://the-raw-bucket", "--transformed", "s3://the-transformed-bucket"),
        *("--date", "{{ last_day(dag_run, params) }}", "--days", "{{ params.days }}"),
    ]
    assert "--days" not in daily.get_task("jobs.profiles").job_driver["sparkSubmitJobDriver"]["entryPointArguments"]


def test_parameters_are_sent_beside_the_statements(daily):
    for task in daily.tasks:
        if isinstance(task, RedshiftDataOperator):
            texts = [task.sql] if isinstance(task.sql, str) else task.sql
            names = {found for text in texts for found in re.findall(r":(first_day|last_day)\b", text)}
            assert {parameter["name"] for parameter in task.parameters or []} == names, task.task_id
            assert not any("{{" in text for text in texts)
            assert (task.database, task.db_user, task.cluster_identifier) == ("amp", "etl", "amp")
