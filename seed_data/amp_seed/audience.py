"""How many listen to each live show at every moment, counted from the very sessions that are told."""

from dataclasses import dataclass, field

from amp_seed.entities import Show
from amp_seed.steps import Step
from amp_seed.times import MINUTE, SECOND
from amp_seed.world import World


@dataclass(slots=True)
class _Count:
    listeners: int = 0
    peak: int = 0
    reported: int = 0
    next_report: int = 0
    is_due: bool = False


@dataclass(slots=True)
class Audience:
    """The listeners of the shows on air; a change is reported within a minute, and at most once a minute and show."""

    world: World
    _counts: dict[str, _Count] = field(default_factory=dict)

    def notice(self, step: Step) -> int | None:
        """Take note of a step; return the moment at which its show's count is to be reported, if none is due yet."""
        change = {"playback_started": 1, "playback_stopped": -1}.get(step.event_type)
        if change is None or not step.properties["is_live"]:
            return None
        count = self._counts.setdefault(step.properties["show_id"], _Count())
        count.listeners += change
        count.peak = max(count.peak, count.listeners)
        if count.is_due:
            return None
        count.is_due = True
        return max(step.at + SECOND, count.next_report)

    def report(self, show: Show, at: int) -> Step | None:
        """Return a listener_count, or None if the count is again what it was when it was last reported."""
        count = self._counts[show.show_id]
        count.is_due = False
        if count.listeners == 0 and at >= show.ends:
            del self._counts[show.show_id]
        if count.listeners == count.reported:
            return None
        count.reported, count.next_report = count.listeners, at + MINUTE
        counted = {"listener_count": count.listeners, "peak_listener_count": count.peak}
        return Step(at, "listener_count", {"show_id": show.show_id, **counted})
