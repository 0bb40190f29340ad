import pytest

from amp_sandbox.progress import Step, step


def test_a_step_is_told_when_it_starts_and_when_it_is_done_with_its_details() -> None:
    told: list[Step] = []
    with step(told.append, "work") as detail:
        assert [(t.name, t.state) for t in told] == [("work", "started")]
        detail.append("3 things")
        detail.append("1 other")
    assert (told[-1].state, told[-1].detail) == ("done", "3 things, 1 other")
    assert told[-1].seconds > 0


def test_a_step_that_raises_is_told_as_failed_and_the_error_goes_on() -> None:
    told: list[Step] = []
    with pytest.raises(KeyError), step(told.append, "work"):
        raise KeyError
    assert [t.state for t in told] == ["started", "failed"]
