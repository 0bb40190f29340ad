"""The app's events, as a stream in the order in which they are published.

Sessions are started over the days of the world as people's rhythms and the shows on air suggest, and merged step by
step. Some events are published late, some twice, both on purpose and in a known share; the rows say which.

**Left out:** an end to the minute. A stream has exactly as many rows as were asked for; its last sessions may be cut
off, and may reach past midnight of the last day. One listener has one session at a time, so more rows than a small
world has time for run on into the following days.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush
from random import Random
from typing import Any, NamedTuple

from amp_seed import vocabulary
from amp_seed.audience import Audience
from amp_seed.crowd import Crowd, attendance
from amp_seed.draws import between, generator
from amp_seed.entities import Show
from amp_seed.ids import uuid4
from amp_seed.sessions import session
from amp_seed.steps import Exposure, Step, Visit
from amp_seed.times import HOUR, MINUTE, SECOND, moment_of, stamp
from amp_seed.world import World

LATE_SHARE = 0.02
"""The share of events that are published late: ten minutes to six hours after they happened."""

DUPLICATE_SHARE = 0.01
"""The share of events that are published a second time, up to two minutes later."""

SCHEMA_VERSION = 1

_SLOT = 10 * MINUTE
_LATE = (10 * MINUTE, 6 * HOUR)
_DUPLICATED = (SECOND, 2 * MINUTE)
_USUAL_ROWS = 40  # of a session, until the stream knows better


class AppEvent(NamedTuple):
    """One row of the stream. The event is to be read, not changed: events share parts."""

    event: dict[str, Any]
    partition_key: str
    is_late: bool
    is_duplicate: bool
    exposure: Exposure | None
    """The truth about a promotion, on its promotion_shown and on the playback_started that it may have led to."""


def app_events(
    world: World, count: int, *, run: int = 0, clock: Callable[[], datetime] | None = None
) -> Iterator[AppEvent]:
    """Yield `count` events of the world's days, in the order of publication.

    Another `run` tells other events, with other ids, of the same world. With a `clock` the same story is told as if it
    happened now: each event carries the clock's time at the moment when it is yielded (late ones an earlier one). Spans
    named within events, such as listened_seconds, stay those of the story.
    """
    if count < 0:
        raise ValueError(f"count must not be negative, not {count}")
    telling = _Telling(world, generator(world.config.seed, "events", run))
    rows = 0
    for slot_ends in telling.slots(count):
        while rows < count and (ready := telling.next_before(slot_ends)):
            if clock and not ready.row.is_duplicate:
                ready.row.event["event_time"] = stamp(moment_of(clock()) - ready.delay)
            rows += 1
            telling.rows = rows
            yield ready.row
        if rows == count:
            return


class _Ready(NamedTuple):
    """A row whose time to be published has come, or will come; `delay` is how long ago it happened by then."""

    row: AppEvent
    delay: int


@dataclass(slots=True)
class _Open:
    """A session that goes on: the step it has come to, and those that follow."""

    visit: Visit
    session_id: str
    step: Step
    following: Iterator[Step]


class _Telling:
    """A stream being told: what is still to come lies in a heap, ordered by time and then by when it was put there."""

    def __init__(self, world: World, rng: Random) -> None:
        self.rows = 0
        self._world = world
        self._rng = rng
        self._crowd = Crowd(world, rng)
        self._audience = Audience(world)
        self._shows = {show.show_id: show for show in world.schedule}
        self._heap: list[tuple[int, int, _Open | _Ready | Show]] = []
        self._pushed = 0
        self._sessions = 0
        self._open = 0

    def slots(self, count: int) -> Iterator[int]:
        """Start each slot's sessions and yield the slot's end, for as long as the stream goes on.

        How many are due follows from the rows wanted by then, those there are, and those to be expected of the sessions
        that are open. All rows are wanted an hour early, so that the last sessions end with the last day.
        """
        shares = attendance(self._world)
        begins, at = self._world.begins, self._world.begins
        while True:
            at += _SLOT
            hour, rest = divmod(min(at, self._world.ends - HOUR) - begins, HOUR)
            share = shares[hour] + (shares[hour + 1] - shares[hour]) * rest / HOUR
            told = share / shares[-2]
            # On average a session that is open is halfway through.
            mean = (_USUAL_ROWS * 5 + self.rows) / (5 + self._sessions - self._open / 2)
            due = int((count * told - self.rows) / mean - self._open / 2 + 0.5)
            if told == 1.0 and not self._open:
                due = max(due, 1)  # what is missing is less than half a session
            self._start(due, at - _SLOT)
            yield at

    def next_before(self, deadline: int) -> _Ready | None:
        """Return the next row that is due before the deadline."""
        while self._heap and self._heap[0][0] < deadline:
            at, _, what = heappop(self._heap)
            if isinstance(what, _Ready):
                ready: _Ready | None = what
            elif isinstance(what, _Open):
                ready = self._advance(what)
            else:
                ready = self._count_listeners(what, at)
            if ready:
                if not ready.row.is_duplicate and self._rng.random() < DUPLICATE_SHARE:
                    copy = ready.row._replace(is_duplicate=True)
                    self._push(at + between(self._rng, *_DUPLICATED), _Ready(copy, ready.delay))
                return ready
        return None

    def _push(self, at: int, what: "_Open | _Ready | Show") -> None:
        self._pushed += 1
        heappush(self._heap, (at, self._pushed, what))

    def _start(self, sessions: int, slot_begins: int) -> None:
        for at in sorted(slot_begins + int(self._rng.random() * _SLOT) for _ in range(sessions)):
            visit = self._crowd.arrive(at)
            if visit is None:
                return  # the missing ones are due in the next slot
            steps = session(visit, at)
            first = next(steps)
            self._sessions += 1
            self._open += 1
            self._push(first.at, _Open(visit, f"sess_{self._rng.getrandbits(80):020x}", first, steps))

    def _advance(self, session: _Open) -> _Ready | None:
        """Tell a session's next step."""
        step = session.step
        following = next(session.following, None)
        if following:
            session.step = following
            self._push(following.at, session)
        else:
            self._open -= 1
            self._crowd.leave(session.visit)
        report_at = self._audience.notice(step)
        if report_at:
            self._push(report_at, self._shows[step.properties["show_id"]])
        listener = session.visit.listener
        user_id = listener.user_id if session.visit.signed_in else listener.anonymous_id
        # What happens to a notification before it is opened happens outside the app.
        action = step.properties.get("action", "opened")
        session_id = session.session_id if action == "opened" else None
        device = vocabulary.SERVICE if action == "sent" else listener.device
        return self._publish(step, user_id, session_id, device)

    def _count_listeners(self, show: Show, at: int) -> _Ready | None:
        step = self._audience.report(show, at)
        return self._publish(step, show.creator.user_id, None, vocabulary.SERVICE) if step else None

    def _publish(self, step: Step, user_id: str, session_id: str | None, device: dict[str, str]) -> _Ready | None:
        """Return the step as a row, or None if it is one of those that come late."""
        event = {
            "event_id": uuid4(self._rng),
            "event_type": step.event_type,
            "event_time": stamp(step.at),
            "schema_version": SCHEMA_VERSION,
            "user_id": user_id,
            "session_id": session_id,
            "device": device,
            "properties": step.properties,
        }
        is_late = self._rng.random() < LATE_SHARE
        row = AppEvent(event, user_id, is_late, False, step.exposure)
        if not is_late:
            return _Ready(row, 0)
        delay = between(self._rng, *_LATE)
        self._push(step.at + delay, _Ready(row, delay))
        return None
