"""The command that runs the batch path."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from amp_sandbox.batch.plan import DAYS, JOBS
from amp_sandbox.cli.output import json_option, pasteable, print_json, print_table, progress

if TYPE_CHECKING:
    from amp_sandbox.batch.run import Batch


@click.command()
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The last day to rebuild, in UTC; today's.")
@click.option(
    "--days",
    type=click.IntRange(min=1, max=366),
    default=DAYS,
    show_default=True,
    help="How many days to rebuild, up to and with that one.",
)
@click.option("--job", "jobs", multiple=True, type=click.Choice(list(JOBS)), help="Run this job only; may be repeated.")
@json_option
def batch(day: datetime | None, days: int, jobs: tuple[str, ...], as_json: bool) -> None:
    """Rebuild the lake's transformed tables and the warehouse's marts.

    Exports the catalogue, crawls the raw bucket, runs the Spark jobs on EMR on EKS, crawls the transformed bucket, and
    builds the marts in the warehouse. Run again for the same days, it gives the same tables.
    """
    from amp_sandbox.batch.run import batch as run
    from amp_sandbox.batch.run import today
    from amp_sandbox.runtime.running import running_settings

    settings = running_settings()
    last: date = day.date() if day else today()
    with progress() as on_progress:
        done = run(settings, last, days, jobs, on_progress)
    if as_json:
        print_json(done)
    else:
        _print(done)


COMMANDS = (batch,)


def _print(done: "Batch") -> None:
    print_table(
        ("job", "run", "seconds"), [(run.job, run.run_id, f"{run.seconds:.1f}") for run in done.runs], ["seconds"]
    )
    marts = [(one.mart, f"{one.rows:,}", f"{one.seconds:.1f}") for one in done.marts]
    print_table(("mart", "rows", "seconds"), marts, ["rows", "seconds"])
    example = "select * from marts.daily_flash order by dt"
    click.echo(pasteable(f'{done.seconds:.0f} s in all. See a mart with: sandbox sql --user analyst "{example}"'))
