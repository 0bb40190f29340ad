"""App events from raw to tables: Spark's job `events` on the sandbox's cluster, in one process, and DuckDB.

All three read the same objects from the sandbox's S3 and write the same tables there. Their figures are of one run, so
that their ratios mean something on a machine of changing speed. `SPARK_EVENTS` in the environment says how many.
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil
from figure import Figure
from memory import peak_memory
from support.raw_lake import function
from support.sandboxes import environment

from amp_sandbox import aws, paths
from amp_sandbox.batch.jobs import RELEASE_LABEL
from amp_sandbox.emr_containers.spark_conf import connector
from amp_sandbox.runtime import spark as cluster
from amp_sandbox.runtime.processes import find, label
from amp_sandbox.settings import Settings
from amp_sandbox.stack import stack_outputs
from amp_sandbox.stack.package import zip_folder
from amp_sandbox.stack.spark_code import job_uri, library_uri
from amp_seed import World, app_events, preset

EVENTS = int(os.environ.get("SPARK_EVENTS", "1000000"))
FEW = 1_000
LAST, DAYS = date(2026, 11, 20), 7
_LINES_PER_OBJECT = 10_000
_LOCAL_MEMORY = "2g"  # what a driver and an executor of the cluster have together
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Buckets:
    """Where the events are, and where their tables go: a bucket of their own for each way."""

    raw: str
    cluster: str
    local: str
    duckdb: str


@dataclass(frozen=True)
class Run:
    """Seconds from the call to the end, bytes of memory at most, and rows written."""

    seconds: float
    memory: int
    rows: int


def spark(settings: Settings) -> list[Figure]:
    """The same events three ways, and a few events on the cluster: what a job costs whatever its size."""
    few, many = (_filled(settings, count) for count in (FEW, EVENTS))
    _on_cluster(settings, few.raw, few.cluster)  # starts the cluster
    small = _on_cluster(settings, few.raw, few.cluster)
    runs = {
        "Spark on the cluster": _on_cluster(settings, many.raw, many.cluster),
        "Spark in one process": _in_one_process(settings, many.raw, many.local),
        "DuckDB": _duckdb(settings, many.raw, many.duckdb),
    }
    rows = {name: run.rows for name, run in runs.items()}
    if len(set(rows.values())) != 1:
        raise RuntimeError(f"not the same tables: {rows}")
    on_cluster, in_one, duckdb = runs.values()
    figures = [Figure(f"{FEW:,} events to tables, Spark on the cluster", small.seconds, "s", "20")]
    for name, run in runs.items():
        figures.append(Figure(f"{EVENTS:,} events to tables, {name}", run.seconds, "s"))
        figures.append(Figure(f"memory at most, {name}", run.memory / 2**20, "MB"))
    return [
        *figures,
        Figure("Spark on the cluster, against one process", on_cluster.seconds / in_one.seconds, "x"),
        Figure("Spark on the cluster, against DuckDB", on_cluster.seconds / duckdb.seconds, "x"),
        Figure("Spark in one process, against DuckDB", in_one.seconds / duckdb.seconds, "x"),
    ]


def _filled(settings: Settings, count: int) -> Buckets:
    """Buckets, with so many events in the first."""
    s3 = aws.client(settings, "s3")
    run = uuid.uuid4().hex[:8]
    buckets = Buckets(*(f"bench-{run}-{name}" for name in ("raw", "cluster", "local", "duckdb")))
    for bucket in vars(buckets).values():
        s3.create_bucket(Bucket=bucket)
    with ThreadPoolExecutor(4) as pool:
        for key, body in _objects(count):
            pool.submit(s3.put_object, Bucket=buckets.raw, Key=key, Body=body)
    return buckets


def _objects(count: int) -> Iterator[tuple[str, bytes]]:
    """Objects as Firehose writes them, by type and date."""
    world = World(preset("small", seed=7, start=LAST - timedelta(days=DAYS - 1), days=DAYS))
    flatten = function("event_transform", "app").flatten
    folders: dict[str, list[bytes]] = defaultdict(list)
    for number, event in enumerate(app_events(world, count)):
        row = flatten(event.event)
        folder = f"app_events/event_type={row['event_type']}/dt={row['event_time'][:10]}"
        folders[folder].append(json.dumps(row).encode() + b"\n")
        if len(folders[folder]) == _LINES_PER_OBJECT:
            yield f"{folder}/{number}.gz", gzip.compress(b"".join(folders.pop(folder)), 6)
    for folder, lines in folders.items():
        yield f"{folder}/rest.gz", gzip.compress(b"".join(lines), 6)


def _on_cluster(settings: Settings, raw: str, target: str) -> Run:
    emr, outputs = aws.client(settings, "emr-containers"), stack_outputs(settings)
    job = {
        "entryPoint": job_uri(settings, "events"),
        "entryPointArguments": _arguments(raw, target),
        "sparkSubmitParameters": f"--py-files {library_uri(settings)}",
    }
    cluster_id = outputs["VirtualClusterId"]
    with peak_memory(lambda: [one for one in find(settings.home) if _is_spark(one)]) as peak:
        started = time.perf_counter()
        run_id = emr.start_job_run(
            name="bench",
            virtualClusterId=cluster_id,
            clientToken=str(uuid.uuid4()),
            executionRoleArn=outputs["SparkJobRoleArn"],
            releaseLabel=RELEASE_LABEL,
            jobDriver={"sparkSubmitJobDriver": job},
        )["id"]
        while (run := emr.describe_job_run(virtualClusterId=cluster_id, id=run_id)["jobRun"])["state"] != "COMPLETED":
            if run["state"] in ("FAILED", "CANCELLED"):
                raise RuntimeError(f"the job run {run_id} is {run['state']}: {run.get('stateDetails')}")
            time.sleep(_POLL_SECONDS)
        seconds = time.perf_counter() - started
    return Run(seconds, peak[0], _reported(settings, target))


def _in_one_process(settings: Settings, raw: str, target: str) -> Run:
    with tempfile.TemporaryDirectory(prefix="amp-bench-spark-") as name:
        folder = Path(name)
        library = folder / "amp_spark.zip"
        library.write_bytes(zip_folder(paths.SPARK / "amp_spark", prefix="amp_spark/"))
        properties = connector(settings) | {
            "spark.master": "local[2]",
            "spark.driver.memory": _LOCAL_MEMORY,
            "spark.driver.defaultJavaOptions": cluster.FAST_START,
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.extraClassPath": str(cluster.CONNECTOR),
            "spark.submit.pyFiles": str(library),
            "spark.ui.enabled": "false",
        }
        cluster.write_private(folder / "spark.conf", properties)
        submit = [cluster.spark_home() / "bin" / "spark-submit", "--properties-file", folder / "spark.conf"]
        command = [*submit, paths.SPARK / "jobs" / "events.py", *_arguments(raw, target)]
        own = {"HOME": name, "TMPDIR": name, "SPARK_LOCAL_DIRS": name}
        seconds, memory, _ = _measured(command, cluster.spark_environment(settings, "bench") | own)
    return Run(seconds, memory, _reported(settings, target))


def _duckdb(settings: Settings, raw: str, target: str) -> Run:
    script = Path(__file__).with_name("duckdb_events.py")
    command = [sys.executable, script, f"s3://{raw}", f"s3://{target}", LAST.isoformat(), str(DAYS)]
    return Run(*_measured(command, environment(settings)))


def _measured(command: Sequence[object], variables: Mapping[str, str]) -> tuple[float, int, int]:
    """Seconds and memory of a process and its children, and the number that it prints; 0 if it prints none."""
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(
            [str(word) for word in command], env=dict(variables), stdout=subprocess.PIPE, stderr=errors, text=True
        )
        with peak_memory(lambda: _tree(child.pid)) as peak:
            printed, _ = child.communicate()
        errors.seek(0)
        if child.returncode:
            raise RuntimeError(f"{command[0]} ended with {child.returncode}: {errors.read()[-2000:]}")
    return time.perf_counter() - started, peak[0], int(printed or 0)


def _tree(pid: int) -> Iterable[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _is_spark(process: psutil.Process) -> bool:
    return label(process).startswith(("job run ", cluster.MASTER, cluster.WORKER))


def _arguments(raw: str, target: str) -> list[str]:
    places = ["--raw", f"s3://{raw}", "--transformed", f"s3://{target}"]
    return [*places, "--date", LAST.isoformat(), "--days", str(DAYS)]


def _reported(settings: Settings, bucket: str) -> int:
    """How many rows the job says that it has written."""
    key = f"_reports/events/dt={LAST}.json"
    body = aws.client(settings, "s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    report: dict[str, Any] = json.loads(body)
    return sum(int(table["written"]) for table in report["tables"].values())
