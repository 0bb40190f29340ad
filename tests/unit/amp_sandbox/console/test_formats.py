from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amp_sandbox.console import formats

AT = datetime(2026, 3, 2, 14, 5, 9, 123_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (formats.number(12_345), "12,345"),
        (formats.rate(0), "0/s"),
        (formats.rate(0.42), "0.4/s"),
        (formats.rate(5_120.4), "5,120/s"),
        (formats.size(999), "999 B"),
        (formats.size(4_210_000), "4.2 MB"),
        (formats.size(230_000), "230 kB"),
        (formats.duration(0.04), "40 ms"),
        (formats.duration(3.21), "3.2 s"),
        (formats.duration(59.9), "60 s"),
        (formats.duration(250), "4 min 10 s"),
        (formats.duration(7_500), "2 h 05 min"),
        (formats.duration(300_000), "3 days"),
        (formats.ago(1_000, now=1_001), "just now"),
        (formats.ago(1_000, now=1_012), "12 s ago"),
        (formats.ago(1_000, now=1_200), "3 min ago"),
        (formats.ago(1_000, now=900), "just now"),  # a clock that was set back
        (formats.clock(AT), "2026-03-02 14:05:09.123"),
        (formats.iso(AT.timestamp()), "2026-03-02T14:05:09.123+00:00"),
        (formats.plural(1, "record"), "1 record"),
        (formats.plural(2_000, "record"), "2,000 records"),
        (formats.plural(2, "query", "queries"), "2 queries"),
        (formats.pretty(b'{"a":1}'), '{\n  "a": 1\n}'),
        (formats.pretty(b"\xff"), "\ufffd"),
        (formats.oneline('{\n  "a": 1\n}'), '{ "a": 1 }'),
    ],
)
def test_how_values_are_written(written: str, expected: str) -> None:
    assert written == expected


@pytest.mark.parametrize(
    "write", [formats.number, formats.rate, formats.size, formats.duration, formats.ago, formats.clock]
)
def test_what_is_not_known_is_never_zero(write: object) -> None:
    assert write(None) == formats.NONE  # type: ignore[operator]


@given(st.one_of(st.binary(), st.text(), st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists)))
def test_anything_can_be_shown(value: object) -> None:
    assert isinstance(formats.pretty(value), str)


def test_json_that_is_too_deep_stays_as_it_is() -> None:
    deep = "[" * 200_000
    assert formats.pretty(deep) == deep
