"""The command that deploys."""

import click

from amp_sandbox.cli.output import json_option, print_json, print_table, progress


@click.command()
@json_option
def deploy(as_json: bool) -> None:
    """Deploy the template and the functions' code.

    Only what changed is updated: after an edit below services/ this takes a few seconds. On AWS, `sam deploy` does
    the same with the same template (docs/how-to/shipping.md).
    """
    from amp_sandbox import stack
    from amp_sandbox.runtime import home
    from amp_sandbox.runtime.running import running_settings

    settings = running_settings()
    with progress() as on_progress:
        deployment = stack.deploy(settings, on_progress)
    home.mark_deployed(settings)
    if as_json:
        print_json(deployment)
    elif deployment.changes:
        print_table(
            ("action", "resource", "type"),
            [(change.action, change.logical_id, change.resource_type) for change in deployment.changes],
        )


COMMANDS = (deploy,)
