"""The command that publishes a show of one's own."""

import click

from amp_sandbox.cli.output import json_option, pasteable, print_json


@click.command()
@click.argument("title")
@json_option
def publish(title: str, as_json: bool) -> None:
    """Schedule a show called TITLE: store it in the catalogue service, and announce the change through SNS.

    What a host does in the app. The change is one record, to be followed to SQL; `sandbox seed` publishes thousands.
    """
    from amp_sandbox.publish.by_hand import Publish
    from amp_sandbox.runtime.running import running_settings

    if not title.strip():
        raise click.UsageError("The title is empty.")
    settings = running_settings()
    published = Publish(settings).change(title=title)
    if as_json:
        print_json({"change_id": published.record_id, "show_id": published.document["show_id"]})
        return
    click.echo(f"Published {title!r} as {published.document['show_id']}. Follow the change:")
    click.echo(pasteable(f"  sandbox trace {published.record_id}"))
    click.echo(f"  {settings.console_url}/trace?id={published.record_id}")


COMMANDS = (publish,)
