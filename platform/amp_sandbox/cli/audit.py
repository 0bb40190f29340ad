"""The command that accounts for every record, and how its accounts are printed."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from amp_sandbox.cli.output import json_option, pasteable, print_json, print_table, progress

if TYPE_CHECKING:
    from amp_sandbox.audit import StreamAudit, TransformedAudit


@click.command()
@click.option(
    "--wait",
    "seconds",
    type=click.FloatRange(min=0),
    default=0,
    help="Wait up to so many SECONDS until nothing is in flight.",
)
@json_option
@click.pass_context
def audit(ctx: click.Context, seconds: float, as_json: bool) -> None:
    """Account for every record that was published, by its id.

    Of each stream: landed in the lake, in flight, in the dead-letter queue, in the error prefix, or lost; and how many
    copies the pipeline added. Of the raw rows that Spark jobs have read: in a table, in quarantine, or lost.
    Exits with 0 only when nothing is lost.
    """
    from amp_sandbox.audit import audit as run
    from amp_sandbox.demo.run import settle
    from amp_sandbox.runtime.running import running_settings

    settings = running_settings()
    if seconds:
        with progress() as on_progress:
            found = settle(settings, seconds, on_progress)
    else:
        found = run(settings)
    if as_json:
        of_tables = {account.stream: account for account in found.transformed}
        print_json([dataclasses.asdict(one) | {"transformed": of_tables.get(one.stream)} for one in found.streams])
    else:
        print_audit(found.streams)
        print_transformed(found.transformed)
        for stream, lost in found.lost.items():
            hint = pasteable(f"Follow one with: sandbox trace {lost[0]}")
            click.echo(f"Lost of {stream}, for example: {', '.join(lost)}. {hint}")
        in_flight = sum(stream.in_flight for stream in found.streams)
        if seconds and in_flight:
            click.echo(f"After {seconds:g} s, {in_flight:,} records are still in flight.")
    ctx.exit(0 if found.clean else 1)


COMMANDS = (audit,)


def print_audit(streams: "Sequence[StreamAudit]") -> None:
    """Print the account of each stream."""
    columns = ("published", "landed", "in_flight", "dead_lettered", "failed", "lost", "duplicates", "unrecorded")
    rows = [(stream.stream, *(f"{getattr(stream, name):,}" for name in columns)) for stream in streams]
    print_table(("stream", *(name.replace("_", " ") for name in columns)), rows, [n.replace("_", " ") for n in columns])


def print_transformed(accounts: "Sequence[TransformedAudit]") -> None:
    """Print the account of the transformed tables; nothing before the first run of their jobs."""
    if accounts:
        columns = ("raw", "transformed", "quarantined", "awaiting", "lost", "duplicates", "unexplained")
        rows = [(account.stream, *(f"{getattr(account, name):,}" for name in columns)) for account in accounts]
        click.echo("Distinct raw rows, and where the Spark jobs have put them:")
        print_table(("stream", *columns), rows, columns)
