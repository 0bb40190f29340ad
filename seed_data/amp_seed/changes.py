"""Changes to the catalogue: new shows, changes to scheduled ones, cancellations.

Only shows that begin after the world's last day change, so that no change contradicts what listeners have heard.

**Left out:** a memory across runs, or of every show. Each run begins with the catalogue of `World.shows()`, and of the
shows that can still change it keeps a thousand at most; the others stay as they are.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import datetime
from random import Random
from typing import Any, NamedTuple

from amp_seed import documents, vocabulary
from amp_seed.draws import between, generator, pick, weighted
from amp_seed.ids import uuid4
from amp_seed.themes import show_description, show_tags, show_title
from amp_seed.times import DAY, MINUTE, moment_of, stamp
from amp_seed.world import PROMOTION_LIFT, World, show_category

_KINDS = weighted({"show_created": 35, "show_updated": 50, "show_cancelled": 15})
_FEWEST, _MOST = 5, 1_000  # shows that can still change
_IDS_OF_A_RUN = 1 << 28


class CatalogChange(NamedTuple):
    """A change: the message that announces it, and the show as it is then (to be read, not changed)."""

    message: dict[str, str]
    show: dict[str, Any]


def catalog_changes(
    world: World, count: int, *, run: int = 0, clock: Callable[[], datetime] | None = None
) -> Iterator[CatalogChange]:
    """Yield `count` changes, spread over the world's last day, in the order of `changed_at`.

    Another `run` makes other changes, with other ids. With a `clock` each change carries the clock's time at the moment
    when it is yielded.
    """
    if count < 0:
        raise ValueError(f"count must not be negative, not {count}")
    rng = generator(world.config.seed, "changes", run)
    upcoming = [documents.show(show, world.begins, world.ends) for show in world.schedule if show.starts > world.ends]
    created = 0
    for number in range(count):
        changed_at = moment_of(clock()) if clock else world.ends - DAY + number * DAY // count
        kind = _KINDS.pick(rng) if len(upcoming) >= _FEWEST else "show_created"
        if kind == "show_created":
            show = _created(world, rng, world.config.shows + run * _IDS_OF_A_RUN + created)
            created += 1
        else:
            # Taken out of the list; a cancelled show stays out, as it does not change any more.
            show = deepcopy(upcoming.pop(int(rng.random() * len(upcoming))))
            show["version"] += 1
            if kind == "show_updated":
                pick(rng, _UPDATES)(rng, show)
            else:
                show["status"] = "cancelled"
        show["updated_at"] = stamp(changed_at)
        if kind != "show_cancelled" and len(upcoming) < _MOST:
            upcoming.append(show)
        message = {"change_id": uuid4(rng), "change_type": kind, "show_id": show["show_id"]}
        yield CatalogChange({**message, "changed_at": show["updated_at"]}, show)


def _created(world: World, rng: Random, index: int) -> dict[str, Any]:
    """Return a new show that begins on a full or half hour of the coming fortnight."""
    creator = world.popular_creators.pick(rng)
    starts = world.ends + between(rng, 1, 14 * 48) * 30 * MINUTE
    hours = (starts, starts + pick(rng, (30, 60, 90, 120)) * MINUTE)
    category = show_category(rng, creator)
    show = world.broadcast(rng, index, creator, show_title(rng, category), category, hours, "none")
    return documents.show(show, world.begins, world.ends)


def _retitle(rng: Random, show: dict[str, Any]) -> None:
    show["title"] = f"{show_title(rng, show['category'])}, with {pick(rng, vocabulary.FIRST_NAMES)}"


def _describe(rng: Random, show: dict[str, Any]) -> None:
    show["description"] = show_description(rng, show["creator"]["display_name"], show["category"])


def _postpone(rng: Random, show: dict[str, Any]) -> None:
    later = between(rng, 1, 8) * 30 * MINUTE
    for end in ("starts_at", "ends_at"):
        show["schedule"][end] = stamp(moment_of(datetime.fromisoformat(show["schedule"][end])) + later)


def _retag(rng: Random, show: dict[str, Any]) -> None:
    show["tags"] = show_tags(rng, show["category"])


def _set_up(rng: Random, show: dict[str, Any]) -> None:
    show["settings"]["max_co_hosts"] = between(rng, 0, 5)
    show["settings"]["chat_enabled"] = not show["settings"]["chat_enabled"]


def _promote(rng: Random, show: dict[str, Any]) -> None:
    show["promotion"] = {
        "promotion_id": f"promo_{rng.getrandbits(48):012x}",
        "kind": pick(rng, tuple(PROMOTION_LIFT)),
        "starts_at": show["updated_at"],
        "ends_at": show["schedule"]["ends_at"],
    }


_UPDATES = (_retitle, _describe, _postpone, _retag, _set_up, _promote)
