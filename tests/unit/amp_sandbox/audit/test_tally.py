from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amp_sandbox.audit.tally import Place, StreamAudit, Tally
from amp_sandbox.publish.ledger import LedgerFile, Publication

UNTIL, YOUNG_AFTER = 1_000, 900
PLACES: tuple[Place, ...] = ("landed", "failed", "dead_lettered", "in_flight")


@dataclass(frozen=True)
class Look:
    """What a look at the pipeline finds: publications (id, time of acknowledgement) and copies by place."""

    publications: list[tuple[str, int | None]]
    copies: list[tuple[Place, str]]


def draw_account(folder: Path, looks: list[Look], stream: str = "s") -> StreamAudit:
    tally = Tally(duckdb.connect())
    for number, look in enumerate(looks):
        ledger = LedgerFile(folder, f"run-{number}")
        ledger.write([Publication(record, 0, acked, "here") for record, acked in look.publications])
        ledger.close()
        tally.clear()
        for place in PLACES:
            tally.saw(stream, place, [record for where, record in look.copies if where == place])
        tally.expect(stream, [str(ledger.path)], UNTIL, YOUNG_AFTER)
        [account] = tally.account([stream])
    return account


def modelled_account(look: Look) -> StreamAudit:
    """The same, one copy at a time, without SQL."""
    seen = {place: Counter(record for where, record in look.copies if where == place) for place in PLACES}
    allowed = Counter(record for record, _ in look.publications)
    due = sorted((record, acked) for record, acked in look.publications if acked is not None and acked <= UNTIL)
    result: Counter[str] = Counter()
    unfound: list[tuple[str, int]] = []
    for record, acked in due:
        for place in PLACES:
            if seen[place][record]:
                seen[place][record] -= 1
                result[place] += 1
                break
        else:
            unfound.append((record, acked))
    young = Counter(record for record, acked in due if acked > YOUNG_AFTER)
    for record, _ in unfound:
        if young[record]:
            young[record] -= 1
            result["in_flight"] += 1
        else:
            result["lost"] += 1
    settled = Counter(record for place, record in look.copies if place != "in_flight")
    return StreamAudit(
        stream="s",
        published=len(due),
        landed=result["landed"],
        duplicates=sum(max(0, copies - allowed[record]) for record, copies in settled.items() if allowed[record]),
        in_flight=result["in_flight"],
        dead_lettered=result["dead_lettered"],
        failed=result["failed"],
        lost=result["lost"],
        unrecorded=len({record for _, record in look.copies if not allowed[record]}),
    )


records = st.sampled_from(["a", "b", "c", "d"])
times = st.one_of(st.none(), st.integers(800, 1_100))
some_looks = st.builds(
    Look,
    st.lists(st.tuples(records, times), max_size=12),
    st.lists(st.tuples(st.sampled_from(PLACES), records), max_size=12),
)


@settings(deadline=None, max_examples=60)
@given(look=some_looks)
def test_the_account_is_that_of_a_multiset_counted_by_hand(
    tmp_path_factory: pytest.TempPathFactory, look: Look
) -> None:
    account = draw_account(tmp_path_factory.mktemp("ledger"), [look])
    assert account == modelled_account(look)


@settings(deadline=None, max_examples=25)
@given(looks=st.lists(some_looks, min_size=1, max_size=3))
def test_every_publication_is_counted_exactly_once(tmp_path_factory: pytest.TempPathFactory, looks: list[Look]) -> None:
    account = draw_account(tmp_path_factory.mktemp("ledger"), looks)
    parts = (account.landed, account.in_flight, account.dead_lettered, account.failed, account.lost)
    assert account.published == sum(parts)
    assert min(parts) >= 0


def test_an_event_published_twice_is_expected_twice(tmp_path: Path) -> None:
    account = draw_account(tmp_path, [Look([("a", 1), ("a", 2)], [("landed", "a"), ("landed", "a")])])
    assert account == StreamAudit("s", 2, 2, 0, 0, 0, 0, 0, 0)


def test_a_copy_that_the_pipeline_added_is_a_duplicate_wherever_it_ends(tmp_path: Path) -> None:
    account = draw_account(tmp_path, [Look([("a", 1)], [("landed", "a"), ("dead_lettered", "a"), ("landed", "a")])])
    assert account == StreamAudit("s", 1, 1, 2, 0, 0, 0, 0, 0)


def test_a_copy_of_unknown_fate_is_allowed_and_not_expected(tmp_path: Path) -> None:
    twice = draw_account(tmp_path / "twice", [Look([("a", None), ("a", 1)], [("landed", "a"), ("landed", "a")])])
    once = draw_account(tmp_path / "once", [Look([("a", None), ("a", 1)], [("landed", "a")])])
    assert (twice.published, twice.duplicates) == (1, 0)
    assert (once.published, once.lost) == (1, 0)


def test_what_was_published_during_the_audit_is_neither_due_nor_unrecorded(tmp_path: Path) -> None:
    account = draw_account(tmp_path, [Look([("a", UNTIL + 1)], [("landed", "a")])])
    assert account == StreamAudit("s", 0, 0, 0, 0, 0, 0, 0, 0)


def test_only_what_is_missing_in_every_look_is_lost(tmp_path: Path) -> None:
    published: list[tuple[str, int | None]] = [("a", 1), ("b", 1), ("c", 1)]
    looks = [
        Look(published, [("landed", "a")]),
        Look(published, [("in_flight", "b"), ("landed", "a")]),
        Look(published, [("landed", "a")]),
    ]
    account = draw_account(tmp_path, looks)
    assert (account.landed, account.in_flight, account.lost) == (1, 1, 1)


def test_what_is_missing_only_later_is_not_lost_by_an_old_look(tmp_path: Path) -> None:
    published: list[tuple[str, int | None]] = [("a", 1)]
    found, gone = Look(published, [("in_flight", "a")]), Look(published, [])
    assert draw_account(tmp_path / "1", [found, gone]).lost == 0
    tally = Tally(duckdb.connect())
    ledger = LedgerFile(tmp_path / "2", "run")
    ledger.write([Publication("a", 0, 1, "here")])
    for ids in (["a"], []):
        tally.clear()
        tally.begin()
        tally.saw("s", "in_flight", ids)
        tally.expect("s", [str(ledger.path)], UNTIL, YOUNG_AFTER)
        [account] = tally.account(["s"])
    assert account.lost == 1
    assert tally.lost("s", 5) == ["a"]


def test_stored_objects_are_remembered_until_dropped(tmp_path: Path) -> None:
    tally = Tally(duckdb.connect())
    tally.keep("s", "failed", "s3://b/1", ["a", "a"])
    tally.keep("s", "failed", "s3://b/2", ["b"])
    tally.clear()
    assert tally.stored("s", "failed") == {"s3://b/1", "s3://b/2"}
    tally.drop(["s3://b/1"])
    tally.clear()
    [account] = tally.account(["s"])
    assert account.unrecorded == 1
