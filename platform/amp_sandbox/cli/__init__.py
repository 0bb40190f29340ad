"""The `sandbox` command: parsing and printing, and nothing else.

Each module of this package that has `COMMANDS` adds them. Modules import what they need inside their
commands, so that `sandbox --help` answers at once. `main` is the one place that turns a SandboxError into a
few lines and exit code 1; click turns wrong usage into exit code 2; anything else is a bug and keeps its
traceback.
"""

import importlib
import pkgutil
import sys
from collections.abc import Mapping
from typing import Any

import click

from amp_sandbox.errors import SandboxError

# The order and headings of `sandbox --help`.
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Run": ("up", "down", "status", "logs", "env", "reset", "runtime"),
    "Build": ("setup", "deploy"),
    "Data": ("demo", "seed", "publish", "batch", "dag", "audit", "trace", "sql", "psql", "notebooks"),
}


class SandboxGroup(click.Group):
    """A group that lists its commands under headings."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the headings; what has no heading comes last."""
        order = [name for names in SECTIONS.values() for name in names]
        rest = sorted(set(self.commands) - set(order))
        return [name for name in order if name in self.commands] + rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each heading with its commands and their first lines."""
        listed = self.list_commands(ctx)
        longest = max((len(name) for name in listed), default=0)
        width = formatter.width - 6 - longest
        headed = {name for names in SECTIONS.values() for name in names}
        sections = {**SECTIONS, "More": tuple(name for name in listed if name not in headed)}
        for heading, names in sections.items():
            present = [name for name in names if name in self.commands]
            rows = [(name.ljust(longest), self.commands[name].get_short_help_str(width)) for name in present]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)


@click.group(
    cls=SandboxGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings are environment variables (docs/reference/settings.md). Point any AWS client at the sandbox with: "
    'eval "$(sandbox env)"',
)
@click.version_option(package_name="amp-sandbox", message="sandbox %(version)s")
def cli() -> None:
    """Amp's data platform on this machine: AWS endpoint, functions, streams, delivery and lake.

    `sandbox up` starts everything and deploys the template; `sandbox demo` sends data through it and shows
    where it went; `sandbox down` stops everything.
    """


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    try:
        cli.main(args=args, prog_name="sandbox")
    except SandboxError as error:
        from amp_sandbox.cli.output import print_error

        print_error(error)
        sys.exit(1)
    except Exception as error:
        if not _is_no_answer(error):
            raise
        from amp_sandbox.cli.output import print_error

        print_error(SandboxError("The sandbox does not answer.", str(error), "Is it running? Try: sandbox status"))
        sys.exit(1)


def _is_no_answer(error: Exception) -> bool:
    """Whether an AWS client found nobody at the endpoint. Asked without importing botocore, which is slow."""
    module: Any = sys.modules.get("botocore.exceptions")
    return module is not None and isinstance(error, module.EndpointConnectionError | module.ConnectionClosedError)


def _register() -> None:
    for module in pkgutil.iter_modules(__path__):
        for command in getattr(importlib.import_module(f"{__name__}.{module.name}"), "COMMANDS", ()):
            cli.add_command(command)


_register()
