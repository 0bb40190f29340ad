"""The audit, run when somebody asks for it: one at a time, and the latest answer for everybody."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from amp_sandbox.audit import Audit, audit
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings


@dataclass(frozen=True)
class Verdict:
    """What an audit found, when it began (seconds since the epoch) and how long it took."""

    audit: Audit
    at: float
    seconds: float

    @property
    def lost(self) -> int:
        """Records and rows that nobody can find."""
        return sum(one.lost for one in self.audit.streams) + sum(one.lost for one in self.audit.transformed)

    @property
    def published(self) -> int:
        """Records that were published."""
        return sum(one.published for one in self.audit.streams)


class Auditor:
    """Safe to use from any thread."""

    def __init__(self, settings: Settings, run: Callable[[Settings], Audit] = audit) -> None:
        self._settings, self._run = settings, run
        self._under_way = threading.Lock()
        self.latest: Verdict | None = None
        """The newest answer; None before the first."""

    def ask(self) -> Verdict:
        """Audit now. Raises SandboxError when an audit is under way, or when there is nothing to audit."""
        if not self._under_way.acquire(blocking=False):
            raise SandboxError("An audit is under way.", hint="Wait for it to end.")
        try:
            at, began = time.time(), time.monotonic()
            found = self._run(self._settings)
            self.latest = Verdict(found, at, time.monotonic() - began)
            return self.latest
        finally:
            self._under_way.release()
