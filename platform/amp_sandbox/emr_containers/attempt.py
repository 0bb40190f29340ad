"""One attempt of a run on disk: its folder, the files that it needs, and the command that runs it.

`prepare` fetches what the job names from S3 and writes the properties; nothing secret is on the command line. A shell
waits for spark-submit and keeps its exit code in a file, so that a stand-in that was restarted learns it too.

**Left out:** `local:///` files other than those that EMR's images have below /usr/lib/spark, where this machine's Spark
stands in for them; and unpacking of `--archives` for the driver, which Spark does for executors.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from amp_sandbox import paths
from amp_sandbox.emr_containers import job_config, spark_conf
from amp_sandbox.emr_containers.job_config import JobConfig
from amp_sandbox.emr_containers.store import JobRun
from amp_sandbox.runtime import class_archive, java, spark
from amp_sandbox.runtime.processes import JOB_RUN, MARKER
from amp_sandbox.runtime.spark import Machine
from amp_sandbox.settings import Settings

NAME = "emr-containers"
_IMAGE_SPARK = "local:///usr/lib/spark/"
_NOT_THERE = {"404", "NoSuchKey", "NotFound"}
# "$1" is where the exit code is kept; what follows is the command.
_KEEP_EXIT_CODE = 'kept=$1; shift; "$@"; code=$?; echo "$code" > "$kept.part" && mv "$kept.part" "$kept"'


class FetchError(Exception):
    """A file of the job cannot be had; the message names it and says why."""


@dataclass(frozen=True)
class Attempt:
    """The folder of one attempt."""

    folder: Path

    @property
    def stdout(self) -> Path:
        """The driver's output."""
        return self.folder / "stdout"

    @property
    def stderr(self) -> Path:
        """The driver's and Spark's messages."""
        return self.folder / "stderr"

    @property
    def exit_code(self) -> Path:
        """How spark-submit ended."""
        return self.folder / "exit"

    @property
    def work(self) -> Path:
        """Where the driver runs."""
        return self.folder / "work"

    @property
    def temporary(self) -> Path:
        """The driver's temporary files."""
        return self.folder / "tmp"


@dataclass(frozen=True)
class Launch:
    """What is to be started."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    attempt: Attempt


def of(settings: Settings, run: JobRun) -> Attempt:
    """The folder of a run's present attempt."""
    return Attempt(paths.state_dir(settings.home, NAME) / "runs" / run.id / str(run.attempt))


def mark(run: JobRun) -> str:
    """What an attempt's processes carry in their environment."""
    return f"{run.id}/{run.attempt}"


def prepare(settings: Settings, machine: Machine, run: JobRun, s3: Any) -> Launch:
    """Fetch the job's files and write its properties; raises `FetchError`."""
    job = job_config.parse(run.request)
    attempt = of(settings, run)
    shutil.rmtree(attempt.folder, ignore_errors=True)
    for folder in (attempt.work, attempt.temporary):
        folder.mkdir(mode=0o700, parents=True)
    class_archive.link(java.java_home(settings.home), attempt.temporary)
    conf = spark_conf.properties(settings, machine, job, run.request.get("name"))
    notes = [*conf.notes, *_release_notes(run)]
    attempt.stderr.write_text("".join(f"[sandbox] {note}\n" for note in notes))
    fetched = _Files(attempt, s3)
    entry = fetched.get(job.entry_point, "entry point")
    lists = {
        "spark.submit.pyFiles": [fetched.get(uri, "--py-files") for uri in job.parameters.py_files],
        "spark.files": [fetched.get(uri, "--files", into=attempt.work) for uri in job.parameters.files],
        "spark.jars": [fetched.get(uri, "--jars") for uri in job.parameters.jars],
        "spark.archives": [fetched.get(uri, "--archives") for uri in job.parameters.archives],
    }
    files = {key: ",".join(found) for key, found in lists.items() if found}
    conf_file = attempt.folder / "spark.conf"
    shared = spark.read_properties(spark.cluster_conf(settings.home))
    options = {"spark.driver.defaultJavaOptions": spark.java_options(f"../{attempt.temporary.name}")}
    spark.write_private(conf_file, shared | options | dict(conf.properties) | files)
    return Launch(_command(attempt, conf_file, job, entry), _environment(settings, run, attempt), attempt)


def _release_notes(run: JobRun) -> list[str]:
    release = run.request["releaseLabel"]
    if release.startswith("emr-7."):
        return []
    return [f"{release} has another Spark on AWS; the sandbox runs every job on Spark 3.5.6"]


def _command(attempt: Attempt, conf_file: Path, job: JobConfig, entry: str) -> tuple[str, ...]:
    submit = [str(spark.spark_home() / "bin" / "spark-submit"), "--properties-file", str(conf_file)]
    if job.parameters.main_class:
        submit += ["--class", job.parameters.main_class]
    return ("/bin/sh", "-c", _KEEP_EXIT_CODE, "sh", str(attempt.exit_code), *submit, entry, *job.arguments)


def _environment(settings: Settings, run: JobRun, attempt: Attempt) -> dict[str, str]:
    return spark.spark_environment(settings, NAME) | {
        "HOME": str(attempt.work),
        "TMPDIR": str(attempt.temporary),
        "SPARK_LOCAL_DIRS": str(attempt.temporary),
        # `sandbox down` finds it by the first, the stand-in by the second.
        MARKER: str(settings.home),
        JOB_RUN: mark(run),
    }


class _Files:
    """Fetches files into an attempt's folder, each into one of its own, as names may be the same."""

    def __init__(self, attempt: Attempt, s3: Any) -> None:
        self._attempt, self._s3, self._count = attempt, s3, 0

    def get(self, uri: str, what: str, into: Path | None = None) -> str:
        """The local path of a file; an alias after # stays."""
        uri, mark, alias = uri.partition("#")
        if uri.startswith("local:"):
            return str(_of_the_image(uri, what)) + mark + alias
        bucket, _, key = uri.partition("://")[2].partition("/")
        folder = into
        if folder is None:
            self._count += 1
            folder = self._attempt.folder / "files" / str(self._count)
            folder.mkdir(parents=True)
        path = folder / (Path(alias or key).name if into else Path(key).name)
        try:
            self._s3.download_file(bucket, key, str(path))
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            why = "does not exist" if code in _NOT_THERE else f"cannot be read: {code}"
            raise FetchError(f"{what} {uri} {why}.") from None
        except (BotoCoreError, OSError) as error:
            raise FetchError(f"{what} {uri} cannot be read: {error}") from None
        return str(path) if into else str(path) + mark + alias


def _of_the_image(uri: str, what: str) -> Path:
    home = spark.spark_home()
    path = (home / uri.removeprefix(_IMAGE_SPARK)).resolve()
    if not uri.startswith(_IMAGE_SPARK) or not path.is_relative_to(home) or not path.is_file():
        raise FetchError(f"{what} {uri} does not exist: of EMR's image, the sandbox has {_IMAGE_SPARK} only.")
    return path


def tidy(attempt: Attempt) -> None:
    """Delete what an attempt that has ended needs no more: all but its logs and its exit code."""
    for folder in (attempt.temporary, attempt.work, attempt.folder / "files"):
        shutil.rmtree(folder, ignore_errors=True)
    (attempt.folder / "spark.conf").unlink(missing_ok=True)


def write_note(attempt: Attempt, lines: Sequence[str]) -> None:
    """Add lines of the sandbox's to the driver's log."""
    attempt.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with attempt.stderr.open("a") as log:
        log.writelines(f"[sandbox] {line}\n" for line in lines)
