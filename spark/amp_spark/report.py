"""What a run did: one JSON object at `_reports/<job>/dt=D.json`, written last.

    {"job": "events", "date": D, "run_at": D, "inputs": [URIs], "unreadable": [URIs],
     "tables": {"events_like_sent": {"rows_read": 9, "distinct_ids": 7, "written": 6, "quarantined": 1}}}

`rows_read` are lines, `distinct_ids` the ids in them, `written` the rows of the table and `quarantined` the lines in
quarantine. `inputs` are all objects the run was to read; those named in `unreadable` too are in quarantine as a whole.
`run_at` is the run's date, not the clock's, so that a rerun writes the same report.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from pyspark.sql import SparkSession

from amp_spark.errors import JobError
from amp_spark.job import Arguments
from amp_spark.storage import exists, write_text


@dataclass(frozen=True)
class Tally:
    """What became of the rows of a table."""

    rows_read: int = 0
    distinct_ids: int = 0
    written: int = 0
    quarantined: int = 0


def write_report(
    session: SparkSession,
    args: Arguments,
    tables: Mapping[str, Tally],
    inputs: Sequence[str] = (),
    unreadable: Sequence[str] = (),
) -> None:
    """Write the report of a run."""
    day = args.date.isoformat()
    report = {
        "job": args.job,
        "date": day,
        "run_at": day,
        "inputs": sorted(inputs),
        "unreadable": sorted(unreadable),
        "tables": {name: asdict(tally) for name, tally in sorted(tables.items())},
    }
    write_text(session, report_uri(args, args.job), json.dumps(report, indent=1) + "\n")


def report_uri(args: Arguments, job: str) -> str:
    """Where the report of a job for the run's date is."""
    return f"{args.transformed}/_reports/{job}/dt={args.date.isoformat()}.json"


def require_run(session: SparkSession, args: Arguments, job: str) -> None:
    """Raise JobError when a job that this one builds on has not been run for the date."""
    if not exists(session, report_uri(args, job)):
        day = args.date.isoformat()
        raise JobError(f"{report_uri(args, job)} does not exist; run the job {job} for {day} first")
