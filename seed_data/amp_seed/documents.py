"""The catalogue's documents, in the shapes of the catalogue API.

They hold what the service knows, internal fields included (`internal_notes`, `contract_terms`, the creator's e-mail
address): keeping those out of the lake is the pipeline's work.
"""

from random import Random
from typing import Any

from amp_seed import vocabulary
from amp_seed.draws import between, generator, pick
from amp_seed.entities import Creator, Listener, Promotion, Show
from amp_seed.themes import show_description, show_tags
from amp_seed.times import DAY, SECOND, stamp


def creator(someone: Creator, world_begins: int) -> dict[str, Any]:
    """Return a creator."""
    rng = generator(someone.creator_id)
    created = _before(rng, world_begins, days=700)
    return {
        "creator_id": someone.creator_id,
        "user_id": someone.user_id,
        "display_name": someone.name,
        "verified": someone.verified,
        "email": _email(someone.name, someone.creator_id),
        "bio": pick(rng, vocabulary.PROMISES),
        "category": someone.category,
        "language": someone.language,
        "timezone": someone.zone,
        "created_at": stamp(created),
        "updated_at": stamp(between(rng, created, world_begins)),
    }


def account_of_creator(someone: Creator, world_begins: int) -> dict[str, Any]:
    """Return the user account with which a creator signs in."""
    return _account(someone, world_begins, liked=[someone.category], followed=[], is_creator=True)


def user(someone: Listener, cast: tuple[Creator, ...], world_begins: int) -> dict[str, Any]:
    """Return a listener's account."""
    liked = sorted(someone.tastes, key=lambda category: -someone.tastes[category])[:3]
    followed = [cast[index].creator_id for index in someone.follows]
    return _account(someone, world_begins, liked=liked, followed=followed, is_creator=False)


def show(broadcast: Show, world_begins: int, now: int) -> dict[str, Any]:
    """Return a show with the status that it has now."""
    rng = generator(broadcast.show_id)
    announced = _before(rng, min(world_begins, broadcast.starts), days=14)
    status, updated, version = "scheduled", announced, 1
    if broadcast.ends <= now:
        status, updated, version = "ended", broadcast.ends, 3
    elif broadcast.starts <= now:
        status, updated, version = "live", broadcast.starts, 2
    return {
        "show_id": broadcast.show_id,
        "title": broadcast.title,
        "description": show_description(rng, broadcast.creator.name, broadcast.category),
        "status": status,
        "creator": {
            "creator_id": broadcast.creator.creator_id,
            "display_name": broadcast.creator.name,
            "verified": broadcast.creator.verified,
            "email": _email(broadcast.creator.name, broadcast.creator.creator_id),
        },
        "category": broadcast.category,
        "tags": show_tags(rng, broadcast.category),
        "language": broadcast.creator.language,
        "schedule": {
            "starts_at": stamp(broadcast.starts),
            "ends_at": stamp(broadcast.ends),
            "timezone": broadcast.creator.zone,
            "recurrence": broadcast.recurrence,
        },
        "promotion": promotion(broadcast.promotion) if broadcast.promotion else None,
        "settings": {
            "chat_enabled": broadcast.chat_enabled,
            "polls_enabled": broadcast.polls_enabled,
            "max_co_hosts": broadcast.max_co_hosts,
        },
        "artwork_url": f"https://images.amp.example/{broadcast.show_id}/cover.jpg",
        "updated_at": stamp(updated),
        "version": version,
        "internal_notes": pick(rng, vocabulary.INTERNAL_NOTES),
        "contract_terms": pick(rng, vocabulary.CONTRACT_TERMS),
    }


def promotion(promoted: Promotion) -> dict[str, str]:
    """Return a show's promotion."""
    return {
        "promotion_id": promoted.promotion_id,
        "kind": promoted.kind,
        "starts_at": stamp(promoted.starts),
        "ends_at": stamp(promoted.ends),
    }


def _account(
    someone: Creator | Listener, world_begins: int, *, liked: list[str], followed: list[str], is_creator: bool
) -> dict[str, Any]:
    rng = generator(someone.user_id)
    created = _before(rng, world_begins, days=700)
    return {
        "user_id": someone.user_id,
        "display_name": someone.name,
        "email": _email(someone.name, someone.user_id),
        "timezone": someone.zone,
        "language": someone.language,
        "favourite_categories": liked,
        "followed_creators": followed,
        "is_creator": is_creator,
        "created_at": stamp(created),
        "updated_at": stamp(between(rng, created, world_begins)),
    }


def _before(rng: Random, moment: int, *, days: int) -> int:
    """Return a full second, at most so many days before a moment."""
    return (moment - between(rng, 1, days * DAY)) // SECOND * SECOND


def _email(name: str, unique: str) -> str:
    plain = name.split()[0].encode("ascii", "ignore").decode().lower()
    return f"{plain}.{unique.rpartition('_')[2]}@mail.example"
