"""The one place where a test waits: for a condition, with a deadline, and with the last thing seen when it fails."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(probe: Callable[[], T], ready: Callable[[T], bool], *, timeout: float, what: str = "") -> T:
    """Call `probe` until `ready` accepts what it returns, and return that.

    Raises AssertionError with what was awaited and what was seen last when `timeout` seconds have passed.
    """
    deadline = time.monotonic() + timeout
    while True:
        seen = probe()
        if ready(seen):
            return seen
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {timeout} s for {what or 'a condition'}; last saw {seen!r}")
        time.sleep(0.05)
