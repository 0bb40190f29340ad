"""The parts that every stretch of a session is told with."""

from collections.abc import Generator
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple, TypeAlias

from amp_seed.entities import Listener, Show
from amp_seed.times import SECOND
from amp_seed.world import World


@dataclass(frozen=True, slots=True)
class Exposure:
    """The truth about an experiment: which promotion a listener came across, and whether it was shown or held back."""

    promotion_id: str
    kind: str
    variant: str


class Step(NamedTuple):
    """One thing that happens: an app event without what all events of its session share."""

    at: int
    event_type: str
    properties: dict[str, Any]
    exposure: Exposure | None = None


Steps: TypeAlias = Generator[Step, None, int]
"""A stretch of a session: its steps, and in the end the moment at which it is over."""


@dataclass(slots=True)
class Visit:
    """One listener's visit to the app, as it stands; `follows` is shared with the listener's later visits."""

    world: World
    rng: Random
    listener: Listener
    signed_in: bool
    follows: list[int]
    screen: str | None = None
    screens: int = 0
    settled: Show | None = None  # the promoted show: the experiment alone decides whether it is played

    def pause(self, low: int, high: int) -> int:
        """Return some milliseconds, between so many seconds."""
        return low * SECOND + int(self.rng.random() * (high - low) * SECOND)

    def view(self, at: int, screen: str, show: Show | None = None) -> Step:
        """Bring another screen into view."""
        before, self.screen = self.screen, screen
        self.screens += 1
        show_id = show.show_id if show else None
        return Step(at, "screen_viewed", {"screen": screen, "previous_screen": before, "show_id": show_id})
