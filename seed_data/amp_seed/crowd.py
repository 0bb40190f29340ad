"""Who opens the app when: the listeners, their daily rhythm, and whom they follow by now."""

from dataclasses import dataclass, field
from random import Random

from amp_seed import vocabulary
from amp_seed.steps import Visit
from amp_seed.times import HOUR, local_hour
from amp_seed.world import World

_ANONYMOUS_SHARE = 0.04
_TRIES = 50
_BUSIEST = max(vocabulary.DAILY_RHYTHM)


@dataclass(slots=True)
class Crowd:
    """The listeners: which of them are in the app, and whose follows are no longer those they began with.

    Memory grows with the number of listeners whose follows have changed, never with the number of events.
    """

    world: World
    rng: Random
    _present: set[int] = field(default_factory=set)
    _follows: dict[int, list[int]] = field(default_factory=dict)

    def arrive(self, at: int) -> Visit | None:
        """Let a listener open the app who would at that hour; None if all who were asked are in it already."""
        for _ in range(_TRIES):
            # The square makes some listeners far more active than others.
            index = int(self.world.config.listeners * self.rng.random() * self.rng.random())
            if index in self._present:
                continue
            listener = self.world.listener(index)
            if self.rng.random() * _BUSIEST < vocabulary.DAILY_RHYTHM[local_hour(at // HOUR, listener.zone)]:
                self._present.add(index)
                signed_in = self.rng.random() >= _ANONYMOUS_SHARE
                follows = self._follows.get(index, list(listener.follows)) if signed_in else []
                return Visit(self.world, self.rng, listener, signed_in, follows)
        return None

    def leave(self, visit: Visit) -> None:
        """Let a listener go, and remember whom he or she follows."""
        self._present.remove(visit.listener.index)
        if visit.signed_in and tuple(visit.follows) != visit.listener.follows:
            self._follows[visit.listener.index] = visit.follows


def attendance(world: World) -> list[float]:
    """Return, for each hour boundary of the world, the share of all activity that lies before it (0.0 to 1.0)."""
    sums = [0.0]
    for hour in range(world.begins // HOUR, world.ends // HOUR):
        awake = sum(share * vocabulary.DAILY_RHYTHM[local_hour(hour, zone)] for zone, share in vocabulary.ZONES.items())
        on_air = sum(show.creator.popularity for show in world.on_air(hour * HOUR + HOUR // 2))
        sums.append(sums[-1] + awake * (1 + min(on_air, 1.0)))
    return [total / sums[-1] for total in sums]
