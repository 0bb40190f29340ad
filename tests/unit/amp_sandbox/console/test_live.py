"""One collection for all viewers, and none when nobody looks."""

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

import urllib3
from support.waiting import eventually

from amp_sandbox.console import live as module
from amp_sandbox.console.collect import Collector, Facts
from amp_sandbox.console.live import Live, Snapshot
from amp_sandbox.console.platform_state import Platform
from amp_sandbox.settings import Settings

HERE = Platform(True)


def make(*collectors: Collector, platform: Platform = HERE) -> Live:
    return Live(Settings(), collectors, lambda _settings: platform)


def facts(headline: str) -> Facts:
    return Facts("ready", headline, "things")


async def first(live: Live) -> Snapshot:
    async for snapshot in live.watch():
        return snapshot
    raise AssertionError("the stream ended")


def test_nothing_is_asked_until_somebody_watches_and_nothing_after(console: Any) -> None:
    before = console.numbers.asked
    watching = urllib3.request("GET", console.settings.console_url + "/events", preload_content=False)
    try:
        eventually(lambda: console.numbers.asked, lambda asked: asked >= before + 2, timeout=20, what="two looks")
    finally:
        watching.close()
    eventually(lambda: console.live.viewers, lambda viewers: viewers == 0, timeout=20, what="the viewer to be missed")
    asked = console.numbers.asked
    for _ in range(5):
        console.get("/health")
    assert console.numbers.asked <= asked + 1  # a look may have been under way


def test_two_viewers_share_one_look() -> None:
    asked: list[int] = []

    def collect() -> Mapping[str, Facts]:
        asked.append(1)
        return {"a": facts(str(len(asked)))}

    live = make(Collector(("a",), 60, collect))

    async def watch() -> list[Snapshot]:
        return await asyncio.gather(first(live), first(live))

    seen = asyncio.run(watch())
    assert [snapshot.hops["a"].headline for snapshot in seen] == ["1", "1"]
    assert live.viewers == 0


def test_a_collector_that_fails_makes_its_hops_unknown_and_no_others() -> None:
    def fail() -> Mapping[str, Facts]:
        raise RuntimeError("no such stream\nwith more")

    live = make(Collector(("a",), 1, fail), Collector(("b",), 1, lambda: {"b": facts("5")}))
    snapshot = asyncio.run(live.now())
    assert (snapshot.hops["a"].state, snapshot.hops["a"].note) == ("unknown", "no such stream")
    assert snapshot.hops["b"] == facts("5")


def test_nobody_waits_for_a_collector_that_hangs(monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.05)
    go_on = threading.Event()

    def hang() -> Mapping[str, Facts]:
        go_on.wait(20)
        return {"a": facts("late")}

    live = make(Collector(("a",), 1, hang), Collector(("b",), 1, lambda: {"b": facts("5")}))

    async def look_twice() -> tuple[Snapshot, Snapshot]:
        before = await live.now()
        go_on.set()
        monkeypatch.setattr(module, "FRESH_SECONDS", 0)
        monkeypatch.setattr(module, "PATIENCE_SECONDS", 20)
        return before, await live.now()

    before, after = asyncio.run(look_twice())
    assert (before.hops["a"].state, before.hops["b"].headline) == ("unknown", "5")
    assert after.hops["a"].headline == "late"


def test_without_a_sandbox_nothing_is_asked_and_every_hop_is_unknown() -> None:
    def never() -> Mapping[str, Facts]:
        raise AssertionError("asked")

    live = make(Collector(("a", "b"), 1, never), platform=Platform(False, "It is gone.", "sandbox up"))
    snapshot = asyncio.run(live.now())
    assert snapshot.platform.problem == "It is gone."
    assert {name: one.state for name, one in snapshot.hops.items()} == {"a": "unknown", "b": "unknown"}


def test_a_collector_is_asked_no_more_often_than_its_answer_is_good_for(monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "FRESH_SECONDS", -1)
    now, asked = [100.0], []

    def collect() -> Mapping[str, Facts]:
        asked.append(now[0])
        return {"a": facts("1")}

    live = Live(Settings(), [Collector(("a",), 5, collect)], lambda _settings: HERE, clock=lambda: now[0])

    async def look() -> None:
        for at in (100.0, 101.0, 104.0, 105.0, 109.0, 110.0):
            now[0] = at
            await live.now()

    asyncio.run(look())
    assert asked == [100.0, 105.0, 110.0]
