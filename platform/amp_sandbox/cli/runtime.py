"""The commands that run a sandbox: up, down, status, logs, env, reset."""

import contextlib
import shlex
from typing import TYPE_CHECKING

import click

from amp_sandbox.cli.output import json_option, pasteable, print_json, print_table, progress

PROFILES = ("core", "batch", "bi", "everything")  # here too, as importing what starts them takes a while

if TYPE_CHECKING:
    from amp_sandbox.runtime.facts import ServiceStatus


@click.command()
@click.option("--no-deploy", is_flag=True, help="Only start the services, with no resources in them.")
@click.option("--keep", is_flag=True, help="When a service fails, leave the others running to look into.")
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    default="core",
    show_default=True,
    help="What of it to start: with batch, Airflow too; with bi, the notebooks.",
)
def up(no_deploy: bool, keep: bool, profile: str) -> None:
    """Start the sandbox and deploy the template.

    Does nothing that is done already: a running sandbox only gets its failed services started and what
    changed deployed. A fresh start begins without data. Returns when every service is healthy.
    """
    from amp_sandbox.runtime.up import up as run
    from amp_sandbox.settings import load_settings

    settings = load_settings()
    with progress() as on_progress:
        started = run(settings, on_progress, deploy=not no_deploy, keep=keep, profile=profile)
    click.echo("The sandbox is up." if started.fresh else "The sandbox was up already.")
    click.echo(f"Console: {settings.console_url}")
    click.echo(f"AWS endpoint: {settings.localstack_url}")
    click.echo(pasteable('Point any AWS client at it with: eval "$(sandbox env)"'))


@click.command()
@click.option("--clear", is_flag=True, help="Delete what the services kept, too; the next start does that anyway.")
@json_option
def down(clear: bool, as_json: bool) -> None:
    """Stop the sandbox, all of its processes and containers.

    Safe to repeat. The data is gone with it, as LocalStack keeps it in memory; logs stay.
    """
    from amp_sandbox.runtime.down import down as run
    from amp_sandbox.settings import load_settings

    with progress() as on_progress:
        stopped = run(load_settings(), on_progress, clear=clear)
    if as_json:
        print_json(stopped)
    elif stopped.services or stopped.leftovers:
        click.echo("Stopped " + ", ".join([*stopped.services, *stopped.leftovers]) + ".")
    else:
        click.echo("The sandbox was not running.")


@click.command()
@json_option
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Show each service's state. Exits with 0 only when all are healthy."""
    from amp_sandbox.runtime.status import status as look
    from amp_sandbox.settings import load_settings

    found = look(load_settings())
    if as_json:
        print_json(found)
        ctx.exit(0 if found.healthy else 1)
    rows = [
        (
            service.name,
            _state(service),
            service.pid,
            service.url,
            "" if service.uptime_seconds is None else _duration(service.uptime_seconds),
            f"{service.memory_bytes / 1e6:.0f} MB" if service.memory_bytes else "",
            service.restarts or "",
        )
        for service in found.services
    ]
    columns = ("service", "state", "pid", "address", "up", "memory", "restarts")
    print_table(columns, rows, right=("pid", "up", "memory", "restarts"))
    for service in found.services:
        for line in service.last_log_lines:
            click.echo(f"{service.name}: {line}")
    if found.state_lost:
        click.echo(pasteable("LocalStack was restarted and its state is gone. Start afresh with: sandbox up"))
    elif not found.running:
        click.echo(pasteable("The sandbox is not running. Start it with: sandbox up"))
    else:
        click.echo(
            pasteable("The template is deployed." if found.deployed else "Nothing is deployed yet: sandbox deploy")
        )
    if found.leftover_processes:
        left = ", ".join(found.leftover_processes)
        click.echo(pasteable(f"Left over from a killed supervisord: {left}. Try: sandbox down"))
    ctx.exit(0 if found.healthy else 1)


@click.command()
@click.argument("source", metavar="[SERVICE]", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on with new lines until interrupted.")
@click.option("-n", "--lines", type=click.IntRange(min=0), default=20, show_default=True, help="Lines of each log.")
def logs(source: str | None, follow: bool, lines: int) -> None:
    """Show the end of the logs.

    SERVICE is one of the services that `sandbox status` lists, `supervisord`, or `lambda/<function>` for what
    a function wrote into CloudWatch Logs, such as lambda/catalog-ingest. Without it, every service's.
    """
    from amp_sandbox.runtime.logs import LAMBDA, read
    from amp_sandbox.runtime.running import running_settings
    from amp_sandbox.settings import load_settings

    settings = running_settings() if source and source.startswith(LAMBDA) else load_settings()
    with contextlib.suppress(KeyboardInterrupt):  # the way to end following a log
        for line in read(settings, source, lines, follow=follow):
            click.echo(f"{click.style(line.source, fg='cyan')} | {line.text}")


@click.command()
@json_option
def env(as_json: bool) -> None:
    """Print shell lines that point AWS clients at the sandbox.

    Use it as: eval "$(sandbox env)"
    """
    from amp_sandbox.aws import client_environment
    from amp_sandbox.settings import load_settings

    variables = client_environment(load_settings())
    if as_json:
        print_json(variables)
        return
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    # A profile or a session token of the user's own would win over, or be sent with, the test credentials.
    click.echo("unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN")


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(yes: bool) -> None:
    """Throw all data away and begin again.

    Stops the sandbox, deletes its state and logs, starts it with the same settings and deploys the template.
    """
    from amp_sandbox.runtime.reset import reset as run
    from amp_sandbox.settings import load_settings

    settings = load_settings()
    if not yes:
        click.confirm(f"Throw away all data and logs of the sandbox in {settings.home}?", abort=True)
    with progress() as on_progress:
        run(settings, on_progress)
    click.echo("The sandbox is up, deployed and empty.")


@click.command()
@json_option
def runtime(as_json: bool) -> None:
    """Show what runs the services, or would: processes or containers, and why.

    SANDBOX_RUNTIME decides; without it, containers where a Docker engine answers.
    """
    from amp_sandbox.runtime.choice import choose
    from amp_sandbox.settings import load_settings

    chosen = choose(load_settings())
    if as_json:
        print_json(chosen)
    else:
        click.echo(f"{chosen.name}: {chosen.why}")


COMMANDS = (up, down, status, logs, env, reset, runtime)


def _state(service: "ServiceStatus") -> str:
    if service.state in ("waiting", "coming up"):
        return "on demand" if service.state == "waiting" else service.state
    if service.healthy:
        return "healthy"
    return "not answering" if service.state == "running" else service.state


def _duration(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
