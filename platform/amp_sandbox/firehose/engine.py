"""The Firehose engine: a `Pipeline` in a thread of its own for each delivery stream, kept in step with the store.

The API only writes to the store. `FirehoseService` looks at it ten times a second: a stream that is ACTIVE gets a
pipeline; one whose settings changed gets a new one, after the writes under way are done; one that is DELETING has
its pipeline drained and is then removed.

**Left out:** waiting for ever on a stream that is deleted while its bucket is gone: after `DRAIN_SECONDS` it is removed
with a line in the log that counts the records given up. AWS makes no promise for a stream that is being deleted.
"""

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from amp_sandbox.firehose import config, store
from amp_sandbox.firehose.clients import Clients
from amp_sandbox.firehose.kinesis_source import KinesisSource
from amp_sandbox.firehose.pipeline import Pipeline
from amp_sandbox.firehose.sources import DirectSource, Source
from amp_sandbox.firehose.workers import Workers
from amp_sandbox.standins.engine import Engine

log = logging.getLogger(__name__)

TICK_SECONDS = 0.02
SUPERVISE_SECONDS = 0.1
DRAIN_SECONDS = 60.0

_THREADS = 12
_CLOSE_SECONDS = 5.0


class StreamEngine:
    """One delivery stream's pipeline and its threads. Only its own thread touches the pipeline's state."""

    def __init__(
        self,
        stream: store.Stream,
        *,
        clients: Clients,
        connect: Callable[[], sqlite3.Connection],
        region: str,
        clock: Callable[[], float],
    ) -> None:
        self.stream = stream
        self._clients, self._connect, self._region, self._clock = clients, connect, region, clock
        self._workers = Workers(f"firehose-{stream.name}-call", _THREADS)
        self._thread = Engine(f"firehose-{stream.name}", self._tick, TICK_SECONDS)
        self._pipeline: Pipeline | None = None
        self._draining = self._closing = self._closed = False
        self._facts: dict[str, Any] = {}
        self.drained = False
        """Whether everything accepted is delivered, after `drain`."""

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def drain(self) -> None:
        """Deliver what is held, and then nothing more; see `drained`."""
        self._draining = True

    def close(self) -> None:
        """Begin nothing new; see `closed`."""
        self._closing = True

    def closed(self) -> bool:
        """Whether no write to S3 is under way any more, after `close`."""
        return self._closed or not self._thread.is_alive()

    def stop(self) -> None:
        """End the threads. Without `close` before, an object on its way is asked for at the next start."""
        self._thread.stop()
        self._workers.close()

    def facts(self) -> dict[str, Any]:
        """What is on its way, as of the latest tick; the thread's own error comes before the pipeline's."""
        idle = {"buffered_records": 0, "buffered_bytes": 0, "last_delivery": None, "last_error": None}
        facts = idle | self._facts
        return facts | {
            "alive": self._thread.is_alive(),
            "last_error": self._thread.last_error or facts["last_error"],
        }

    def _tick(self) -> None:
        if self._pipeline is None:
            self._closed = self._closing
            self._pipeline = self._build()
        self._pipeline.draining, self._pipeline.closing = self._draining, self._closing
        self._pipeline.tick()
        self._facts = self._pipeline.facts()
        self.drained = self._pipeline.drained
        self._closed = self._pipeline.closing and self._pipeline.closed()

    def _build(self) -> Pipeline:
        db = self._connect()
        settings = config.parse_create(self.stream.definition)
        source: Source = (
            DirectSource(db, self.stream.id)
            if settings.source_stream is None
            else KinesisSource(db, self.stream.id, settings.source_stream, self._clients.kinesis, self._workers)
        )
        return Pipeline(
            self.stream,
            settings,
            db=db,
            source=source,
            clients=self._clients,
            runner=self._workers,
            region=self._region,
            clock=self._clock,
        )


class FirehoseService:
    """Delivers every delivery stream of a store.

    `start` and `stop` bound its life; `stop` lets writes to S3 finish for a few seconds and leaves the rest to the
    next start. It has the shape of `standins.engine.Engine` (`name`, `start`, `stop`, `is_alive`, `last_error`), so the
    server can hold it as one.

    `health()` answers {"healthy": bool, "streams": {name: `facts`}}; a stream whose thread died makes it unhealthy, an
    error of delivery does not (it is retried, and shown).

    `facts(name)` answers, for a stream that is being delivered: `buffered_records` and `buffered_bytes` (read and
    not in S3 yet), `last_delivery` (epoch seconds or None), `last_error` (or None), `alive`. None for a stream that
    is not.
    """

    name = "firehose-deliveries"

    def __init__(self, clients: Clients, db_path: Path, *, region: str, clock: Callable[[], float] = time.time) -> None:
        self._clients, self._region, self._clock = clients, region, clock
        self._connect: Callable[[], sqlite3.Connection] = lambda: store.connect(db_path)
        self._db: sqlite3.Connection | None = None
        self._engines: dict[int, StreamEngine] = {}
        self._thread = Engine(self.name, self._tick, SUPERVISE_SECONDS)

    @property
    def last_error(self) -> str | None:
        """What the latest look at the store failed with, or None."""
        return self._thread.last_error

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def is_alive(self) -> bool:
        """Whether the service runs."""
        return self._thread.is_alive()

    def stop(self, timeout: float = 10) -> None:
        """Finish the writes under way, as far as that takes no longer than a few seconds, and end all threads."""
        self._thread.stop(timeout)
        engines = list(self._engines.values())
        for engine in engines:
            engine.close()
        deadline = time.monotonic() + min(timeout, _CLOSE_SECONDS)
        while not all(engine.closed() for engine in engines) and time.monotonic() < deadline:
            time.sleep(TICK_SECONDS)
        for engine in engines:
            engine.stop()
        self._engines = {}

    def health(self) -> dict[str, Any]:
        """Whether all threads live, and the facts of every stream."""
        streams = {engine.stream.name: engine.facts() for engine in list(self._engines.values())}
        healthy = self.is_alive() and all(facts["alive"] for facts in streams.values())
        return {"healthy": healthy, "streams": streams}

    def facts(self, name: str) -> dict[str, Any] | None:
        """What is on its way for a stream."""
        engine = next((one for one in list(self._engines.values()) if one.stream.name == name), None)
        return None if engine is None else engine.facts()

    def _tick(self) -> None:
        """Bring the pipelines in line with the store."""
        if self._db is None:
            self._db = self._connect()
        streams = _delivered(self._db)
        for engine in list(self._engines.values()):
            self._keep(engine, streams.get(engine.stream.id))
        for stream in _delivered(self._db).values():  # without those that were just removed
            if stream.id not in self._engines:
                engine = StreamEngine(
                    stream,
                    clients=self._clients,
                    connect=self._connect,
                    region=self._region,
                    clock=self._clock,
                )
                self._engines[stream.id] = engine
                engine.start()

    def _keep(self, engine: StreamEngine, stream: store.Stream | None) -> None:
        """Let an engine go on, drain it, or end it."""
        given_up = False
        if stream is not None and stream.status == "DELETING":
            engine.drain()
            given_up = self._clock() - stream.status_at > DRAIN_SECONDS
        if stream is None or stream.version != engine.stream.version or engine.drained or given_up:
            engine.close()
        if not engine.closed():
            return
        engine.stop()
        del self._engines[engine.stream.id]
        if stream is None or not (engine.drained or given_up):
            return
        if not engine.drained:
            held = engine.facts()["buffered_records"]
            log.error("%s is deleted with %d records not delivered", stream.name, held)
        assert self._db is not None
        store.delete_stream(self._db, stream.id)


def _delivered(db: sqlite3.Connection) -> dict[int, store.Stream]:
    return {stream.id: stream for stream in store.list_streams(db) if stream.status in ("ACTIVE", "DELETING")}
