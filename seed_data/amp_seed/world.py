"""The world: who makes shows, when they are on air, and who listens.

Creators and shows are kept, as there are thousands of them at most. Listeners are not: each is derived anew from the
seed and its number whenever it is needed, so that half a million of them take no memory.

**Left out:** people and schedules that change over time. Tastes and home time zones stay as they are for the life of
the world; what changes in the catalogue comes from `catalog_changes`.
"""

from bisect import bisect
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from amp_seed import documents, vocabulary
from amp_seed.config import WorldConfig
from amp_seed.draws import Weighted, between, generator, pick, ranked, weighted
from amp_seed.entities import Creator, Listener, Promotion, Show
from amp_seed.ids import numbered_id
from amp_seed.themes import show_title
from amp_seed.times import DAY, HOUR, MINUTE, local_moment, midnight

PAST_DAYS = 1
"""How long before the first day shows were on air already: the stream begins in the middle of things."""

UPCOMING_DAYS = 3
"""How far beyond the last day the catalogue already knows the schedule."""

PROMOTED_SHARE = 0.25
"""The share of shows that are promoted."""

PROMOTION_LIFT = {"featured": 1.5, "spotlight": 2.0}
"""How many times likelier a promotion makes it that a listener plays the show, by kind of promotion."""

_SLOT = 10 * MINUTE
_PROMOTED_AFTERWARDS = 2 * DAY  # the recording is promoted, too
_ZONES = weighted(vocabulary.ZONES)
_SHOW_HOURS = weighted(vocabulary.SHOW_HOURS)
_SHOW_MINUTES = weighted(vocabulary.SHOW_MINUTES)
_RECURRENCES = weighted(vocabulary.RECURRENCES)
_TRUE_TO_CATEGORY = 0.8
_FAVOURITES = (8.0, 5.0, 3.0)
_INDIFFERENT = 0.2
_FOLLOWED_CREATORS = (0, 1, 2, 3, 3, 5, 8, 12)  # at most
_FRIENDS = (0, 1, 2, 3, 5, 8)


class World:
    """A world, whole and unchanging, built from its configuration."""

    def __init__(self, config: WorldConfig) -> None:
        self.config = config
        self.begins = midnight(config.start)
        self.ends = self.begins + config.days * DAY
        self.cast = tuple(self._creator(index) for index in range(config.creators))
        self.popular_creators: Weighted[Creator] = ranked(self.cast)
        self.schedule = tuple(self._schedule())
        self._by_slot = self._slots()
        self._promoted = self._promotions()
        aired = sorted((show for show in self.schedule if show.starts < self.ends), key=lambda show: show.ends)
        self._recordings = weighted({show: show.creator.popularity for show in aired})
        self._recorded_at = tuple(show.ends for show in aired)

    def creators(self) -> Iterator[dict[str, Any]]:
        """Yield every creator as the catalogue API holds it, the most popular first."""
        return (documents.creator(creator, self.begins) for creator in self.cast)

    def shows(self) -> Iterator[dict[str, Any]]:
        """Yield every show as the catalogue API holds it when the last day is over, internal fields included."""
        return (documents.show(show, self.begins, self.ends) for show in self.schedule)

    def users(self) -> Iterator[dict[str, Any]]:
        """Yield every user: the creators' own accounts, then the listeners."""
        for creator in self.cast:
            yield documents.account_of_creator(creator, self.begins)
        for index in range(self.config.listeners):
            yield documents.user(self.listener(index), self.cast, self.begins)

    def listener(self, index: int) -> Listener:
        """Return a listener by number; always the same one."""
        rng = generator(self.config.seed, "listener", index)
        zone = _ZONES.pick(rng)
        platform, os_version, app_version = pick(rng, vocabulary.DEVICES)
        tastes = dict.fromkeys(vocabulary.CATEGORIES, _INDIFFERENT)
        for category, liking in zip(rng.sample(vocabulary.CATEGORIES, 3), _FAVOURITES, strict=True):
            tastes[category] = liking
        return Listener(
            index=index,
            user_id=self._user_id(self.config.creators + index),
            anonymous_id=numbered_id("anon", index, self.config.seed),
            name=_person(rng),
            zone=zone,
            language=vocabulary.LANGUAGE_OF_ZONE.get(zone, "en"),
            tastes=tastes,
            follows=self._followed(rng, tastes),
            friends=self._friends(rng, index),
            device={"platform": platform, "os_version": os_version, "app_version": app_version},
        )

    def on_air(self, at: int) -> list[Show]:
        """Return the shows that are live at a moment. None that begins after the last day ever is."""
        return [show for show in self._by_slot.get(at // _SLOT, ()) if show.starts <= at < show.ends]

    def promoted(self, at: int) -> list[Show]:
        """Return the shows that are on air or recorded at a moment, and promoted."""
        return [show for show in self._promoted.get(at // HOUR, ()) if show.starts <= at]

    def recording(self, rng: Random, at: int) -> Show | None:
        """Return a show that has ended, or None as long as none has; popular creators' shows are drawn more often."""
        ended = bisect(self._recorded_at, at)
        return self._recordings.pick_among(rng, ended) if ended else None

    def broadcast(
        self,
        rng: Random,
        index: int,
        creator: Creator,
        title: str,
        category: str,
        hours: tuple[int, int],
        recurrence: str,
    ) -> Show:
        """Return the show of that number, with settings and, by chance, a promotion."""
        starts, ends = hours
        is_promoted, kind = rng.random() < PROMOTED_SHARE, pick(rng, tuple(PROMOTION_LIFT))
        promotion = Promotion(numbered_id("promo", index, self.config.seed), kind, starts, ends + _PROMOTED_AFTERWARDS)
        return Show(
            index=index,
            show_id=numbered_id("show", index, self.config.seed),
            creator=creator,
            title=title,
            category=category,
            starts=starts,
            ends=ends,
            recurrence=recurrence,
            chat_enabled=rng.random() < 0.95,
            polls_enabled=rng.random() < 0.8,
            max_co_hosts=between(rng, 0, 5),
            promotion=promotion if is_promoted else None,
        )

    def _user_id(self, index: int) -> str:
        return numbered_id("user", index, self.config.seed)

    def _creator(self, index: int) -> Creator:
        rng = generator(self.config.seed, "creator", index)
        zone = _ZONES.pick(rng)
        return Creator(
            index=index,
            creator_id=numbered_id("creator", index, self.config.seed),
            user_id=self._user_id(index),
            name=_person(rng),
            verified=rng.random() < 1 / (1 + index / 10),
            category=pick(rng, vocabulary.CATEGORIES),
            zone=zone,
            language=vocabulary.LANGUAGE_OF_ZONE.get(zone, "en"),
            popularity=1 / (index + 1),
        )

    def _followed(self, rng: Random, tastes: dict[str, float]) -> tuple[int, ...]:
        """Popular creators come up often, and are kept the likelier the better the listener likes their category."""
        followed: list[int] = []
        for _ in range(5 * pick(rng, _FOLLOWED_CREATORS)):
            creator = self.popular_creators.pick(rng)
            wanted = rng.random() * _FAVOURITES[0] < tastes[creator.category]
            if wanted and creator.index not in followed:
                followed.append(creator.index)
        return tuple(followed)

    def _friends(self, rng: Random, index: int) -> tuple[str, ...]:
        """Friends live close by: a few of the fifty listeners that follow in number."""
        others = min(50, self.config.listeners - 1)
        if not others:
            return ()
        numbers = {(index + 1 + int(rng.random() * others)) % self.config.listeners for _ in range(pick(rng, _FRIENDS))}
        return tuple(self._user_id(self.config.creators + number) for number in sorted(numbers))

    def _schedule(self) -> Iterator[Show]:
        """Yield broadcasts, series by series, until there are as many as configured."""
        rng = generator(self.config.seed, "schedule")
        taken: dict[int, list[tuple[int, int]]] = {}
        first_day = self.config.start - timedelta(days=PAST_DAYS)
        index, series = 0, 0
        while index < self.config.shows:
            # Everyone hosts something; further series go to the popular.
            creator = self.cast[series] if series < len(self.cast) else self.popular_creators.pick(rng)
            series += 1
            recurrence, category = _RECURRENCES.pick(rng), show_category(rng, creator)
            title = show_title(rng, category)
            hour, minute, minutes = _SHOW_HOURS.pick(rng), pick(rng, (0, 0, 30)), _SHOW_MINUTES.pick(rng)
            for day in _days_of(recurrence, rng, first_day, PAST_DAYS + self.config.days + UPCOMING_DAYS):
                starts = local_moment(day, hour, minute, creator.zone)
                ends = starts + minutes * MINUTE
                hosting = taken.setdefault(creator.index, [])
                if any(starts < end and begin < ends for begin, end in hosting):
                    continue
                hosting.append((starts, ends))
                yield self.broadcast(rng, index, creator, title, category, (starts, ends), recurrence)
                index += 1
                if index == self.config.shows:
                    return

    def _slots(self) -> dict[int, tuple[Show, ...]]:
        """Index the shows of the window by the ten-minute slots that they touch."""
        slots: dict[int, list[Show]] = {}
        for show in self.schedule:
            if show.starts < self.ends:
                for slot in range(show.starts // _SLOT, (show.ends - 1) // _SLOT + 1):
                    slots.setdefault(slot, []).append(show)
        return {slot: tuple(shows) for slot, shows in slots.items()}

    def _promotions(self) -> dict[int, tuple[Show, ...]]:
        """Index the promoted shows of the window by the hours in which they are promoted."""
        hours: dict[int, list[Show]] = {}
        for show in self.schedule:
            if show.promotion and show.starts < self.ends:
                for hour in range(show.starts // HOUR, show.promotion.ends // HOUR):
                    hours.setdefault(hour, []).append(show)
        return {hour: tuple(shows) for hour, shows in hours.items()}


def show_category(rng: Random, creator: Creator) -> str:
    """Return the category of a show, which mostly is its creator's."""
    return creator.category if rng.random() < _TRUE_TO_CATEGORY else pick(rng, vocabulary.CATEGORIES)


def _days_of(recurrence: str, rng: Random, start: date, days: int) -> list[date]:
    """Return the days of a window on which a series with that recurrence is on air."""
    first = int(rng.random() * min(7, days))
    if recurrence == "none":
        return [start + timedelta(days=int(rng.random() * days))]
    if recurrence == "weekly":
        return [start + timedelta(days=offset) for offset in range(first, days, 7)]
    every_day = [start + timedelta(days=offset) for offset in range(days)]
    return every_day if recurrence == "daily" else [day for day in every_day if day.weekday() < 5]


def _person(rng: Random) -> str:
    return f"{pick(rng, vocabulary.FIRST_NAMES)} {pick(rng, vocabulary.LAST_NAMES)}"
