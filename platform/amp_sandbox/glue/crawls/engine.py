"""The threads of crawls: one runs what StartCrawler and schedules have asked for, one after the other; one looks at the
schedules.

The API only writes to the store. A crawl that the process did not live to end is FAILED when the store is opened again.
"""

import logging
import sqlite3
import threading
import uuid
from collections.abc import Callable
from typing import Any

from amp_sandbox.glue import store
from amp_sandbox.glue.crawls.run import INTERRUPTED, InterruptedCrawlError, StoppedError, run_crawl
from amp_sandbox.glue.schedules import is_due
from amp_sandbox.standins.engine import Engine

log = logging.getLogger(__name__)

TICK_SECONDS = 0.1
SCHEDULE_SECONDS = 1.0


def recover(db: sqlite3.Connection, at: float) -> None:
    """End the crawls that an earlier process left without an end, and say so."""
    for crawl in store.list_unended(db):
        log.warning("crawl %s was interrupted", crawl.id)
        store.end_crawl(db, crawl, store.FAILED, at=at, error=INTERRUPTED, summary={})


class CrawlEngine:
    """Runs crawls between `start` and `stop`; `stop` ends the one under way as FAILED.

    It has the shape of `standins.engine.Engine` (`name`, `start`, `stop`, `is_alive`, `last_error`).
    """

    name = "glue-crawls"

    def __init__(
        self, connection: Callable[[], sqlite3.Connection], client: Callable[[str], Any], now: Callable[[], float]
    ) -> None:
        self._connection, self._client, self._now = connection, client, now
        self._thread = Engine(self.name, self.tick, TICK_SECONDS)
        self._ending = threading.Event()

    @property
    def last_error(self) -> str | None:
        """What the latest tick failed with, or None; a crawl that fails is no failure of the engine."""
        return self._thread.last_error

    def start(self) -> None:
        """Begin to run crawls."""
        self._thread.start()

    def is_alive(self) -> bool:
        """Whether crawls are run."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End the crawl under way, and the thread."""
        self._ending.set()
        self._thread.stop()

    def tick(self) -> None:
        """Run all crawls that wait."""
        while not self._ending.is_set():
            waiting = store.next_crawl(self._connection())
            if waiting is None:
                return
            crawler, crawl = waiting

            def require_going(name: str = crawler.name) -> None:
                if self._ending.is_set():
                    raise InterruptedCrawlError
                current = store.get_crawler(self._connection(), name)
                if current is None or current.state == store.STOPPING:
                    raise StoppedError

            run_crawl(
                crawler,
                crawl,
                connection=self._connection,
                client=self._client,
                now=self._now,
                require_going=require_going,
            )


class Schedules:
    """Starts the crawlers whose schedules say so; `tick` is for an Engine to call."""

    def __init__(self, connection: Callable[[], sqlite3.Connection], now: Callable[[], float]) -> None:
        self._connection, self._now = connection, now
        self._looked_at = now()

    def tick(self) -> None:
        """Start what was due since the last look; a crawler that still runs is not started again."""
        after, self._looked_at = self._looked_at, self._now()
        db = self._connection()
        for crawler in store.list_crawlers(db):
            if crawler.schedule_state == store.SCHEDULED and is_due(
                crawler.definition["Schedule"], after, self._looked_at
            ):
                started = store.start_crawl(db, crawler.id, str(uuid.uuid4()), at=self._looked_at)
                log.info("schedule of crawler %s: %s", crawler.name, "started" if started else "it still runs")
