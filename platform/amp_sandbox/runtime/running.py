"""The settings of the sandbox that runs, for commands that make no sense without one.

Such a command is refused when the home's own sandbox does not run, even if something answers on its ports: that is
then another sandbox, and its streams, stack and lake are not this one's.

**Left out:** whether every service is healthy; a command that needs one says so itself.
"""

from pathlib import Path

from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime import choice
from amp_sandbox.settings import Settings, load_settings


def running_settings(home: Path | None = None) -> Settings:
    """The settings that apply here, or in a home; raises SandboxError when no sandbox runs there."""
    settings = load_settings(home)
    if not choice.running(settings.home):
        raise SandboxError(
            "The sandbox does not run.",
            f"No process and no container of a sandbox in {settings.home} was found.",
            "Start it with: sandbox up. For one with another home, set SANDBOX_HOME.",
        )
    return settings
