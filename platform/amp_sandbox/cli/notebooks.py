"""The command that opens the notebooks."""

import webbrowser

import click

from amp_sandbox.cli.output import pasteable, progress


@click.command()
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open the page in a browser.")
def notebooks(browser: bool) -> None:
    """Open Jupyter on the running sandbox, with the notebooks of notebooks/.

    The first time it installs Jupyter, in an environment or an image of its own. Jupyter runs on until the sandbox is
    stopped.
    """
    from amp_sandbox.runtime import choice, jupyter
    from amp_sandbox.runtime.running import running_settings

    settings = running_settings()
    with progress() as on_progress:
        choice.of(settings).start_notebooks(settings, on_progress)
    click.echo(f"Jupyter: {jupyter.address(settings)}")
    click.echo(pasteable("It runs on until: sandbox down"))
    if browser:
        webbrowser.open(jupyter.page(settings).as_uri())


COMMANDS = (notebooks,)
