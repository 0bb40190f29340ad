"""Random draws: a generator for each purpose, and the few ways in which the world draws from one."""

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


def generator(*purpose: object) -> Random:
    """Return a random generator of its own for one purpose, such as (seed, "listener", 17)."""
    return Random(":".join(map(str, purpose)))  # noqa: S311 - test data, not secrets


def pick(rng: Random, values: Sequence[T]) -> T:
    """Return one of the values, each as likely as the others."""
    return values[int(rng.random() * len(values))]


def between(rng: Random, low: int, high: int) -> int:
    """Return a whole number from low to high, both included."""
    return low + int(rng.random() * (high - low + 1))


@dataclass(frozen=True, slots=True)
class Weighted(Generic[T]):
    """Values of different likelihood."""

    values: tuple[T, ...]
    cumulative: tuple[float, ...]

    def pick(self, rng: Random) -> T:
        """Return one of the values."""
        return self.pick_among(rng, len(self.values))

    def pick_among(self, rng: Random, count: int) -> T:
        """Return one of the first `count` values."""
        at = bisect(self.cumulative, rng.random() * self.cumulative[count - 1], 0, count - 1)
        return self.values[at]


def weighted(weights: Mapping[T, float]) -> Weighted[T]:
    """Return the keys as values, each as likely as its weight says."""
    return Weighted(tuple(weights), tuple(accumulate(weights.values())))


def ranked(values: Sequence[T]) -> Weighted[T]:
    """Return values whose likelihood follows Zipf's law: the second is drawn half as often as the first, and so on."""
    return Weighted(tuple(values), tuple(accumulate(1 / rank for rank in range(1, len(values) + 1))))
