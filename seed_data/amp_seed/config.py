"""How large a world is, and over which days it lives."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Size = Literal["small", "medium", "large"]

# size: creators, shows a week, listeners
_SIZES: dict[Size, tuple[int, int, int]] = {
    "small": (40, 120, 2_000),
    "medium": (400, 1_200, 50_000),
    "large": (2_000, 6_000, 500_000),
}


_MOST_SHOWS_A_DAY = 3  # of one creator


@dataclass(frozen=True)
class WorldConfig:
    """The facts a world follows from; equal configurations make equal worlds, to the byte.

    `shows` counts single broadcasts, from the day before the first one to those scheduled after the last.
    """

    seed: int
    start: date
    days: int = 7
    creators: int = 40
    shows: int = 120
    listeners: int = 2_000

    def __post_init__(self) -> None:
        for name in ("days", "creators", "shows", "listeners"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.shows > self.creators * self.days * _MOST_SHOWS_A_DAY:
            raise ValueError(f"{self.creators} creators cannot host {self.shows} shows in {self.days} days")


def preset(size: Size, *, seed: int, start: date, days: int = 7) -> WorldConfig:
    """Return the configuration of a named size.

    One listener is in one place at a time, so a world has room for so many events a day: small is made for up to a
    million events a week, medium for twenty million, large for more.
    """
    creators, shows_a_week, listeners = _SIZES[size]
    shows = max(1, shows_a_week * days // 7)
    return WorldConfig(seed=seed, start=start, days=days, creators=creators, shows=shows, listeners=listeners)
