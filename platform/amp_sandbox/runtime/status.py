"""What runs and how it is, asked anew each time.

**Left out:** asking CloudFormation whether the stack exists, which would start that service only to be asked;
deployments are recorded when they are made.
"""

from amp_sandbox.runtime import choice
from amp_sandbox.runtime.facts import Status
from amp_sandbox.settings import Settings


def status(settings: Settings) -> Status:
    """Look at everything once, without waiting for anything."""
    return choice.of(settings).look(settings)
