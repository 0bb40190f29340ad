"""The drivers' logs, taken to where the job wants them: S3, CloudWatch Logs, or both.

Names are as on AWS, with the driver's pod named for the run; attempts after the first have their number behind it, so
that each keeps its logs.
https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/emr-eks-jobs-s3.html

**Left out:** logs of the executors and of the job runner. Executors' stay an hour in the worker's folder.
"""

import contextlib
import gzip
import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from amp_sandbox.emr_containers import job_config, store
from amp_sandbox.emr_containers.attempt import Attempt
from amp_sandbox.emr_containers.job_config import CloudWatchLogs, S3Logs
from amp_sandbox.emr_containers.store import JobRun

log = logging.getLogger(__name__)

FILES = ("stdout", "stderr")
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
_EVENT_BYTES = 200_000
_BATCH_BYTES, _BATCH_EVENTS = 900_000, 10_000


class Logs(Protocol):
    """What the scheduler needs of logs."""

    def deliver(self, db: sqlite3.Connection, run: JobRun, attempt: Attempt, *, final: bool) -> str | None:
        """Take what is new to its places; answers what went wrong, or None."""


class AwsLogs:
    """`Logs` in S3 and CloudWatch."""

    def __init__(self, client: Callable[[str], Any], clock: Callable[[], float]) -> None:
        self._client, self._clock = client, clock
        self._sent: dict[Path, int] = {}

    def deliver(self, db: sqlite3.Connection, run: JobRun, attempt: Attempt, *, final: bool) -> str | None:
        """Put each log to S3 whole when it has grown, and what is new of it to CloudWatch."""
        job = job_config.parse(run.request)
        place = container(run)
        problems = []
        for name in FILES:
            path = attempt.folder / name
            if not path.exists():
                continue
            for target in (job.s3_logs, job.cloudwatch_logs):
                try:
                    if isinstance(target, S3Logs):
                        self._to_s3(target, place, path, final=final)
                    elif isinstance(target, CloudWatchLogs):
                        self._to_cloudwatch(db, target, f"{target.prefix}{place}{name}", path, final=final)
                except (ClientError, BotoCoreError, OSError) as error:
                    problems.append(f"logs were not delivered: {error}")
        if problems:
            log.warning("run %s: %s", run.id, problems[0])
        return problems[0] if problems else None

    def _to_s3(self, target: S3Logs, place: str, path: Path, *, final: bool) -> None:
        size = path.stat().st_size
        if self._sent.get(path) != size:
            self._put_object(target.bucket, f"{target.prefix}{place}{path.name}.gz", path)
            self._sent[path] = size
        if final:
            del self._sent[path]

    def _put_object(self, bucket: str, key: str, path: Path) -> None:
        with tempfile.TemporaryFile() as packed:
            with path.open("rb") as plain, gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped:
                shutil.copyfileobj(plain, zipped)
            packed.seek(0)
            self._client("s3").put_object(Bucket=bucket, Key=key, Body=packed)

    def _to_cloudwatch(
        self, db: sqlite3.Connection, target: CloudWatchLogs, stream: str, path: Path, *, final: bool
    ) -> None:
        with path.open("rb") as file:
            file.seek(store.get_position(db, f"{target.group}:{stream}"))
            while lines := _batch(file, final=final):
                self._put_events(target.group, stream, lines)
                store.set_position(db, f"{target.group}:{stream}", file.tell())

    def _put_events(self, group: str, stream: str, lines: list[str]) -> None:
        logs, now = self._client("logs"), int(self._clock() * 1000)
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        events = [{"timestamp": now, "message": line} for line in lines if line]
        if events:
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def container(run: JobRun) -> str:
    """The part of a log's name below the log URI that is this attempt's driver; ends in a slash."""
    pod = f"spark-{run.id}-driver" + (f"-{run.attempt}" if run.attempt > 1 else "")
    return f"{run.cluster_id}/jobs/{run.id}/containers/spark-{run.id}/{pod}/"


def _batch(file: BinaryIO, *, final: bool) -> list[str]:
    """Lines for one call; the file is left behind the last of them. A line without its end waits, unless final."""
    lines: list[str] = []
    size = 0
    while len(lines) < _BATCH_EVENTS and size < _BATCH_BYTES:
        start = file.tell()
        line = file.readline(_EVENT_BYTES)
        if not line.endswith(b"\n") and len(line) < _EVENT_BYTES and not final:
            file.seek(start)
            break
        if not line:
            break
        lines.append(line.decode(errors="replace").rstrip("\n"))
        size += len(line) + 26
    return lines
