"""The command that installs what the services run on."""

import click

from amp_sandbox.cli.output import json_option, print_json, progress


@click.command()
@click.option("--dev", is_flag=True, help="Also what tests, linters and benchmarks need (in a checkout).")
@click.option("--notebooks", is_flag=True, help="Also Jupyter, which `sandbox notebooks` installs when it is missing.")
@json_option
def setup(dev: bool, notebooks: bool, as_json: bool) -> None:
    """Install the Python environments of the services.

    Does only what is not done already: an environment is made again when its lock changed. In a checkout, `make setup`
    runs it. The packages are a few hundred megabytes, which uv fetches once a machine.
    """
    from amp_sandbox import environments

    with progress() as on_progress:
        made = environments.setup(on_progress, dev=dev, notebooks=notebooks)
    if as_json:
        print_json(made)
    elif made:
        click.echo(f"Installed {', '.join(made)}.")


COMMANDS = (setup,)
