import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amp_sandbox.console.reports.plots import (
    BOTTOM,
    MOST_DOTS,
    TOP,
    Interval,
    Series,
    across,
    intervals,
    nice_step,
    over_time,
)

values = st.lists(st.none() | st.floats(0, 1e12), max_size=100)


def test_a_line_goes_from_value_to_value_in_proportion() -> None:
    drawing = over_time("n", "T", ["a", "b", "c"], [Series("S", [0, 50, 100])])
    assert [(dot.x, dot.y) for dot in drawing.dots] == [(7.0, BOTTOM), (52.5, (BOTTOM + TOP) / 2), (98.0, TOP)]
    assert [text.text for text in drawing.texts] == ["0", "50", "100", "a", "b", "c"]
    assert [dot.title for dot in drawing.dots] == ["a, S: 0", "b, S: 50", "c, S: 100"]


def test_a_missing_value_leaves_a_gap_and_a_lone_one_is_a_dot() -> None:
    labels = [str(n) for n in range(MOST_DOTS + 30)]
    few: list[float | None] = [1.0, 2.0, None, 3.0, None, *[None] * (MOST_DOTS + 25)]
    drawing = over_time("n", "T", labels, [Series("S", few)])
    assert len([line for line in drawing.lines if line.style == "s1"]) == 1
    assert [dot.title for dot in drawing.dots] == ["3, S: 3"]  # of so many values others have lines only


@given(st.lists(values, min_size=1, max_size=3), st.booleans())
def test_a_line_plot_stays_within_its_bounds(columns: list[list[float | None]], percent: bool) -> None:
    count = max(len(one) for one in columns)
    series = [Series(f"s{n}", [*one, *[None] * (count - len(one))]) for n, one in enumerate(columns)]
    drawing = over_time("n", "T", [str(n) for n in range(count)], series, percent=percent)
    for line in drawing.lines:
        assert 0 <= line.x1 <= 100
        assert 0 <= line.x2 <= 100
        assert TOP - 0.01 <= min(line.y1, line.y2) <= max(line.y1, line.y2) <= BOTTOM + 0.01
    assert all(0 <= dot.x <= 100 and TOP - 0.01 <= dot.y <= BOTTOM + 0.01 for dot in drawing.dots)
    assert 2 <= len([line for line in drawing.lines if line.style == "grid"]) <= 6


@given(st.lists(st.none() | st.floats(0, 1e12), max_size=20))
def test_bars_are_no_longer_than_the_plot_and_none_stands_for_what_is_missing(found: list[float | None]) -> None:
    drawing = across("n", "T", [f"label {n}" for n in range(len(found))], [Series("S", found)])
    assert all(0 <= bar.width <= 100.0001 for bar in drawing.bars)
    assert len(drawing.bars) == len([value for value in found if value is not None])
    assert drawing.height >= 1


def test_bars_of_two_series_are_beside_each_other_and_named() -> None:
    drawing = across("n", "T", ["one"], [Series("Now", [4]), Series("Before", [2])])
    assert [(bar.width, bar.style) for bar in drawing.bars] == [(100, "s1"), (50, "s2")]
    assert drawing.bars[1].y > drawing.bars[0].y
    assert drawing.legend == [("s1", "Now"), ("s2", "Before")]


def test_a_long_label_is_shortened() -> None:
    [label, _] = across("n", "T", ["x" * 200], [Series("S", [1])]).texts
    assert label.text == "x" * 39 + "…"


def test_intervals_are_drawn_against_zero() -> None:
    drawing = intervals("n", "T", [Interval("a", 5, -5, 15), Interval("b", None, None, None)], "points")
    [zero, line, *_] = drawing.lines
    assert (zero.style, zero.x1) == ("zero", pytest.approx(26))
    assert (line.x1, line.x2) == (pytest.approx(2), pytest.approx(98))
    assert [dot.x for dot in drawing.dots] == [pytest.approx(50)]
    assert [text.text for text in drawing.texts][1:] == [
        "a",
        "+5.0 (−5.0 to +15.0)",  # noqa: RUF001
        "b",
        "too little is known",
    ]


@given(st.floats(1e-9, 1e15))
def test_steps_are_round_and_few(most: float) -> None:
    step = nice_step(most)
    assert 1 <= math.ceil(most / step) <= 4
    assert round(step / 10 ** math.floor(math.log10(step) + 1e-9), 6) in (1, 2, 5, 10)
