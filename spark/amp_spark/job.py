"""How a job is called, and the Spark session it gets.

**Left out:** stopping the session. The process ends with the job, and whoever runs jobs in a process of their own, as
tests do, keeps the session.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import SparkSession

from amp_spark.errors import JobError

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    # A write replaces the partitions that it has rows for, no others.
    "spark.sql.sources.partitionOverwriteMode": "dynamic",
    # What cannot be cast is null, and is then found by the check of each row: it must not end the job.
    "spark.sql.ansi.enabled": "false",
    # `dt` is a string for every reader, whatever the folders look like.
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
}


@dataclass(frozen=True)
class Arguments:
    """What a job is told: where to read and write, for which date, and how many days up to it."""

    job: str
    raw: str
    transformed: str
    date: date
    days: int = 1

    @property
    def dates(self) -> tuple[str, ...]:
        """The days to rebuild, oldest first."""
        return days_before(self.date, self.days)

    def table(self, name: str) -> str:
        """Where a table is."""
        return f"{self.transformed}/{name}"


def parse_args(job: str, argv: Sequence[str], *, takes_days: bool) -> Arguments:
    """Read a job's arguments; ends the process with a usage message when they are wrong."""
    parser = argparse.ArgumentParser(prog=job, allow_abbrev=False)
    parser.add_argument("--raw", required=True, type=_root, help="URI of the raw bucket or folder")
    parser.add_argument("--transformed", required=True, type=_root, help="URI of the transformed bucket or folder")
    parser.add_argument("--date", required=True, type=date.fromisoformat, help="YYYY-MM-DD, in UTC")
    if takes_days:
        parser.add_argument("--days", default=1, type=_days, help="how many days up to the date to rebuild")
    told = parser.parse_args(argv)
    return Arguments(job, told.raw, told.transformed, told.date, told.days if takes_days else 1)


def run(args: Arguments, work: Callable[[SparkSession, Arguments], None]) -> None:
    """Do a job's work in a session; what a user can mend ends the process with one line that says so."""
    session = open_session(args.job)
    try:
        work(session, args)
    except JobError as error:
        raise SystemExit(f"{args.job}: {error}") from None
    finally:
        session.catalog.clearCache()


def open_session(name: str) -> SparkSession:
    """The session of this process, with the settings that the jobs' results depend on."""
    session = SparkSession.builder.appName(name).getOrCreate()
    for key, value in SETTINGS.items():
        session.conf.set(key, value)
    # Spark's own 200 is meant for large clusters. Results do not depend on it.
    session.conf.set("spark.sql.shuffle.partitions", str(partitions(session)))
    # Nor one task for every folder that is listed.
    session.conf.set("spark.sql.sources.parallelPartitionDiscovery.parallelism", str(partitions(session)))
    return session


def partitions(session: SparkSession) -> int:
    """How many parts to divide work into."""
    return max(4, 2 * int(session.sparkContext.defaultParallelism))


def days_before(day: date, count: int) -> tuple[str, ...]:
    """So many days up to and with a day, oldest first."""
    return tuple((day - timedelta(days=back)).isoformat() for back in reversed(range(count)))


def _root(text: str) -> str:
    if "://" not in text:
        raise argparse.ArgumentTypeError(f"{text!r} is no URI such as s3://bucket")
    return text.rstrip("/")


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= 3650:
        raise argparse.ArgumentTypeError("must be 1 to 3650")
    return days
