"""The command that opens the notebooks."""

import click

from amp_sandbox.cli.output import progress


@click.command()
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open the page in a browser.")
def notebooks(browser: bool) -> None:
    """Open Jupyter on the running sandbox, with the notebooks of notebooks/.

    The first time it installs Jupyter, in an environment of its own. Ctrl-C ends it.
    """
    from amp_sandbox import environments
    from amp_sandbox.notebooks.jupyter import open_jupyter
    from amp_sandbox.runtime.running import running_settings

    settings = running_settings()
    with progress() as on_progress:
        environments.setup(on_progress, notebooks=True)
    open_jupyter(settings, browser=browser)


COMMANDS = (notebooks,)
