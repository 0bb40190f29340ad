"""What is known of a hop at a moment, and the rates that two moments make."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

State = Literal["idle", "moving", "ready", "waiting", "failing", "off", "unknown"]
"""`idle`: nothing came yet. `moving`: something comes by just now. `ready`: all that came is through. `waiting`:
something is behind. `failing`: somebody should look. `off`: it is started when it is needed. `unknown`: it does not
answer."""

WINDOW_SECONDS = 5.0


@dataclass(frozen=True)
class Number:
    """A value of a hop, as it is shown; `bad` when somebody should look."""

    label: str
    value: str
    bad: bool = False


@dataclass(frozen=True)
class Facts:
    """A hop at a moment: the number that matters most and its unit, a few more, and a sentence when there is one."""

    state: State
    headline: str
    unit: str
    numbers: tuple[Number, ...] = ()
    note: str = ""


Found = Mapping[str, Facts]


@dataclass(frozen=True)
class Collector:
    """Who answers for these hops, and how many seconds an answer is good for."""

    hops: tuple[str, ...]
    every: float
    collect: Callable[[], Found]


@dataclass
class Rates:
    """How fast counters grow, over the last seconds. Safe for collectors that each use names of their own."""

    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, deque[tuple[float, float]]] = field(default_factory=dict)

    def of(self, name: str, value: float) -> float | None:
        """The growth a second; None at first, and after a counter began anew."""
        now = self.clock()
        seen = self._seen.setdefault(name, deque())
        if seen and value < seen[-1][1]:
            seen.clear()
        # What was seen before a pause would make a rate over the pause.
        while seen and seen[0][0] < now - 2 * WINDOW_SECONDS:
            seen.popleft()
        while len(seen) > 1 and seen[1][0] <= now - WINDOW_SECONDS:
            seen.popleft()
        seen.append((now, value))
        (first, before), (last, after) = seen[0], seen[-1]
        return (after - before) / (last - first) if last > first else None
