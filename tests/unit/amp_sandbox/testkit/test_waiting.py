import itertools

import pytest

from amp_sandbox.testkit.waiting import eventually


def test_it_answers_what_was_accepted() -> None:
    numbers = itertools.count()
    assert eventually(lambda: next(numbers), lambda seen: seen == 3, timeout=5, pause=0) == 3


def test_a_failure_tells_what_was_awaited_and_seen_last_and_where_to_look() -> None:
    with pytest.raises(AssertionError) as failure:
        eventually(lambda: [1], lambda seen: False, timeout=0, what="two of them", hints=lambda: "look there")
    assert str(failure.value) == "waited 0 s for two of them; last saw [1]\nlook there"


def test_hints_are_not_asked_for_while_it_may_still_come() -> None:
    asked: list[int] = []
    eventually(lambda: True, bool, timeout=5, hints=lambda: asked.append(1) or "")  # type: ignore[func-returns-value]
    assert asked == []


def test_what_was_seen_is_cut_when_nobody_could_read_it() -> None:
    with pytest.raises(AssertionError) as failure:
        eventually(lambda: "x" * 100_000, lambda seen: False, timeout=0)
    assert len(str(failure.value)) < 2_100
    assert "(100,002 characters)" in str(failure.value)


def test_there_is_always_one_look() -> None:
    assert eventually(lambda: "there", bool, timeout=0) == "there"
