"""What the world is made of, as values. Moments are milliseconds since 1970."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Creator:
    """Someone who makes shows; `index` is the rank in popularity, from 0."""

    index: int
    creator_id: str
    user_id: str
    name: str
    verified: bool
    category: str
    zone: str
    language: str
    popularity: float


@dataclass(frozen=True, slots=True)
class Promotion:
    """A show's promotion; its kind says how much it lifts engagement."""

    promotion_id: str
    kind: str
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Show:
    """One broadcast."""

    index: int
    show_id: str
    creator: Creator
    title: str
    category: str
    starts: int
    ends: int
    recurrence: str
    chat_enabled: bool
    polls_enabled: bool
    max_co_hosts: int
    promotion: Promotion | None


@dataclass(frozen=True, slots=True)
class Listener:
    """Someone who listens: `tastes` says how much each category is liked, `follows` names creators by index."""

    index: int
    user_id: str
    anonymous_id: str
    name: str
    zone: str
    language: str
    tastes: dict[str, float]
    follows: tuple[int, ...]
    friends: tuple[str, ...]
    device: dict[str, str]
