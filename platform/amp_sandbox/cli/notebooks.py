"""The command that opens the notebooks."""

import click


@click.command()
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open the page in a browser.")
def notebooks(browser: bool) -> None:
    """Open Jupyter on the running sandbox, with the notebooks of notebooks/.

    Its environment is made by `make notebooks`, not by `make setup`. Ctrl-C ends it.
    """
    from amp_sandbox.notebooks.jupyter import open_jupyter
    from amp_sandbox.runtime.running import running_settings

    open_jupyter(running_settings(), browser=browser)


COMMANDS = (notebooks,)
