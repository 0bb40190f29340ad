"""What the tests of EMR's scheduler put in place of the cluster, the processes, S3 and CloudWatch."""

import gzip
import itertools
import sqlite3
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from amp_sandbox.emr_containers import attempt as attempts
from amp_sandbox.emr_containers import store
from amp_sandbox.emr_containers.attempt import Attempt, Launch
from amp_sandbox.emr_containers.cluster import ClusterError
from amp_sandbox.emr_containers.drivers import Running
from amp_sandbox.emr_containers.logs import AwsLogs
from amp_sandbox.emr_containers.scheduler import Scheduler
from amp_sandbox.emr_containers.store import JobRun
from amp_sandbox.runtime import spark
from amp_sandbox.runtime.spark import Machine
from amp_sandbox.settings import Settings

ROLE = "arn:aws:iam::000000000000:role/spark-job"


def start_request(cluster: str, **changes: Any) -> dict[str, Any]:
    """A StartJobRun request that is right but for the changes."""
    return {
        "name": "shows",
        "virtualClusterId": cluster,
        "executionRoleArn": ROLE,
        "releaseLabel": "emr-7.12.0-latest",
        "jobDriver": {"sparkSubmitJobDriver": {"entryPoint": "s3://code/job.py"}},
        "configurationOverrides": {
            "monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": "s3://logs/emr/"}}
        },
    } | changes


class FakeS3:
    """Objects by bucket and key, as boto3's S3 client gives them."""

    def __init__(self) -> None:
        self.buckets: dict[str, dict[str, bytes]] = {"code": {"job.py": b"print()"}, "logs": {}}

    def download_file(self, bucket: str, key: str, path: str) -> None:
        if key not in self.buckets.get(bucket, {}):
            raise ClientError({"Error": {"Code": "404"}}, "HeadObject")
        Path(path).write_bytes(self.buckets[bucket][key])

    def put_object(self, *, Bucket: str, Key: str, Body: Any) -> None:  # noqa: N803
        if Bucket not in self.buckets:
            raise ClientError({"Error": {"Code": "NoSuchBucket", "Message": "no such bucket"}}, "PutObject")
        self.buckets[Bucket][Key] = Body.read()

    def log(self, run: JobRun, name: str, attempt: int = 1) -> str:
        """A driver's log below s3://logs/emr/, where AWS documents it to be."""
        pod = f"spark-{run.id}-driver" + (f"-{attempt}" if attempt > 1 else "")
        key = f"emr/{run.cluster_id}/jobs/{run.id}/containers/spark-{run.id}/{pod}/{name}.gz"
        return gzip.decompress(self.buckets["logs"][key]).decode()


class FakeLogGroups:
    """Events by stream, as boto3's CloudWatch Logs client takes them; there is the group `jobs`."""

    class exceptions:  # noqa: N801
        class ResourceAlreadyExistsException(Exception):  # noqa: N818
            pass

    def __init__(self) -> None:
        self.streams: dict[str, list[str]] = {}

    def create_log_stream(self, *, logGroupName: str, logStreamName: str) -> None:  # noqa: N803
        if logGroupName != "jobs":
            raise ClientError(
                {"Error": {"Code": "ResourceNotFoundException", "Message": "no group"}}, "CreateLogStream"
            )
        if logStreamName in self.streams:
            raise self.exceptions.ResourceAlreadyExistsException
        self.streams[logStreamName] = []

    def put_log_events(self, *, logGroupName: str, logStreamName: str, logEvents: list[dict[str, Any]]) -> None:  # noqa: N803
        assert logGroupName == "jobs"
        self.streams[logStreamName] += [event["message"] for event in logEvents]


class FakeCluster:
    """A cluster that comes up when told."""

    def __init__(self) -> None:
        self.identity: str | None = "1:1"
        self.problem: str | None = None
        self.released = 0

    def ready(self) -> str | None:
        return self.master()

    def master(self) -> str | None:
        if self.problem:
            raise ClusterError(self.problem)
        return self.identity

    def release(self) -> None:
        self.released += 1


class FakeDrivers:
    """Processes that run until told."""

    def __init__(self) -> None:
        self.launched: list[Launch] = []
        self.running: dict[int, str] = {}
        self.stubborn = False
        self._pids = itertools.count(100)

    def start(self, launch: Launch) -> Running:
        self.launched.append(launch)
        pid = next(self._pids)
        self.running[pid] = launch.environment["AMP_SANDBOX_JOB_RUN"]
        return Running(pid, 1.5)

    def is_running(self, driver: Running) -> bool:
        return driver.started == 1.5 and driver.pid in self.running

    def exit_code(self, attempt: Attempt) -> int | None:
        return int(attempt.exit_code.read_text()) if attempt.exit_code.exists() else None

    def end(self, mark: str, *, kill: bool) -> bool:
        found = [pid for pid, one in self.running.items() if one == mark]
        if kill or not self.stubborn:
            for pid in found:
                del self.running[pid]
        return bool(found)


class Bench:
    """A scheduler on a fixed clock, ticked by hand; `machine` takes two runs at once."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(home=folder / "home")
        spark.prepare(self.settings, {})
        self.file = folder / "emr.sqlite"
        self.db: sqlite3.Connection = store.connect(self.file)
        self.now = 1000.0
        self.s3, self.log_groups = FakeS3(), FakeLogGroups()
        self.cluster, self.drivers = FakeCluster(), FakeDrivers()
        self.machine = Machine(cores=2, runs=2, executor_mb=2048, driver_mb=2048)
        store.create_cluster(self.db, "vc", "vc", {"name": "vc", "containerProvider": {"id": "e", "type": "EKS"}}, at=1)
        self.scheduler = self.restarted()

    def restarted(self) -> Scheduler:
        """A scheduler that knows nothing but what is in the store, as after the stand-in was killed."""
        self.scheduler = Scheduler(
            self.settings,
            self.machine,
            connect=lambda: self.db,
            cluster=self.cluster,
            drivers=self.drivers,
            logs=AwsLogs(self.client, lambda: self.now),
            client=self.client,
            clock=lambda: self.now,
        )
        return self.scheduler

    def client(self, service: str) -> Any:
        return {"s3": self.s3, "logs": self.log_groups}[service]

    def start(self, **changes: Any) -> str:
        """A run that waits; answers its id."""
        number = len(store.list_runs(self.db, "vc")) + 1
        run_id = f"run{number}"
        store.create_run(self.db, run_id, "vc", run_id, start_request("vc", **changes), at=self.now)
        return run_id

    def run(self, run_id: str) -> JobRun:
        found = store.get_run(self.db, "vc", run_id)
        assert found is not None
        return found

    def states(self) -> list[str]:
        """The runs' states, in the order in which they were started."""
        return [run.state for run in reversed(store.list_runs(self.db, "vc"))]

    def tick(self, times: int = 1, *, seconds: float = 0.2) -> None:
        for _ in range(times):
            self.now += seconds
            self.scheduler.tick()

    def running(self, **changes: Any) -> str:
        """A run whose driver runs."""
        run_id = self.start(**changes)
        self.tick(2)
        assert self.run(run_id).state == "RUNNING"
        return run_id

    def write(self, run_id: str, *, stdout: str = "", stderr: str = "") -> None:
        """Have a driver write."""
        attempt = attempts.of(self.settings, self.run(run_id))
        for path, text in ((attempt.stdout, stdout), (attempt.stderr, stderr)):
            with path.open("a") as log:
                log.write(text)

    def end(self, run_id: str, code: int | None) -> None:
        """End a driver with an exit code, or, with None, as if it was killed."""
        run = self.run(run_id)
        assert run.pid is not None
        del self.drivers.running[run.pid]
        if code is not None:
            attempts.of(self.settings, run).exit_code.write_text(f"{code}\n")

    def cancel(self, run_id: str) -> None:
        """What CancelJobRun does."""
        allowed = ("PENDING", "SUBMITTED", "RUNNING")
        assert store.move(self.db, self.run(run_id), "CANCEL_PENDING", at=self.now, allowed=allowed)
