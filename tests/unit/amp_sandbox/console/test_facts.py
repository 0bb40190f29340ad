"""Rates and counts, by hand."""

from pathlib import Path

from amp_sandbox.console.collect import Rates
from amp_sandbox.console.collect.ledger_counts import LedgerCounts
from amp_sandbox.publish import ledger
from amp_sandbox.settings import Settings


def test_a_rate_is_the_growth_a_second_over_the_last_seconds() -> None:
    now = [0.0]
    rates = Rates(clock=lambda: now[0])
    seen = []
    for at, value in ((0, 0), (1, 10), (2, 20), (6, 20), (11, 20)):
        now[0] = at
        seen.append(rates.of("a", value))
    # At 6 the oldest value within the window of 5 s is that of 1; at 11, of 6.
    assert seen == [None, 10.0, 10.0, 2.0, 0.0]


def test_a_counter_that_begins_anew_has_no_rate_until_the_next_value() -> None:
    now = [0.0]
    rates = Rates(clock=lambda: now[0])
    rates.of("a", 100)
    now[0] = 1
    assert rates.of("a", 5) is None
    now[0] = 2
    assert rates.of("a", 8) == 3.0


def test_there_is_no_rate_over_a_pause() -> None:
    now = [0.0]
    rates = Rates(clock=lambda: now[0])
    rates.of("a", 0)
    now[0] = 600
    assert rates.of("a", 6_000) is None


def test_counters_do_not_mix() -> None:
    now = [0.0]
    rates = Rates(clock=lambda: now[0])
    rates.of("a", 0)
    rates.of("b", 50)
    now[0] = 1
    assert (rates.of("a", 1), rates.of("b", 52)) == (1.0, 2.0)


def test_lines_of_the_ledger_are_counted_once_each_as_they_come(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    counts = LedgerCounts(settings)
    assert counts.lines("app-events") == 0
    first, second = (ledger.LedgerFile(ledger.folder(settings, "app-events"), run) for run in ("1", "2"))
    first.write([ledger.Publication(f"a{n}", 1, 2, "0:1") for n in range(3)])
    assert counts.lines("app-events") == 3
    second.write([ledger.Publication("b", 1, None, "")])
    first.write([ledger.Publication("c", 1, 2, "0:2")])
    assert (counts.lines("app-events"), counts.lines("show-catalog")) == (5, 0)
    first.path.write_text("")  # a reset
    assert counts.lines("app-events") == 1
