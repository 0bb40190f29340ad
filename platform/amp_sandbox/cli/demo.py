"""The command that shows the whole platform at work."""

import dataclasses
from typing import TYPE_CHECKING

import click

from amp_sandbox.cli.audit import print_audit, print_transformed
from amp_sandbox.cli.output import json_option, pasteable, print_json, print_table, progress

if TYPE_CHECKING:
    from amp_sandbox.demo import Demo

count = click.IntRange(min=0)


@click.command()
@click.option("--changes", type=count, default=200, show_default=True, help="Catalogue changes to announce.")
@click.option("--events", type=count, default=20_000, show_default=True, help="App events to publish.")
@json_option
@click.pass_context
def demo(ctx: click.Context, changes: int, events: int, as_json: bool) -> None:
    """Send seed data through the whole platform and show that it arrived.

    Starts and deploys the sandbox when that is needed. Exits with 0 only when nothing is lost or doubled.
    """
    from amp_sandbox.demo import demo as run
    from amp_sandbox.settings import load_settings

    with progress() as on_progress:
        result = run(load_settings(), changes, events, on_progress)
    examples = tuple(dataclasses.replace(one, command=pasteable(one.command)) for one in result.examples)
    result = dataclasses.replace(result, examples=examples)
    if as_json:
        print_json(result)
    else:
        _print_demo(result)
    ctx.exit(0 if result.clean else 1)


COMMANDS = (demo,)


def _print_demo(result: "Demo") -> None:
    click.secho("\nHop by hop, with the time since each record was published", bold=True)
    print_table(
        ("stream", "hop", "records", "p50", "p95"),
        [
            (hop.stream, hop.hop, f"{hop.records:,}", _duration(hop.p50_ms), _duration(hop.p95_ms))
            for hop in result.hops
        ],
        right=("records", "p50", "p95"),
    )
    click.secho("Trending shows, from the lake", bold=True)
    print_table(
        ("show", "creator", "listeners", "likes", "messages"),
        [(show.title, show.creator, show.listeners, show.likes, show.messages) for show in result.trending],
        right=("listeners", "likes", "messages"),
    )
    click.secho(f"The daily DAG, by Airflow: {result.daily.seconds:.0f} s", bold=True)
    tasks = [(one.task, "" if one.seconds is None else f"{one.seconds:.1f}") for one in result.daily.tasks]
    print_table(("task", "seconds"), tasks, right=("seconds",))
    click.secho("Shows listened to most, from the tables that it made", bold=True)
    print_table(
        ("show", "creator", "listener days", "hours", "peak"),
        [
            (show.title, show.creator, show.listener_days, show.listened_hours, show.peak_listeners)
            for show in result.engagement
        ],
        right=("listener days", "hours", "peak"),
    )
    click.secho("The audit, of everything published since the sandbox started", bold=True)
    print_audit(result.audit)
    print_transformed(result.transformed)
    click.secho("What to try next", bold=True)
    for example in result.examples:
        click.echo(f"  {example.command}\n      {click.style(example.what, dim=True)}")
    verdict = (
        "Nothing was lost, nothing arrived twice." if result.clean else "Not everything arrived once: see the audit."
    )
    click.secho(f"\n{verdict} {result.seconds:.0f} s in all.", bold=True)
    if result.in_flight:
        click.echo(f"{result.in_flight:,} records are still in flight. Wait for them with: sandbox audit --wait 60")


def _duration(milliseconds: float | None) -> str:
    if milliseconds is None:
        return ""
    return f"{milliseconds:.0f} ms" if milliseconds < 1_000 else f"{milliseconds / 1_000:.2f} s"
