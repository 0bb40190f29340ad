"""The one way to wait in a test: for a condition, with a deadline, and with the last thing seen when it fails."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE_SECONDS = 0.05
_LONGEST_TOLD = 2_000


def eventually(
    probe: Callable[[], T],
    ready: Callable[[T], bool],
    *,
    timeout: float,
    what: str = "",
    hints: Callable[[], str] | None = None,
    pause: float = _PAUSE_SECONDS,
) -> T:
    """Call `probe` until `ready` accepts what it returns, and return that.

    Raises AssertionError with what was awaited and what was seen last when `timeout` seconds have passed; `hints` is
    asked only then, for where to look.
    """
    __tracebackhide__ = True
    deadline = time.monotonic() + timeout
    while True:
        seen = probe()
        if ready(seen):
            return seen
        if time.monotonic() >= deadline:
            told = f"waited {timeout:g} s for {what or 'a condition'}; last saw {_shortened(repr(seen))}"
            raise AssertionError(f"{told}\n{hints()}" if hints else told)
        time.sleep(pause)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_TOLD else f"{text[:_LONGEST_TOLD]}… ({len(text):,} characters)"
