"""Stopping the statement that runs: because another thread asks, or because its time is up.

DuckDB's interrupt also hits a statement that begins a moment later, so it is only sent while one runs.
"""

import threading
from typing import Any


class Interrupts:
    """What may stop the statement of one connection. `begin` and `end` are its own thread's, `interrupt` anyone's."""

    def __init__(self, db: Any) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._running = False
        self._timer: threading.Timer | None = None
        self.timed_out = False  # whether the last interrupt came from the timer

    def begin(self, milliseconds: int) -> None:
        """A statement runs now, for so long at most; 0 for as long as it takes."""
        with self._lock:
            self.timed_out = False
            self._running = True
        if milliseconds > 0:
            self._timer = threading.Timer(milliseconds / 1000, self.interrupt, kwargs={"timed_out": True})
            self._timer.daemon = True
            self._timer.start()

    def end(self) -> None:
        """No statement runs any more. Safe twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        with self._lock:
            self._running = False

    def interrupt(self, *, timed_out: bool = False) -> None:
        """Stop the statement that runs, if one does."""
        with self._lock:
            if self._running:
                self.timed_out = timed_out
                self._db.interrupt()
