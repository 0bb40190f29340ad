"""The commands that work with data: seed, trace, sql."""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, TextIO

import click

from amp_sandbox.cli.output import json_option, pasteable, print_json, print_table, progress
from amp_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from amp_sandbox.lake import Result
    from amp_sandbox.publish.seed import Seeded
    from amp_sandbox.trace import Trace
    from amp_sandbox.warehouse.client import Answer

INTERRUPTED = 130  # what a shell makes of SIGINT
_ROWS_SHOWN = 40
_FEW_COLUMNS = 3
_WIDEST_CELL = 38

count = click.IntRange(min=0)


@click.command()
@click.option("--changes", type=count, default=200, show_default=True, help="Catalogue changes to announce.")
@click.option(
    "--events", type=count, default=None, help="App events to publish; 20000 unless --duration says how many."
)
@click.option("--seed", "number", type=int, default=7, show_default=True, help="Another seed makes another world.")
@click.option(
    "--size",
    type=click.Choice(["small", "medium", "large"]),
    default="small",
    show_default=True,
    help="How large the world is.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    help="Events a second, as if they happened now; else as fast as possible.",
)
@click.option("--duration", type=click.FloatRange(min=0, min_open=True), help="Seconds to go on for, with --rate.")
@click.option("--bad", is_flag=True, help="Publish flawed input too, one of each kind.")
@json_option
@click.pass_context
def seed(
    ctx: click.Context,
    changes: int,
    events: int | None,
    number: int,
    size: Any,
    rate: float | None,
    duration: float | None,
    bad: bool,
    as_json: bool,
) -> None:
    """Publish seed data: catalogue changes through SNS, app events through Kinesis.

    Run again, it publishes more of the same world. Ctrl-C ends it with the requests in flight; all that was published
    is in the ledger that `sandbox audit` goes by.
    """
    from amp_sandbox.demo.run import publish
    from amp_sandbox.publish.seed import Plan
    from amp_sandbox.runtime.running import running_settings

    if duration is not None and (rate is None or events is not None):
        raise click.UsageError("--duration goes with --rate, and without --events.")
    if duration is not None and rate is not None:
        events = round(rate * duration)
    plan = Plan(changes, 20_000 if events is None else events, number, size, rate, bad)
    with progress() as on_progress:
        seeded = publish(running_settings(), plan, on_progress)
    if as_json:
        print_json(seeded)
    else:
        _print_seeded(seeded)
    if seeded.interrupted:
        ctx.exit(INTERRUPTED)
    planted = {flaw.record_id for flaw in seeded.planted}
    ctx.exit(1 if any(refused.record_id not in planted for refused in seeded.refused) else 0)


@click.command()
@click.argument("record_id", metavar="ID")
@json_option
def trace(record_id: str, as_json: bool) -> None:
    """Show one record's way, hop by hop, with times.

    ID is the change_id of a catalogue change or the event_id of an app event.
    """
    from amp_sandbox.runtime.running import running_settings
    from amp_sandbox.trace import trace as run

    found = run(running_settings(), record_id)
    if as_json:
        print_json(found)
    else:
        _print_trace(found)


@click.command()
@click.argument("query", required=False)
@click.option("-f", "--file", type=click.File(), help="Read the query from a file; - is standard input.")
@click.option("--user", metavar="NAME", help="Query the warehouse as this user, with Redshift's SQL.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the rows as CSV.")
@json_option
def sql(query: str | None, file: TextIO | None, user: str | None, as_csv: bool, as_json: bool) -> None:
    """Query the lake with DuckDB's SQL, or the warehouse as one of its users.

    The lake's views are raw.show_catalog and raw.app_events, and the tables of the Data Catalog as amp_raw.<table> and
    amp_transformed.<table> (SHOW TABLES lists them); times are in UTC. For example:

    sandbox sql "select event_type, count(*) from raw.app_events group by all"
    """
    from amp_sandbox.lake import open_lake
    from amp_sandbox.runtime.running import running_settings

    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other.")
    text = _query_text(query, file)
    if not text.strip():
        raise click.UsageError("The query is empty.")
    if user is not None:
        from amp_sandbox.warehouse import client

        _print_results(client.query(running_settings(), user, text), as_csv, as_json)
        return
    with open_lake(running_settings()) as lake:
        _print_results(lake.query(text), as_csv, as_json)


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--user", metavar="NAME", help="Log on as this user; as the cluster's master user otherwise.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(user: str | None, arguments: tuple[str, ...]) -> None:
    """Open psql in the warehouse; ARGUMENTS are psql's own."""
    from amp_sandbox.runtime.running import running_settings
    from amp_sandbox.warehouse import client

    client.open_psql(running_settings(), user, arguments)


COMMANDS = (seed, trace, sql, psql)


def _print_seeded(seeded: "Seeded") -> None:
    end = "Interrupted. Published" if seeded.interrupted else "Published"
    rate = (seeded.changes + seeded.events) / seeded.seconds if seeded.seconds else 0
    click.echo(
        f"{end} {seeded.changes:,} catalogue changes and {seeded.events:,} app events"
        f" in {seeded.seconds:.1f} s ({rate:,.0f}/s)."
    )
    if seeded.repeated or seeded.late:
        click.echo(f"On purpose, {seeded.repeated:,} events were published twice and {seeded.late:,} late.")
    if seeded.catalogue.refused:
        click.echo(f"The catalogue has a later version of {seeded.catalogue.refused:,} documents, and kept it.")
    if seeded.planted:
        rows = [(p.stream, p.name, p.why, p.record_id if p.published else "not published") for p in seeded.planted]
        print_table(("stream", "flaw", "why", "record id"), rows)
    planted = {flaw.record_id for flaw in seeded.planted}
    for refused in (one for one in seeded.refused if one.record_id not in planted):
        click.echo(f"Not published: {refused.record_id}: {refused.reason}.")
    click.echo(pasteable("Account for them with: sandbox audit --wait 60"))


def _print_trace(found: "Trace") -> None:
    click.echo(f"{found.record_id} of {found.stream}: {found.state.replace('_', ' ')}")
    start = next((hop.at for hop in found.hops if hop.at), None)
    rows = [
        (
            hop.at.strftime("%H:%M:%S.%f")[:-3] if hop.at else "",
            f"+{(hop.at - start).total_seconds():.3f} s" if hop.at and start else "",
            hop.place,
            "\n".join(f"{name}: {_cell(value)}" for name, value in hop.facts.get("row", hop.facts).items()),
        )
        for hop in found.hops
    ]
    print_table(("time (UTC)", "after", "hop", ""), rows, right=("after",))


def _query_text(query: str | None, file: TextIO | None) -> str:
    if query is not None and file is not None:
        raise click.UsageError("Give a query or a file, not both.")
    if query is not None and query != "-":
        return query
    if file is None and sys.stdin.isatty():
        raise click.UsageError('Give a query, such as: sandbox sql "select * from raw.app_events limit 5"')
    return (file or sys.stdin).read()


def _print_results(results: "Iterable[Result | Answer]", as_csv: bool, as_json: bool) -> None:
    for number, result in enumerate(results):
        if number and (as_csv or as_json):
            raise SandboxError("The query has several statements, and --json and --csv print one result.")
        if as_json:
            _print_rows_as_json(result)
        elif as_csv:
            _print_rows_as_csv(result)
        elif not result.columns:
            click.secho(getattr(result, "tag", ""), dim=True)
        else:
            _print_rows(result)


def _print_rows(result: "Result | Answer") -> None:
    """Print the first rows, as many columns as a terminal has room for, and how many there are in all."""
    shown = list(islice(result.rows, _ROWS_SHOWN))
    total = len(shown) + sum(1 for _ in result.rows)
    cells = [[_cell(value, cut=len(result.columns) > _FEW_COLUMNS) for value in row] for row in shown]
    fitting = _columns_that_fit(result.columns, cells)
    numeric = [name for place, name in enumerate(result.columns) if any(_is_number(row[place]) for row in shown)]
    print_table(result.columns[:fitting], [row[:fitting] for row in cells], numeric)
    told = f"{total:,} row{'' if total == 1 else 's'}"
    if total > len(shown):
        told += f", {len(shown)} shown"
    if fitting < len(result.columns):
        told += f"; {fitting} of {len(result.columns)} columns shown: name those you want, or use --json or --csv"
    click.secho(told, dim=True)


def _columns_that_fit(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> int:
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        return len(columns)
    left = console.width
    for place, name in enumerate(columns):
        left -= 2 + max([len(name), *(len(row[place]) for row in cells)])
        if left < 0:
            return max(1, place)
    return len(columns)


def _print_rows_as_json(result: "Result | Answer") -> None:
    """Print an array of objects, a row a line, as they are read."""
    separator = "["
    for row in result.rows:
        click.echo(
            separator + json.dumps(dict(zip(result.columns, row, strict=True)), ensure_ascii=False, default=_plain)
        )
        separator = ","
    click.echo("[]" if separator == "[" else "]")


def _print_rows_as_csv(result: "Result | Answer") -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(result.columns)
    writer.writerows([_as_text(value) for value in row] for row in result.rows)


def _cell(value: Any, *, cut: bool = False) -> str:
    text = _as_text(value)
    return text[: _WIDEST_CELL - 1] + "…" if cut and len(text) > _WIDEST_CELL else text


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="milliseconds")
    return json.dumps(value, ensure_ascii=False, default=_plain) if isinstance(value, list | dict) else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    """What JSON has no form for: exact numbers as numbers, the rest as text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else str(value)
