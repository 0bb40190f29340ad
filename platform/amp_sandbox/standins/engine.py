"""A thread that calls a stand-in's `tick` function again and again until it is stopped.

**Left out:** restarts. An exception in a tick is logged and kept for `GET /health`, and the next tick runs.
"""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Engine(threading.Thread):
    """Calls `tick` every `every` seconds between `start` and `stop`.

    The thread is a daemon: a tick that hangs does not keep the process from ending.
    """

    def __init__(self, name: str, tick: Callable[[], None], every: float) -> None:
        super().__init__(name=name, daemon=True)
        self._tick, self._every, self._halt = tick, every, threading.Event()
        self.last_error: str | None = None
        """What the latest tick failed with, or None when it did not."""

    def run(self) -> None:
        """Tick until told to stop; `threading.Thread` calls this."""
        while not self._halt.wait(self._every):
            try:
                self._tick()
            except Exception as error:
                self._note(error)
            else:
                self.last_error = None

    def stop(self, timeout: float = 10) -> None:
        """Let the tick under way finish, and end the thread; raises RuntimeError when it takes longer."""
        self._halt.set()
        self.join(timeout)
        if self.is_alive():
            raise RuntimeError(f"{self.name} still running after {timeout}s")

    def _note(self, error: Exception) -> None:
        seen = f"{type(error).__name__}: {error}"
        if seen == self.last_error:
            log.debug("%s: tick failed again: %s", self.name, seen)
        else:
            log.exception("%s: tick failed", self.name)
        self.last_error = seen
