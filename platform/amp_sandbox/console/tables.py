"""The tables that pages show: values, how each is to be read, and what to do when there are none.

Cells are values and never HTML; the template decides how a kind of cell looks, and escapes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from amp_sandbox.console import formats

Kind = Literal["text", "id", "number", "time", "state", "body", "bad"]


@dataclass(frozen=True)
class Cell:
    """A value as it is shown. `state` is the state that a cell of the kind `state` is marked with."""

    value: str
    kind: Kind = "text"
    href: str = ""
    state: str = ""


@dataclass(frozen=True)
class Table:
    """A titled table. `empty` is what is said instead of no rows, and `command` what may be typed then."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    empty: str
    command: str = ""
    note: str = ""


def in_address(value: str) -> str:
    """A value as a part of an address."""
    return quote(value, safe="", errors="replace")


def text(value: Any) -> Cell:
    """Words."""
    return Cell(formats.NONE if value is None or value == "" else str(value))


def identifier(value: Any, href: str = "") -> Cell:
    """A name made by a machine."""
    return Cell(formats.NONE if value is None else str(value), "id", href)


def record(record_id: str) -> Cell:
    """A record's id, which leads to its trace."""
    return Cell(record_id, "id", f"/trace?id={in_address(record_id)}")


def count(value: float | None) -> Cell:
    """A number of things."""
    return Cell(formats.number(value), "number")


def size(value: float | None) -> Cell:
    """A number of bytes."""
    return Cell(formats.size(value), "number")


def seconds(value: float | None) -> Cell:
    """A length of time."""
    return Cell(formats.duration(value), "number")


def moment(at: float | datetime | None) -> Cell:
    """A moment in UTC."""
    return Cell(formats.clock(at), "time")


def body(value: Any) -> Cell:
    """What a record holds: its beginning, and all of it when it is opened."""
    return Cell(formats.pretty(value), "body")


def mark(word: str, state: str) -> Cell:
    """A state in a word, with its mark."""
    return Cell(word, "state", state=state)


def problem(value: str) -> Cell:
    """What went wrong."""
    return Cell(value or formats.NONE, "bad" if value else "text")
