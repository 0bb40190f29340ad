"""Drawings of numbers, as SVG that needs no script: positions across in per cent, so that they fit any width.

A plot is computed here into marks, and one template writes the marks of all plots. Every mark has its value as its
title; the same values are in the table beside it. Series differ by shape as well as by colour. A value that is missing
leaves a gap.

**Left out:** zooming and hiding series: the range of days does the one, the CSV file the other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

LEFT, RIGHT = 7.0, 98.0
HEIGHT, TOP, BOTTOM = 230.0, 26.0, 196.0
ROW = 46.0
MOST_DOTS = 70
MOST_LETTERS, FEW_LETTERS = 40, 20
"""How much of a label there is room for on a phone, beside a number and beside an interval."""


@dataclass(frozen=True)
class Line:
    """A line between two points."""

    x1: float
    y1: float
    x2: float
    y2: float
    style: str


@dataclass(frozen=True)
class Dot:
    """A point, and what it says."""

    x: float
    y: float
    style: str
    title: str


@dataclass(frozen=True)
class Bar:
    """A bar across, and what it says."""

    x: float
    y: float
    width: float
    style: str
    title: str


@dataclass(frozen=True)
class Text:
    """Words, which begin, have their middle, or end at a point."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    style: str = ""


@dataclass(frozen=True)
class Drawing:
    """A plot as marks. `summary` says in words what is drawn; `legend` has the style and the name of each series."""

    name: str
    title: str
    summary: str
    height: float
    lines: Sequence[Line] = ()
    bars: Sequence[Bar] = ()
    dots: Sequence[Dot] = ()
    texts: Sequence[Text] = ()
    legend: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Series:
    """A name, and a value for each label; None where there is none."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Interval:
    """An estimate and its limits; all None where nothing can be said."""

    label: str
    middle: float | None
    low: float | None
    high: float | None


def over_time(
    name: str, title: str, labels: Sequence[str], series: Sequence[Series], unit: str = "", percent: bool = False
) -> Drawing:
    """A line for each series, from left to right."""
    known = [value for one in series for value in one.values if value is not None]
    step = nice_step(max(known, default=0.0))
    top = step * max(1, math.ceil(max(known, default=0.0) / step))
    lines, texts, dots = [], [], []
    for number in range(round(top / step) + 1):
        y = _height(number * step, top)
        lines.append(Line(0, y, 100, y, "grid"))
        texts.append(Text(0, y - 4, said(number * step, percent), style="tick"))
    xs = [_across(place, len(labels)) for place in range(len(labels))]
    texts += [
        Text(xs[place], BOTTOM + 20, labels[place], anchor, "tick") for place, anchor in _ends(len(labels)).items()
    ]
    for number, one in enumerate(series, 1):
        points = [None if value is None else (x, _height(value, top)) for x, value in zip(xs, one.values, strict=True)]
        lines += [Line(*a, *b, f"s{number}") for a, b in pairwise(points) if a and b]
        alone = {place for place, point in enumerate(points) if point and not _beside(points, place)}
        dots += [
            Dot(*point, f"s{number}", f"{labels[place]}, {one.name}: {said(one.values[place], percent)} {unit}".strip())
            for place, point in enumerate(points)
            if point and (len(labels) <= MOST_DOTS or place in alone)
        ]
    return Drawing(name, title, _summary(labels, series, percent), HEIGHT, lines, (), dots, texts, _legend(series))


def across(
    name: str, title: str, labels: Sequence[str], series: Sequence[Series], unit: str = "", percent: bool = False
) -> Drawing:
    """Bars from the left, a row for each label; its values are written at the right."""
    most = max((value for one in series for value in one.values if value is not None), default=0.0) or 1.0
    row = ROW + 11 * (len(series) - 1)
    bars, texts = [], []
    for place, label in enumerate(labels):
        y = place * row
        values = [one.values[place] for one in series]
        texts.append(Text(0, y + 17, shortened(label)))
        texts.append(Text(100, y + 17, " / ".join(said(value, percent) for value in values), "end", "value"))
        for number, (one, value) in enumerate(zip(series, values, strict=True)):
            if value is not None:
                told = f"{label}, {one.name}: {said(value, percent)} {unit}".strip()
                bars.append(Bar(0, y + 25 + 11 * number, 100 * value / most, f"s{number + 1}", told))
    summary = _summary(labels, series, percent)
    return Drawing(name, title, summary, max(row * len(labels), 1), (), bars, (), texts, _legend(series))


def intervals(name: str, title: str, rows: Sequence[Interval], unit: str) -> Drawing:
    """A point and its limits in each row, against a line at zero."""
    known = [value for row in rows for value in (row.low, row.high, 0.0) if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    width = (high - low) or 1.0

    def x(value: float) -> float:
        return 2 + 96 * (value - low) / width

    bottom = ROW * len(rows)
    lines = [Line(x(0), 0, x(0), bottom, "zero")]
    dots, texts = [], [Text(x(0), bottom + 16, "0", "middle", "tick")]
    for place, row in enumerate(rows):
        y = place * ROW + 31
        texts.append(Text(0, y - 14, shortened(row.label, FEW_LETTERS)))
        told = "too little is known"
        if row.middle is not None and row.low is not None and row.high is not None:
            told = f"{row.middle:+.1f} ({row.low:+.1f} to {row.high:+.1f})".replace("-", "−")  # noqa: RUF001
            lines += [
                Line(x(row.low), y, x(row.high), y, "s1"),
                Line(x(row.low), y - 5, x(row.low), y + 5, "s1"),
                Line(x(row.high), y - 5, x(row.high), y + 5, "s1"),
            ]
            dots.append(Dot(x(row.middle), y, "s1", f"{row.label}: {told} {unit}"))
        texts.append(Text(100, y - 14, told, "end", "value"))
    summary = f"An estimate with its limits for each of {len(rows)}, in {unit}."
    return Drawing(name, title, summary, bottom + 24, lines, (), dots, texts)


def nice_step(most: float) -> float:
    """How far grid lines are apart, so that about three fit below a value: 1, 2 or 5 times a power of ten."""
    if most < 1e-6:
        return 1.0
    rough = most / 3
    power = 10 ** math.floor(math.log10(rough))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= rough * 0.999))


def said(value: float | None, percent: bool = False) -> str:
    """A value on a plot."""
    if value is None:
        return "–"  # noqa: RUF001 - an en dash is what is meant
    if percent:
        return f"{100 * value:.0f} %" if abs(100 * value - round(100 * value)) < 0.05 else f"{100 * value:.1f} %"
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.1f}"


def shortened(label: str, most: int = MOST_LETTERS) -> str:
    """The beginning of a label."""
    return label if len(label) <= most else f"{label[: most - 1].rstrip()}…"


def _height(value: float, top: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * value / top, 2)


def _across(place: int, count: int) -> float:
    return round(LEFT + (RIGHT - LEFT) * (place / (count - 1) if count > 1 else 0.5), 3)


def _ends(count: int) -> dict[int, str]:
    """The places whose labels are written, as a phone has room for: the ends, and the middle if there is one."""
    if count > 6 or count in (3, 5):
        return {0: "start", count // 2: "middle", count - 1: "end"}
    return {0: "start", count - 1: "end"} if count > 1 else dict.fromkeys(range(count), "middle")


def _beside(points: Sequence[object], place: int) -> bool:
    """Whether a point has a neighbour, and so a line."""
    return any(0 <= other < len(points) and points[other] is not None for other in (place - 1, place + 1))


def _legend(series: Sequence[Series]) -> list[tuple[str, str]]:
    return [(f"s{number}", one.name) for number, one in enumerate(series, 1)] if len(series) > 1 else []


def _summary(labels: Sequence[str], series: Sequence[Series], percent: bool) -> str:
    parts = []
    for one in series:
        known = [value for value in one.values if value is not None]
        missing = len(one.values) - len(known)
        between = f"from {said(min(known), percent)} to {said(max(known), percent)}" if known else "nothing is known"
        parts.append(f"{one.name}: {between}" + (f", {missing} missing" if missing and known else ""))
    return f"{len(labels)} values. " + "; ".join(parts) + "."
