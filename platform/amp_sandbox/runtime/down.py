"""Stopping: whatever runs of the sandbox, so that no process and no container of it remains.

**Left out:** handing over work in progress. Stand-ins keep what is undelivered in their stores, but the next
`up` starts from nothing, as LocalStack keeps its state in memory.
"""

from amp_sandbox.progress import OnProgress, ignore
from amp_sandbox.runtime import choice
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime.facts import Stopped
from amp_sandbox.settings import Settings


def down(settings: Settings, on_progress: OnProgress = ignore, *, clear: bool = False) -> Stopped:
    """Stop the sandbox in this home. Safe when it is stopped already, and when supervisord was killed.

    What is left of it is found and ended even when the home was deleted under it. What its services kept stays to be
    looked into, until the next start; with `clear` it goes.
    """
    if not (settings.home / homes.TAG).is_file():
        return _stop(settings, on_progress, clear=clear)  # nothing there to hold
    with homes.exclusive(settings.home):
        stopped = _stop(settings, on_progress, clear=clear)
        if clear:
            homes.clear_state(settings.home)
        return stopped


def _stop(settings: Settings, on_progress: OnProgress, *, clear: bool) -> Stopped:
    # Containers first: the console of theirs is a process, and would be a leftover to the other.
    stopped = [runtime.stop(settings, on_progress, clear=clear) for runtime in reversed(choice.RUNTIMES.values())]
    homes.forget_run(settings.home)
    return Stopped(
        tuple(name for one in stopped for name in one.services),
        tuple(name for one in stopped for name in one.leftovers),
    )
