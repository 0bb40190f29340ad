"""What a row of the benchmarks returns."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured value. `goal` is what it should reach, as text."""

    name: str
    value: float
    unit: str
    goal: str = ""
