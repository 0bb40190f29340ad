"""How long work tells of its steps: one small value, passed to a callback.

`up`, `deploy` and the like take an `on_progress` and never print; the command line shows the steps as a live
list in a terminal and as lines elsewhere.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

MARKS = {"done": "✓", "failed": "✗"}


@dataclass(frozen=True)
class Step:
    """One step's state: it starts, then it is done or has failed. Steps are told apart by name."""

    name: str
    state: Literal["started", "done", "failed"]
    seconds: float = 0.0
    detail: str = ""


OnProgress = Callable[[Step], None]


def ignore(step: Step) -> None:
    """The callback of a caller that does not want to know."""


@contextmanager
def step(on_progress: OnProgress, name: str) -> Iterator[list[str]]:
    """Tell of a step around the code that does it. Append to the yielded list to add detail to the outcome."""
    detail: list[str] = []
    started = time.monotonic()
    on_progress(Step(name, "started"))
    try:
        yield detail
    except BaseException:
        on_progress(Step(name, "failed", time.monotonic() - started, ", ".join(detail)))
        raise
    on_progress(Step(name, "done", time.monotonic() - started, ", ".join(detail)))
