"""The commands for Airflow's DAGs."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from amp_sandbox.cli.output import json_option, pasteable, print_json, print_table, progress

if TYPE_CHECKING:
    from amp_sandbox.dags.following import DagRun
    from amp_sandbox.settings import Settings

DAY = click.DateTime(["%Y-%m-%d"])
param_option = click.option(
    "--param",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="A param of the run, as JSON or as text; may be repeated.",
)


@click.group()
def dag() -> None:
    """Run Airflow's DAGs, which is started when it does not run."""


@dag.command("list")
@json_option
def list_dags(as_json: bool) -> None:
    """Show the DAGs: when they run, and how their last runs ended."""
    from amp_sandbox.dags.run import dags

    settings = _settings()
    with progress() as on_progress:
        found = dags(settings, on_progress)
    if as_json:
        print_json(found)
        return
    rows = [
        (one.name, one.schedule, "paused" if one.paused else one.next_run, one.last_run, one.last_state)
        for one in found
    ]
    print_table(("dag", "schedule", "next run", "last run", "state"), rows)


@dag.command("run")
@click.argument("name")
@click.option("--date", "day", type=DAY, help="The day to run it for, in UTC, as its param `date`.")
@param_option
@json_option
def run_dag(name: str, day: datetime | None, given: tuple[str, ...], as_json: bool) -> None:
    """Trigger a DAG and follow its run to the end. Exits with 1 when it fails.

    Ctrl-C ends the following; the run goes on.
    """
    from amp_sandbox.dags.run import DATE, run

    params = _params(given) | ({DATE: day.date().isoformat()} if day else {})
    settings = _settings()
    with progress() as on_progress:
        done = run(settings, name, params, on_progress)
    if as_json:
        print_json(done)
    else:
        _print([done])


@dag.command()
@click.argument("name")
@click.option("--from", "first", type=DAY, required=True, help="The first day, in UTC.")
@click.option("--to", "last", type=DAY, required=True, help="The last day, in UTC.")
@param_option
@json_option
def backfill(name: str, first: datetime, last: datetime, given: tuple[str, ...], as_json: bool) -> None:
    """Run a DAG for each past day of a range, one after the other, and follow the runs.

    Days that have run already are run again.
    """
    from amp_sandbox.dags.run import backfill as run

    if last < first:
        raise click.UsageError("--to is before --from.")
    settings, params = _settings(), _params(given)
    with progress() as on_progress:
        done = run(settings, name, first.date(), last.date(), params, on_progress)
    if as_json:
        print_json(done)
    else:
        _print(done)


@dag.command()
@json_option
def login(as_json: bool) -> None:
    """Show the address of Airflow's web page, and the name and password to log in with."""
    from amp_sandbox.runtime import airflow

    settings = _settings()
    user, password = airflow.login(settings)
    if as_json:
        print_json({"url": settings.airflow_url, "user": user, "password": password})
        return
    click.echo(f"Address:  {settings.airflow_url}\nUser:     {user}\nPassword: {password}")
    click.echo(pasteable("Airflow runs after: sandbox up --profile batch"))


COMMANDS = (dag,)


def _settings() -> "Settings":
    from amp_sandbox.runtime.running import running_settings

    return running_settings()


def _params(given: Iterable[str]) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not name or not equals:
            raise click.UsageError(f"--param {one}: it must be NAME=VALUE.")
        try:
            params[name] = json.loads(value)
        except ValueError:
            params[name] = value
    return params


def _print(runs: list["DagRun"]) -> None:
    for run in runs:
        tries = sum(task.tries > 1 for task in run.tasks)
        again = f", {tries} of them tried again" if tries else ""
        click.echo(f"{run.dag} succeeded in {run.seconds:.0f} s: {len(run.tasks)} tasks{again}. {run.url}")
    click.echo(pasteable('See a mart with: sandbox sql --user analyst "select * from marts.daily_flash order by dt"'))
