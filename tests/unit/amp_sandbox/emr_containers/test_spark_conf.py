from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.emr_fakes import start_request

from amp_sandbox.emr_containers import job_config
from amp_sandbox.emr_containers.spark_conf import RunConf, megabytes, properties
from amp_sandbox.runtime.spark import Machine
from amp_sandbox.settings import Settings

MACHINE = Machine(cores=2, runs=2, executor_mb=2048, driver_mb=2048)


def conf(parameters: str = "", name: str | None = None, **request: Any) -> RunConf:
    driver = {"entryPoint": "s3://code/job.py"} | ({"sparkSubmitParameters": parameters} if parameters else {})
    job = job_config.parse(start_request("vc", jobDriver={"sparkSubmitJobDriver": driver}, **request))
    return properties(Settings(home=Path("/home")), MACHINE, job, name)


def sizes(found: RunConf) -> list[str]:
    keys = ("executor.cores", "cores.max", "executor.memory", "driver.memory")
    return [found.properties[f"spark.{key}"] for key in keys]


def test_a_job_that_asks_for_nothing_gets_all_cores_in_one_executor() -> None:
    assert sizes(conf()) == ["2", "2", "1024m", "1024m"]
    assert conf().notes == ()


@pytest.mark.parametrize(
    ("parameters", "expected", "notes"),
    [
        ("--conf spark.executor.memory=2g --conf spark.driver.memory=1500m", ["2", "2", "2048m", "1500m"], []),
        ("--executor-cores 1 --num-executors 2 --executor-memory 1g", ["1", "2", "1024m", "1024m"], []),
        ("--executor-cores 1", ["1", "1", "1024m", "1024m"], []),
        ("--executor-cores 16", ["2", "2", "1024m", "1024m"], ["spark.executor.cores=16 is more"]),
        ("--num-executors 50", ["2", "2", "1024m", "1024m"], ["spark.executor.instances=50 is more"]),
        ("--executor-memory 8G", ["2", "2", "2048m", "1024m"], ["spark.executor.memory=8G is more"]),
        ("--driver-memory 100m", ["2", "2", "1024m", "512m"], ["spark.driver.memory=100m is less"]),
        ("--executor-cores many", ["2", "2", "1024m", "1024m"], ["spark.executor.cores=many is no number"]),
        ("--executor-memory large", ["2", "2", "1024m", "1024m"], ["spark.executor.memory=large is no size"]),
    ],
)
def test_sizes_are_honoured_up_to_the_machines(parameters: str, expected: list[str], notes: list[str]) -> None:
    found = conf(parameters)
    assert sizes(found) == expected
    assert [note[: len(start)] for note, start in zip(found.notes, notes, strict=True)] == notes


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_run_never_takes_more_than_its_share(cores: int, instances: int, memory: int) -> None:
    found = conf(f"--executor-cores {cores} --num-executors {instances} --executor-memory {memory}m").properties
    executors = int(found["spark.cores.max"]) // int(found["spark.executor.cores"])
    assert 1 <= int(found["spark.cores.max"]) <= MACHINE.cores
    assert executors * int(found["spark.executor.memory"].removesuffix("m")) <= MACHINE.executor_mb


@pytest.mark.parametrize(
    "parameters",
    [
        "--conf spark.driver.host=192.0.2.2",
        "--conf spark.driver.bindAddress=0.0.0.0",
        "--conf spark.master=local[*]",
        "--conf spark.hadoop.fs.s3.impl=com.amazon.ws.emr.hadoop.fs.EmrFileSystem",
        "--conf spark.ui.enabled=true",
        "--conf spark.authenticate=false",
        "--conf spark.kubernetes.container.image=x",
        "--conf spark.eventLog.dir=s3://x/",
    ],
)
def test_what_the_sandbox_decides_is_not_the_jobs_and_noted(parameters: str) -> None:
    found = conf(parameters)
    key = parameters.removeprefix("--conf ").partition("=")[0]
    assert found.properties.get(key) == conf().properties.get(key)
    assert len(found.notes) == 1
    assert key in found.notes[0]


def test_submit_parameters_come_before_spark_defaults_and_names_before_the_runs() -> None:
    defaults = [{"classification": "spark-defaults", "properties": {"spark.a": "1", "spark.b": "1"}}]
    found = conf("--conf spark.b=2", name="run", configurationOverrides={"applicationConfiguration": defaults})
    assert (found.properties["spark.a"], found.properties["spark.b"]) == ("1", "2")
    assert found.properties["spark.app.name"] == "run"
    assert conf("--name own", name="run").properties["spark.app.name"] == "own"


def test_a_class_path_of_the_jobs_comes_behind_the_connector() -> None:
    found = conf("--conf spark.executor.extraClassPath=/x.jar").properties["spark.executor.extraClassPath"]
    assert found.endswith("amp-s3-connector.jar:/x.jar")


def test_s3a_is_written_with_a_committer_that_is_here() -> None:
    """Hadoop's core-default.xml names S3A's own, without which every format but Parquet cannot be written."""
    key = "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3a"
    assert conf().properties[key] == "org.apache.hadoop.mapreduce.lib.output.FileOutputCommitterFactory"


def test_dynamic_allocation_needs_no_shuffle_service() -> None:
    found = conf("--conf spark.dynamicAllocation.enabled=true").properties
    assert found["spark.dynamicAllocation.shuffleTracking.enabled"] == "true"
    assert "spark.executor.instances" not in found


def test_a_run_without_the_history_server_writes_no_event_log() -> None:
    found = conf(configurationOverrides={"monitoringConfiguration": {"persistentAppUI": "DISABLED"}})
    assert found.properties["spark.eventLog.enabled"] == "false"
    assert conf().properties["spark.eventLog.enabled"] == "true"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("512", 512),
        ("2g", 2048),
        ("2G", 2048),
        ("1gb", 1024),
        ("2048k", 2),
        ("1t", 1048576),
        ("1.5g", None),
        ("", None),
    ],
)
def test_sizes_are_read_as_spark_does(text: str, expected: int | None) -> None:
    assert megabytes(text) == expected
