"""Of a job or a mart one run goes on at a time; crawls see what was written; checks say what they found."""

from datetime import timedelta

import pytest
from airflow.providers.amazon.aws.hooks.emr import EmrContainerHook
from airflow.sdk.bases.operator import ExecutorSafeguard
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferralTimeout, TaskDeferred
from support.dag_fakes import FakeEmr, FakeGlue, FakeRedshiftData

from amp_dags import warehouse
from amp_dags.runs import run_mark
from amp_dags.spark import cancel_all

OWN = f"events/2026-11-25/{run_mark('a run')}"
OTHERS = f"events/2026-11-24/{run_mark('another run')}"
MART = f"lake_daily.marts.daily_flash/{run_mark('a run/-1')}"
# What the scheduler resumes a task with whose deferral took too long: airflow.models.trigger.Trigger.submit_failure.
TIMED_OUT = ("__fail__", {"error": "Trigger timeout"})


@pytest.fixture(autouse=True)
def outside_of_a_worker(monkeypatch):
    monkeypatch.setattr(ExecutorSafeguard, "test_mode", True)
    monkeypatch.setattr(warehouse, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(warehouse, "_LOOK_SECONDS", 0.0)


@pytest.fixture
def job(prepared):
    def make(emr: FakeEmr):
        task, context = prepared("lake_daily", "jobs.events")
        task.hook.__dict__["conn"] = emr
        return task, context

    return make


@pytest.fixture
def statement(prepared):
    def make(client: FakeRedshiftData, task_id: str = "marts.daily_flash"):
        task, context = prepared("lake_daily", task_id)
        task.hook.__dict__["conn"] = client
        return task, context

    return make


def deferred(execute, *arguments) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as raised:
        execute(*arguments)
    return raised.value


def test_a_job_is_started_and_waited_for_without_a_worker(job):
    emr = FakeEmr(("done", OWN, "COMPLETED"), ("else", f"sessions/2026-11-25/{run_mark('a run')}", "RUNNING"))
    task, context = job(emr)
    waiting = deferred(task.execute, context)
    [started] = emr.started
    assert started["name"] == OWN
    assert started["clientToken"] == str(context["ti"].id)
    assert started["jobDriver"]["sparkSubmitJobDriver"]["entryPointArguments"][-4:] == [
        "--date",
        "2026-11-25",
        "--days",
        "2",
    ]
    assert waiting.trigger.serialize()[1]["job_id"] == "new"
    assert (waiting.method_name, waiting.timeout) == ("execute_complete", task.execution_timeout)
    assert emr.cancelled == []


def test_shows_are_made_of_all_changes_until_the_run_begins(prepared):
    task, context = prepared("lake_daily", "jobs.show_catalog")
    task.hook.__dict__["conn"] = emr = FakeEmr()
    deferred(task.execute, context)
    [started] = emr.started
    assert started["jobDriver"]["sparkSubmitJobDriver"]["entryPointArguments"][-2:] == ["--date", "2026-11-26"]
    assert started["name"].startswith("show_catalog/2026-11-25/")


@pytest.mark.parametrize("state", ["PENDING", "SUBMITTED", "RUNNING"])
def test_a_run_that_an_earlier_try_left_is_cancelled_and_ends_before_the_next_is_started(job, state):
    """As after a worker that was killed, or when somebody clears a task whose run goes on."""
    emr = FakeEmr(("left", OWN, state))
    task, context = job(emr)
    waiting = deferred(task.execute, context)
    assert (emr.cancelled, emr.started) == (["left"], [])
    assert waiting.trigger.serialize()[1]["job_id"] == "left"

    emr.runs["left"]["state"] = "CANCELLED"
    task, context = job(emr)
    resumed = deferred(
        task.resume_execution, waiting.method_name, {"event": {"status": "error", "job_id": "left"}}, context
    )
    assert [run["name"] for run in emr.started] == [OWN]
    assert resumed.trigger.serialize()[1]["job_id"] == "new"


def test_a_run_that_is_being_cancelled_is_waited_for(job):
    emr = FakeEmr(("left", OWN, "CANCEL_PENDING"))
    task, context = job(emr)
    deferred(task.execute, context)
    assert (emr.cancelled, emr.started) == ([], [])


def test_a_run_that_ends_just_before_it_is_cancelled_is_no_error(job):
    emr = FakeEmr(("left", OWN, "RUNNING"))
    emr.ends_by_itself = True
    task, context = job(emr)
    assert deferred(task.execute, context).method_name == "start_after"


@pytest.mark.parametrize("name", [OTHERS, "events"], ids=["of another run", "by hand"])
def test_a_run_that_others_started_is_waited_for_and_not_cancelled(job, name):
    emr = FakeEmr(("theirs", name, "RUNNING"))
    task, context = job(emr)
    assert deferred(task.execute, context).trigger.serialize()[1]["job_id"] == "theirs"
    assert (emr.cancelled, emr.started) == ([], [])


def test_a_run_that_nobody_waits_for_any_more_is_cancelled(job):
    emr = FakeEmr(("new", OWN, "RUNNING"), ("theirs", OTHERS, "RUNNING"))
    task, context = job(emr)
    with pytest.raises(TaskDeferralTimeout):
        task.resume_execution(*TIMED_OUT, context)
    assert emr.cancelled == ["new"]


def test_what_goes_on_of_a_run_that_is_given_up_is_cancelled():
    profiles = f"profiles/2026-11-25/{run_mark('a run')}"
    emr = FakeEmr(
        ("1", OWN, "RUNNING"), ("2", OTHERS, "RUNNING"), ("3", profiles, "CANCEL_PENDING"), ("4", OWN, "FAILED")
    )
    hook = EmrContainerHook(aws_conn_id=None, virtual_cluster_id="thecluster")
    hook.__dict__["conn"] = emr
    assert cancel_all(hook, "a run") == [OWN, profiles]
    assert emr.cancelled == ["1"]


def test_a_job_that_fails_says_why_and_where_its_log_is(job):
    emr = FakeEmr()
    emr.runs["new"] = {"id": "new", "state": "FAILED", "stateDetails": "events: there are no events below s3://raw."}
    task, context = job(emr)
    with pytest.raises(AirflowException) as raised:
        task.execute_complete(context, {"status": "error", "job_id": "new", "message": "Job failed"})
    assert str(raised.value) == (
        "The job events is FAILED: events: there are no events below s3://raw. "
        "Its log: aws s3 ls --recursive s3://the-artifacts-bucket/spark-logs/thecluster/jobs/new/"
    )


def test_a_job_that_completes_answers_the_id_of_its_run(job):
    task, context = job(FakeEmr())
    assert task.execute_complete(context, {"status": "success", "job_id": "new"}) == "new"


def test_a_crawl_is_started_and_waited_for_no_longer_than_the_task_may_take(prepared):
    task, context = prepared("lake_daily", "crawl_raw")
    task.hook.__dict__["glue_client"] = glue = FakeGlue()
    waiting = deferred(task.execute, context)
    assert glue.started == ["amp-raw-test"]
    assert (waiting.method_name, waiting.timeout) == ("execute_complete", timedelta(hours=1))


def test_a_crawl_that_goes_on_already_is_not_good_enough(prepared):
    task, context = prepared("lake_daily", "crawl_raw")
    task.hook.__dict__["glue_client"] = glue = FakeGlue(running=2)
    waiting = deferred(task.execute, context)
    assert (glue.started, waiting.timeout) == ([], timedelta(hours=1))
    # Whatever became of it; and somebody may have been faster again.
    failed = {"event": {"status": "error", "message": "the crawl failed"}}
    waiting = deferred(task.resume_execution, waiting.method_name, failed, context)
    assert glue.started == []
    waiting = deferred(task.resume_execution, waiting.method_name, failed, context)
    assert (glue.started, waiting.method_name) == (["amp-raw-test"], "execute_complete")


def test_statements_of_a_mart_are_one_transaction_with_the_days_beside_them(statement):
    client = FakeRedshiftData()
    task, context = statement(client)
    task.execute(context)
    [sent] = client.sent
    assert [text.split()[0] for text in sent["Sqls"]] == ["CREATE", "DELETE", "INSERT", "CREATE"]
    assert sent["Parameters"] == [
        {"name": "first_day", "value": "2026-11-24"},
        {"name": "last_day", "value": "2026-11-25"},
    ]
    assert (sent["StatementName"], sent["DbUser"], sent["Database"]) == (MART, "etl", "amp")


def test_a_view_takes_no_days(statement):
    client = FakeRedshiftData()
    task, context = statement(client, "marts.live_listeners")
    task.execute(context)
    assert "Parameters" not in client.sent[0]


def test_statements_that_take_long_are_waited_for_without_a_worker(statement):
    task, context = statement(FakeRedshiftData(becomes="STARTED"))
    waiting = deferred(task.execute, context)
    assert waiting.trigger.serialize()[1]["statement_id"] == "new"
    assert waiting.timeout == task.execution_timeout


def test_statements_that_an_earlier_try_left_are_cancelled_and_end_before_the_next(statement):
    client = FakeRedshiftData(("left", MART, "STARTED"), ("done", MART, "FINISHED"))
    task, context = statement(client)
    waiting = deferred(task.execute, context)
    assert (client.cancelled, client.sent) == (["left"], [])
    assert waiting.trigger.serialize()[1]["statement_id"] == "left"

    client.statements[0]["Status"] = "ABORTED"
    task.resume_execution(waiting.method_name, {"event": {"status": "error", "statement_id": "left"}}, context)
    assert len(client.sent) == 1


def test_statements_of_another_run_are_waited_for(statement):
    client = FakeRedshiftData(("theirs", f"lake_daily.marts.daily_flash/{run_mark('another')}", "PICKED"))
    task, context = statement(client)
    assert deferred(task.execute, context).trigger.serialize()[1]["statement_id"] == "theirs"
    assert (client.cancelled, client.sent) == ([], [])


def test_statements_that_nobody_waits_for_any_more_are_cancelled(statement):
    client = FakeRedshiftData(("new", MART, "STARTED"))
    task, context = statement(client)
    with pytest.raises(TaskDeferralTimeout):
        task.resume_execution(*TIMED_OUT, context)
    assert client.cancelled == ["new"]


FAILED_PART = {
    "Id": "new:2",
    "Status": "FAILED",
    "Error": 'ERROR: relation "lake.sessions" does not exist',
    "QueryString": "INSERT INTO marts.daily_flash\nWITH visits AS (\n" + " " * 300 + "SELECT dt" + "x" * 300,
}


def test_statements_that_fail_at_once_say_why_and_which_in_one_line(statement):
    client = FakeRedshiftData(becomes="FAILED")
    client.parts = [{"Id": "new:1", "Status": "FINISHED", "QueryString": "DELETE"}, FAILED_PART]
    task, context = statement(client)
    with pytest.raises(AirflowException) as raised:
        task.execute(context)
    said = str(raised.value)
    assert said.startswith(
        'ERROR: relation "lake.sessions" does not exist Statement new is FAILED: '
        "INSERT INTO marts.daily_flash WITH visits AS ( SELECT dtxxx"
    )
    assert len(said) < 300


def test_statements_that_fail_while_they_are_waited_for_say_the_same(statement):
    client = FakeRedshiftData(becomes="FAILED")
    client.parts = [FAILED_PART]
    task, context = statement(client)
    event = {"status": "error", "statement_id": "new", "message": "all that the provider knows", "type": "FAILED"}
    with pytest.raises(AirflowException, match=r"^ERROR: relation \"lake.sessions\" does not exist Statement new"):
        task.resume_execution("execute_complete", {"event": event}, context)


def test_statements_that_somebody_cancelled_say_so(statement):
    client = FakeRedshiftData(becomes="ABORTED")
    task, context = statement(client)
    with pytest.raises(AirflowException, match=r"^Nothing is said of why. Statement new is ABORTED"):
        task.execute(context)


def test_a_check_that_finds_nothing_passes(statement):
    client = FakeRedshiftData(rows=[[{"longValue": 0}]])
    task, context = statement(client, "checks.every_day_has_a_flash")
    assert task.execute(context) == 0
    assert client.sent[0]["Sql"].startswith("SELECT COUNT(*) FROM (\nSELECT sessions.dt")


def test_a_check_that_finds_rows_fails_at_once_and_says_how_to_see_them(statement):
    task, context = statement(FakeRedshiftData(rows=[[{"longValue": 3}]]), "checks.every_day_has_a_flash")
    with pytest.raises(AirflowFailException) as raised:  # which is not tried again
        task.execute(context)
    said = str(raised.value)
    assert said.startswith(
        "A day that has sessions has no row in daily_flash. 3 rows found. See some with:\nSELECT * FROM ("
    )
    assert "WHERE sessions.dt BETWEEN '2026-11-24' AND '2026-11-25'" in said
    assert said.endswith("LIMIT 20;")


def test_a_check_of_what_arrived_is_about_the_days_that_arrived(prepared):
    pulled = {"first_day": "2026-11-19", "last_day": "2026-11-26"}
    task, context = prepared("lake_on_arrival", "arrivals_are_complete", **pulled)
    task.hook.__dict__["conn"] = client = FakeRedshiftData(rows=[[{"longValue": 0}]])
    task.execute(context)
    assert {one["name"]: one["value"] for one in client.sent[0]["Parameters"]} == pulled
