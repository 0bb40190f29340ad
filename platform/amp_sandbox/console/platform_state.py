"""Whether there is a sandbox to look at, and what to do when there is not."""

import http.client
import xmlrpc.client
from dataclasses import dataclass

from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime.services import LOCALSTACK, STANDINS, table
from amp_sandbox.runtime.supervisord import Supervisor
from amp_sandbox.runtime.up import state_lost
from amp_sandbox.settings import Settings

_TIMEOUT_SECONDS = 2.0
_RUNS = ("STARTING", "RUNNING")


@dataclass(frozen=True)
class Platform:
    """`answers` is whether there are numbers to ask for. `problem` says what is wrong, `advice` what to type."""

    answers: bool
    problem: str = ""
    advice: str = ""


def platform_state(settings: Settings) -> Platform:
    """Look once, through supervisord and the sandbox's own records; no service is asked."""
    try:
        info = Supervisor(settings.home, _TIMEOUT_SECONDS).info()
    except (OSError, http.client.HTTPException, xmlrpc.client.Error):
        return Platform(False, "The sandbox is being started or stopped.", "sandbox status")
    if state_lost(settings.home, info.get(LOCALSTACK)):
        return Platform(False, "LocalStack was restarted, and its state is gone.", "sandbox up")
    always = [service.name for service in table(settings) if not service.on_demand]
    ended = [name for name in always if name not in info or info[name].state not in _RUNS]
    if ended:
        problem = f"{' and '.join(ended)} {'does' if len(ended) == 1 else 'do'} not run."
        return Platform(not {LOCALSTACK, STANDINS} & set(ended), problem, "sandbox up")
    instance = homes.read_instance(settings.home)
    if not instance or not instance.deployed:
        return Platform(False, "Nothing is deployed yet.", "sandbox deploy")
    return Platform(True)
