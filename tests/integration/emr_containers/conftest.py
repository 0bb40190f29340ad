"""A sandbox of these tests' own, as they kill its processes, started by a shell that knows no Java; and job runs."""

import gzip
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.sandboxes import COMMAND, environment, own_settings, run
from support.waiting import eventually

from amp_sandbox import aws
from amp_sandbox.settings import Settings

JOBS = Path(__file__).with_name("jobs")
ENDED = ("COMPLETED", "FAILED", "CANCELLED")
ROLE = "arn:aws:iam::000000000000:role/spark-job"


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The services, with nothing deployed."""
    settings = own_settings(tmp_path_factory.mktemp("emr") / "home")
    shell = {name: value for name, value in environment(settings).items() if name != "JAVA_HOME"} | {"PATH": "/none"}
    up = subprocess.run([COMMAND, "up", "--no-deploy"], env=shell, capture_output=True, text=True, check=False)
    try:
        assert up.returncode == 0, f"sandbox up failed:\n{up.stdout}{up.stderr}"
        yield settings
    finally:
        down = run(settings, "down")
        assert down.returncode == 0, f"sandbox down failed:\n{down.stdout}{down.stderr}"


@pytest.fixture(scope="package")
def client(sandbox: Settings) -> Callable[[str], Any]:
    """Makes a boto3 client of that sandbox."""
    return lambda service: aws.client(sandbox, service)


class Emr:
    """A bucket with the scripts of `jobs/`, a virtual cluster, and runs on it."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self.api, self.s3 = client("emr-containers"), client("s3")
        self.bucket = f"emr-{uuid.uuid4().hex[:8]}"
        self.s3.create_bucket(Bucket=self.bucket)
        for path in JOBS.glob("*.py"):
            self.s3.upload_file(str(path), self.bucket, f"jobs/{path.name}")
        self.cluster: str = self.api.create_virtual_cluster(
            name=self.bucket, containerProvider={"id": "eks", "type": "EKS", "info": {"eksInfo": {"namespace": "jobs"}}}
        )["id"]

    def start(self, job: str, *arguments: str, parameters: str = "", **request: Any) -> str:
        """Start a run; answers its id."""
        driver = {"entryPoint": f"s3://{self.bucket}/jobs/{job}.py", "entryPointArguments": list(arguments)}
        if parameters:
            driver["sparkSubmitParameters"] = parameters
        monitoring = {"s3MonitoringConfiguration": {"logUri": f"s3://{self.bucket}/logs/"}}
        defaults = {
            "name": job.replace("_", "-"),
            "virtualClusterId": self.cluster,
            "executionRoleArn": ROLE,
            "releaseLabel": "emr-7.12.0-latest",
            "jobDriver": {"sparkSubmitJobDriver": driver},
            "configurationOverrides": {"monitoringConfiguration": monitoring},
        }
        started: str = self.api.start_job_run(**defaults | request)["id"]
        return started

    def describe(self, run_id: str) -> dict[str, Any]:
        """DescribeJobRun's answer."""
        described: dict[str, Any] = self.api.describe_job_run(virtualClusterId=self.cluster, id=run_id)["jobRun"]
        return described

    def cancel(self, run_id: str) -> None:
        """Ask for a run's end."""
        self.api.cancel_job_run(virtualClusterId=self.cluster, id=run_id)

    def until(self, run_id: str, *states: str, timeout: float = 240) -> dict[str, Any]:
        """The run, when it is in one of the states."""
        return eventually(
            lambda: self.describe(run_id),
            lambda run: run["state"] in states or run["state"] in ENDED,
            timeout=timeout,
            what=f"run {run_id} to be {' or '.join(states)}",
        )

    def ended(self, run_id: str) -> dict[str, Any]:
        """The run, when it has ended."""
        return self.until(run_id, *ENDED)

    def logs(self, run_id: str, attempt: int = 1) -> Mapping[str, str]:
        """The driver's stdout and stderr in S3, at the places that AWS documents.

        https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/emr-eks-jobs-s3.html
        """
        pod = f"spark-{run_id}-driver" + (f"-{attempt}" if attempt > 1 else "")
        prefix = f"logs/{self.cluster}/jobs/{run_id}/containers/spark-{run_id}/{pod}/"
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return {
            Path(entry["Key"]).name: gzip.decompress(
                self.s3.get_object(Bucket=self.bucket, Key=entry["Key"])["Body"].read()
            ).decode()
            for entry in found
        }


@pytest.fixture(scope="package")
def emr(client: Callable[[str], Any]) -> Emr:
    return Emr(client)


class Waiting:
    """A folder by which a run of wait_for_file.py says that it runs, and is told to end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def runs(self) -> bool:
        """Whether the script has begun."""
        return self.folder.joinpath("running").exists()

    def end(self) -> None:
        """Let it end."""
        self.folder.joinpath("end").touch()


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Callable[[str], Waiting]]:
    """Makes folders for runs of wait_for_file.py, which are told to end after the test."""
    made: list[Waiting] = []

    def make(name: str) -> Waiting:
        made.append(Waiting(tmp_path / name))
        return made[-1]

    yield make
    for one in made:
        one.end()
