"""The one collection of numbers that all viewers share, and that goes on only while there are any.

Each viewer of the map holds an event stream open. While one is open, every collector is called as often as it is worth
it, all at once and in threads, and what changed goes to all viewers. When the last one leaves, it ends. A page that is
loaded gets what was found last, or a look made for it when that is too old. Nobody waits long for a collector: its
hops keep their numbers until it has answered, or are unknown when that takes too long.

**Left out:** history. Rates are of the last seconds; whoever wants to look back has the audit and the logs.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from amp_sandbox.console.collect import Collector, Facts, collectors
from amp_sandbox.console.platform_state import Platform, platform_state
from amp_sandbox.settings import Settings

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
FRESH_SECONDS = 2.0
PATIENCE_SECONDS = 1.0
SLOW_SECONDS = 15.0
_EARLY_SECONDS = 0.05
# More than there are collectors: one that waits for a busy machine must not hold up the others.
_THREADS = 12


@dataclass(frozen=True)
class Snapshot:
    """What is known at a moment: of the sandbox, and of each hop."""

    platform: Platform
    hops: Mapping[str, Facts]


@dataclass
class _Due:
    """A collector, what it found last, and its call under way."""

    collector: Collector
    at: float = float("-inf")
    found: Mapping[str, Facts] = field(default_factory=dict)
    call: "asyncio.Future[Mapping[str, Facts]] | None" = None


class Live:
    """Started and stopped by its viewers. All methods are for the event loop's thread."""

    def __init__(
        self,
        settings: Settings,
        made: Sequence[Collector] | None = None,
        platform: Callable[[Settings], Platform] = platform_state,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._platform, self._clock = settings, platform, clock
        self._due = [_Due(collector) for collector in (collectors(settings) if made is None else made)]
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="collect")
        self._latest: Snapshot | None = None
        self._latest_at = float("-inf")
        self._task: asyncio.Task[None] | None = None
        self._viewers: set[asyncio.Queue[Snapshot]] = set()
        self._looking = asyncio.Lock()

    @property
    def viewers(self) -> int:
        """How many watch just now."""
        return len(self._viewers)

    async def now(self) -> Snapshot:
        """What is known, not older than `FRESH_SECONDS`."""
        if self._latest is None or self._clock() - self._latest_at > FRESH_SECONDS:
            return await self._look()
        return self._latest

    async def watch(self) -> AsyncIterator[Snapshot]:
        """What is known now, and again whenever it was looked at, until the caller leaves."""
        seen: asyncio.Queue[Snapshot] = asyncio.Queue(maxsize=1)
        self._viewers.add(seen)
        try:
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._go_on())
            while True:
                yield await seen.get()
        finally:
            self._viewers.discard(seen)
            if not self._viewers and self._task is not None:
                self._task.cancel()
                self._task = None

    async def stop(self) -> None:
        """End the collection, whoever watches."""
        if self._task is not None:
            self._task.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _go_on(self) -> None:
        while True:
            began = self._clock()
            try:
                self._tell(await self._look())
            except Exception:  # a bug of ours is no reason to leave the viewers with old numbers for ever
                log.exception("the numbers could not be collected")
            await asyncio.sleep(max(0.1, TICK_SECONDS - (self._clock() - began)))

    def _tell(self, snapshot: Snapshot) -> None:
        for seen in self._viewers:
            # Who is slow gets the latest only.
            if seen.full():
                seen.get_nowait()
            seen.put_nowait(snapshot)

    async def _look(self) -> Snapshot:
        async with self._looking:
            loop = asyncio.get_running_loop()
            platform = await loop.run_in_executor(self._pool, self._platform, self._settings)
            if platform.answers:
                await self._ask()
                hops = {name: facts for one in self._due for name, facts in self._facts(one).items()}
            else:
                hops = {name: _unknown("") for one in self._due for name in one.collector.hops}
            self._latest, self._latest_at = Snapshot(platform, hops), self._clock()
            return self._latest

    async def _ask(self) -> None:
        """Call every collector that is due, and wait for a moment; who takes longer is heard the next time."""
        now = self._clock()
        for one in self._due:
            if one.call is None and now - one.at >= one.collector.every - _EARLY_SECONDS:
                one.at = now
                one.call = asyncio.get_running_loop().run_in_executor(self._pool, _collect, one.collector)
        calls = [one.call for one in self._due if one.call is not None]
        if calls:
            await asyncio.wait(calls, timeout=PATIENCE_SECONDS)
        for one in self._due:
            if one.call is not None and one.call.done():
                one.found, one.call = one.call.result(), None

    def _facts(self, one: _Due) -> Mapping[str, Facts]:
        """What a collector found last; nothing is known when it has not answered for long."""
        if one.found and (one.call is None or self._clock() - one.at < one.collector.every + SLOW_SECONDS):
            return one.found
        reason = "" if self._clock() - one.at < SLOW_SECONDS else "It has not answered for a while."
        return {name: _unknown(reason) for name in one.collector.hops}


def _collect(collector: Collector) -> Mapping[str, Facts]:
    """Call a collector; what fails makes its hops unknown, and no others."""
    try:
        return collector.collect()
    except Exception as error:
        log.debug("%s: %s: %s", collector.hops, type(error).__name__, error)
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return {name: _unknown(reason) for name in collector.hops}


def _unknown(reason: str) -> Facts:
    return Facts("unknown", "–", "", note=reason)  # noqa: RUF001 - an en dash is what is meant
