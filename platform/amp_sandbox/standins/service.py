"""What the app needs to know of a stand-in service, whichever it is."""

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from amp_sandbox.protocol import Context

# Answers GET /_sandbox/<service>/<path>, given the context and the path's and the query's parameters.
View = Callable[[Context, Mapping[str, str]], dict[str, Any]]


class Runs(Protocol):
    """Something that is started once and stopped once: `standins.engine.Engine`, or what has its shape."""

    @property
    def name(self) -> str:
        """What logs and `GET /health` call it."""

    @property
    def last_error(self) -> str | None:
        """What its latest step failed with, or None."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End, and return when it has."""

    def is_alive(self) -> bool:
        """Whether it runs."""


@dataclass(frozen=True)
class Service:
    """One stand-in: its store is open, its engines are made and not yet started.

    `context` makes the context of one request from the request's id; `views` are the sandbox's own pages on
    it, by path below /_sandbox/<name>/. `check` adds to the health: "healthy" and whatever explains it. `threads` is
    how many requests have threads of their own: for a service whose requests may wait long, so that those of the
    others do not wait with them.
    """

    name: str
    context: Callable[[str], Context]
    engines: Sequence[Runs] = ()
    views: Mapping[str, View] = field(default_factory=dict)
    check: Callable[[], dict[str, Any]] = lambda: {"healthy": True}
    threads: int = 0

    def health(self) -> dict[str, Any]:
        """Whether every engine lives, and what each one's latest tick failed with."""
        engines = [
            {"name": engine.name, "alive": engine.is_alive(), "last_error": engine.last_error}
            for engine in self.engines
        ]
        checked = self.check()
        healthy = checked["healthy"] and all(engine["alive"] for engine in engines)
        return checked | {"healthy": healthy, "engines": engines}


def one_per_thread(connect: Callable[[], sqlite3.Connection]) -> Callable[[], sqlite3.Connection]:
    """A function that answers the calling thread's own connection, opened when the thread first asks.

    It is closed when the thread ends.
    """
    threads = threading.local()

    def connection() -> sqlite3.Connection:
        if not hasattr(threads, "connection"):
            threads.connection = connect()
        opened: sqlite3.Connection = threads.connection
        return opened

    return connection
