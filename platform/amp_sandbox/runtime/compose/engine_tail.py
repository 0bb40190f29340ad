"""What is added to a container's log: the engine is asked for what came after the last line that was told.

**Left out:** `docker logs --follow`, a program for each who looks that nobody ends when they have left.
"""

import subprocess
from datetime import UTC, datetime

from amp_sandbox.runtime.compose import engine
from amp_sandbox.runtime.compose.project import Container


class EngineTail:
    """A container's log from now on. Lines are told apart by the engine's time of each, which is in nanoseconds."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._last = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "000Z")

    def new_lines(self) -> list[str]:
        """What was added since the last time; nothing when the engine does not say."""
        done = subprocess.run(
            [engine.PROGRAM, "logs", "--timestamps", "--since", self._last, self._container.id],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            return []
        lines = sorted(line.partition(" ")[::2] for line in done.stdout.splitlines())
        new = [(at, text) for at, text in lines if at > self._last]
        if new:
            self._last = new[-1][0]
        return [text for _, text in new]
