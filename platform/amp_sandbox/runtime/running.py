"""The settings of the sandbox that runs, for commands that make no sense without one.

Such a command is refused when the home's own sandbox does not run, even if something answers on its ports: that is
then another sandbox, and its streams, stack and lake are not this one's.

**Left out:** whether every service is healthy; a command that needs one says so itself.
"""

from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime.processes import find
from amp_sandbox.settings import Settings, load_settings


def running_settings() -> Settings:
    """The settings that apply here; raises SandboxError when no sandbox runs in their home."""
    settings = load_settings()
    if not find(settings.home):
        raise SandboxError(
            "The sandbox does not run.",
            f"No process of a sandbox in {settings.home} was found.",
            "Start it with: sandbox up. For one with another home, set SANDBOX_HOME.",
        )
    return settings
