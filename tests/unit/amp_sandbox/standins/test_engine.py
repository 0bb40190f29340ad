import logging
import threading

import pytest
from support.waiting import eventually

from amp_sandbox.standins.engine import Engine


def test_it_ticks_until_it_is_stopped() -> None:
    ticks: list[str] = []
    engine = Engine("counter", lambda: ticks.append(threading.current_thread().name), 0.001)
    engine.start()
    eventually(lambda: len(ticks), lambda count: count >= 3, timeout=5)
    engine.stop()
    assert not engine.is_alive()
    assert set(ticks) == {"counter"}


def test_a_failed_tick_is_kept_and_logged_once_and_the_next_one_runs(caplog: pytest.LogCaptureFixture) -> None:
    state = {"ticks": 0, "broken": True}

    def tick() -> None:
        state["ticks"] += 1
        if state["broken"]:
            raise OSError("no disk")

    engine = Engine("breaker", tick, 0.001)
    with caplog.at_level(logging.ERROR):
        engine.start()
        eventually(lambda: state["ticks"], lambda count: count >= 3, timeout=5)
        assert engine.last_error == "OSError: no disk"
        state["broken"] = False
        eventually(lambda: engine.last_error, lambda error: error is None, timeout=5)
        engine.stop()
    assert [record.getMessage() for record in caplog.records] == ["breaker: tick failed"]
    assert caplog.records[0].exc_info is not None


def test_stop_tells_of_a_tick_that_hangs() -> None:
    release, ticking = threading.Event(), threading.Event()

    def tick() -> None:
        ticking.set()
        release.wait(10)

    engine = Engine("stuck", tick, 0.001)
    engine.start()
    assert ticking.wait(5)
    with pytest.raises(RuntimeError, match="stuck still running"):
        engine.stop(timeout=0.01)
    release.set()
    engine.stop()
