"""A column of a raw row: its name, its type, and whether every row must have it.

Without Spark, so that others can use the lists of columns too.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["string", "int", "bigint", "boolean", "timestamp", "strings"]


@dataclass(frozen=True)
class Column:
    """A column of a raw row and of the table made of it."""

    name: str
    kind: Kind = "string"
    required: bool = True


def optional(name: str, kind: Kind = "string") -> Column:
    """A column that may be null."""
    return Column(name, kind, required=False)
