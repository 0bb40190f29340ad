"""Each container killed in the middle of a run and started again: nothing is lost, or it is said what was."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from support.dag_runs import DagRuns
from support.sandboxes import begun, run
from support.waiting import eventually

from amp_sandbox import aws, paths
from amp_sandbox.runtime.compose import engine, project
from amp_sandbox.settings import Settings
from amp_sandbox.stack import stack_outputs

pytestmark = pytest.mark.long
EVENTS, CHANGES = 20_000, 100


@contextmanager
def seeding(settings: Settings, *, needs: str | None = None) -> Iterator[None]:
    """A run: published in the background, from when the first records are until all are.

    It may end early when something that it `needs` is not there, which it then has to say.
    """
    before = ledger_bytes(settings)
    with begun(settings, "seed", "--changes", str(CHANGES), "--events", str(EVENTS), "--json") as process:
        eventually(lambda: ledger_bytes(settings), lambda now: now > before, timeout=60, what="records to be published")
        yield
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0 or (needs and f"Error: {needs} does not answer." in err), err


def ledger_bytes(settings: Settings) -> int:
    files = (paths.state_dir(settings.home) / "ledger").rglob("*.csv")
    return sum(path.stat().st_size for path in files)


def kill(settings: Settings, service: str) -> None:
    engine.run("compose", "--project-name", project.name(settings.home), "kill", service)


def up(settings: Settings, *arguments: str) -> str:
    answer = run(settings, "up", *arguments, timeout=600)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout + answer.stderr


def status(settings: Settings) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run(settings, "status", "--json").stdout)
    return told


def accounts(settings: Settings) -> dict[str, dict[str, int]]:
    answer = run(settings, "audit", "--json", "--wait", "240", timeout=400)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return {account["stream"]: account for account in json.loads(answer.stdout)}


@pytest.mark.parametrize("service", ["standins", "warehouse"])
def test_nothing_is_lost_when_a_container_is_killed_during_a_run(sandbox: Settings, service: str) -> None:
    with seeding(sandbox):
        kill(sandbox, service)
        seen = status(sandbox)
        assert (seen["healthy"], seen["state_lost"]) == (False, False)
        assert [one["name"] for one in seen["services"] if not one["healthy"]] == [service]
        up(sandbox, "--no-deploy")
    found = accounts(sandbox)
    assert [(one["lost"], one["in_flight"], one["dead_lettered"]) for one in found.values()] == [(0, 0, 0), (0, 0, 0)]
    assert status(sandbox)["healthy"]


def test_changes_that_were_published_wait_for_a_catalogue_service_that_was_killed(sandbox: Settings) -> None:
    """Their function cannot do without it, and takes them from the queue again. No more are published meanwhile."""
    before = accounts(sandbox)["show-catalog"]["published"]
    with seeding(sandbox, needs="The catalogue service"):
        kill(sandbox, "catalog_api")
        up(sandbox, "--no-deploy")
    found = accounts(sandbox)
    assert found["show-catalog"]["published"] > before
    assert [(one["lost"], one["in_flight"], one["dead_lettered"]) for one in found.values()] == [(0, 0, 0), (0, 0, 0)]


@pytest.mark.parametrize("service", ["localstack", "network"])
def test_what_localstack_held_in_memory_is_said_to_be_gone(sandbox: Settings, service: str) -> None:
    kill(sandbox, service)
    engine.run("compose", "--project-name", project.name(sandbox.home), "start", service)
    seen = eventually(lambda: status(sandbox), lambda told: bool(told["state_lost"]), timeout=30, what="the loss")
    assert not seen["healthy"]
    assert "its state is gone" in run(sandbox, "status").stdout
    told = up(sandbox)
    assert "LocalStack had lost its state: start afresh" in told
    seen = status(sandbox)
    assert (seen["healthy"], seen["deployed"], seen["state_lost"]) == (True, True, False)
    with seeding(sandbox):
        pass
    assert [one["lost"] for one in accounts(sandbox).values()] == [0, 0]


# What a job run does, while a container of Spark's is killed: twelve tasks of a second on executors.
SLOW_JOB = b"""
import time
from pyspark.sql import SparkSession

def slow(numbers):
    time.sleep(1)
    return numbers

print("sum:", SparkSession.builder.getOrCreate().sparkContext.range(12, numSlices=12).mapPartitions(slow).sum())
"""
ENDS = {
    "spark_history": ("COMPLETED", ""),
    "spark_worker": ("COMPLETED", ""),
    "spark_master": ("FAILED", "The Spark master ended while the job ran."),
    "standins": ("FAILED", "The driver was killed"),  # it runs in their container
}


HAS_ARCHIVE = """
for process in /proc/[0-9]*; do
  grep --quiet classes.jsa $process/maps && ls -l $process/fd | grep --quiet spark-core && echo yes
done 2>/dev/null
true
"""


@pytest.fixture(scope="module")
def batch(sandbox: Settings) -> Settings:
    """The sandbox with Spark and Airflow."""
    up(sandbox, "--profile", "batch")
    return sandbox


def starts_fast(settings: Settings, service: str) -> bool:
    """Whether a JVM in a container has the image's archive of classes, which Java leaves out unless it fits.

    It looks at the archive first: only one that has opened Spark's jar has made up its mind.
    """
    return "yes" in engine.run("exec", project.containers(settings.home)[service].id, "sh", "-c", HAS_ARCHIVE)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("service", "end"), ENDS.items(), ids=ENDS)
def test_a_job_run_ends_in_a_state_that_is_true(batch: Settings, service: str, end: tuple[str, str]) -> None:
    outputs, emr = stack_outputs(batch), aws.client(batch, "emr-containers")
    aws.client(batch, "s3").put_object(Bucket=batch.artifacts_bucket, Key="jobs/slow.py", Body=SLOW_JOB)
    cluster = outputs["VirtualClusterId"]
    started = emr.start_job_run(
        name="slow",
        virtualClusterId=cluster,
        executionRoleArn=outputs["SparkJobRoleArn"],
        releaseLabel="emr-7.12.0-latest",
        jobDriver={"sparkSubmitJobDriver": {"entryPoint": f"s3://{batch.artifacts_bucket}/jobs/slow.py"}},
    )["id"]

    def run_of_it() -> dict[str, Any]:
        described: dict[str, Any] = emr.describe_job_run(virtualClusterId=cluster, id=started)["jobRun"]
        return described

    eventually(run_of_it, lambda seen: seen["state"] == "RUNNING", timeout=120, what="the run")
    starts = (lambda: starts_fast(batch, "standins")), (lambda: starts_fast(batch, "spark_worker"))
    for fast in starts:
        eventually(fast, bool, timeout=60, what="a driver and an executor with the archive of classes")
    kill(batch, service)
    up(batch, "--no-deploy", "--profile", "batch")
    ended = eventually(run_of_it, lambda seen: seen["state"] in ("COMPLETED", "FAILED"), timeout=240, what="its end")
    assert (ended["state"], ended.get("stateDetails", "")[: len(end[1])]) == end
    assert status(batch)["healthy"]


@pytest.mark.timeout(900)
def test_a_run_of_a_dag_goes_on_after_each_container_of_airflows_was_killed(batch: Settings) -> None:
    """The run's tasks are short: it may have ended when Airflow is back, and has to have ended well."""
    dag = DagRuns(batch, "warehouse_upkeep")
    for service in [one["name"] for one in status(batch)["services"] if one["name"].startswith("airflow_")]:
        run_id = dag.start()
        kill(batch, service)
        assert not status(batch)["healthy"]
        up(batch, "--no-deploy", "--profile", "batch")
        assert dag.ends(run_id) == "success", service
    assert status(batch)["healthy"]
