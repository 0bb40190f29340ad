"""Whether there is a sandbox to look at, and what to do when there is not."""

from dataclasses import dataclass

from amp_sandbox.runtime import choice
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime.services import LOCALSTACK, STANDINS, table
from amp_sandbox.settings import Settings


@dataclass(frozen=True)
class Platform:
    """`answers` is whether there are numbers to ask for. `problem` says what is wrong, `advice` what to type."""

    answers: bool
    problem: str = ""
    advice: str = ""


def platform_state(settings: Settings) -> Platform:
    """Look once, through what runs the services and the sandbox's own records; no service is asked."""
    seen = choice.of(settings).glance(settings)
    if seen is None:
        return Platform(False, "The sandbox is being started or stopped.", "sandbox status")
    if seen.state_lost:
        return Platform(False, "LocalStack was restarted, and its state is gone.", "sandbox up")
    ended = [one.name for one in table(settings) if not one.on_demand and one.name not in seen.running]
    if ended:
        problem = f"{' and '.join(ended)} {'does' if len(ended) == 1 else 'do'} not run."
        return Platform(not {LOCALSTACK, STANDINS} & set(ended), problem, "sandbox up")
    instance = homes.read_instance(settings.home)
    if not instance or not instance.deployed:
        return Platform(False, "Nothing is deployed yet.", "sandbox deploy")
    return Platform(True)
