"""Draws, ids, times and configurations: what everything else is built of."""

from collections import Counter
from datetime import UTC, date, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amp_seed.config import WorldConfig, preset
from amp_seed.draws import between, generator, pick, ranked, weighted
from amp_seed.ids import numbered_id, uuid4
from amp_seed.times import local_hour, local_moment, midnight, moment_of, stamp

seeds = st.integers(min_value=0, max_value=2**64)


@given(seeds)
def test_a_generator_follows_from_its_purpose_alone(seed):
    assert generator(seed, "a").random() == generator(seed, "a").random()
    assert generator(seed, "a").random() != generator(seed, "b").random()


def test_a_generator_is_the_same_on_every_machine():
    """Written down once: Python promises that random() stays what it is for a seed."""
    assert generator(7, "listener", 17).random() == 0.22157520934679475


@given(seeds, st.integers(-50, 50), st.integers(0, 50))
def test_between_includes_both_ends_and_nothing_else(seed, low, width):
    drawn = {between(Random(seed + n), low, low + width) for n in range(20)}
    assert min(drawn) >= low
    assert max(drawn) <= low + width


def test_pick_reaches_every_value():
    rng = Random(1)
    assert {pick(rng, "abc") for _ in range(100)} == set("abc")


def test_weighted_values_come_up_as_often_as_their_weights_say():
    rng, coin = Random(1), weighted({"a": 1, "b": 3, "c": 0})
    drawn = Counter(coin.pick(rng) for _ in range(20_000))
    assert drawn["b"] / drawn["a"] == pytest.approx(3, rel=0.1)
    assert drawn["c"] == 0


def test_ranked_values_follow_zipfs_law():
    """The n-th is drawn 1/n times as often as the first."""
    rng, names = Random(1), ranked(range(1, 101))
    drawn = Counter(names.pick(rng) for _ in range(100_000))
    for rank in (2, 3, 5, 10):
        assert drawn[rank] / drawn[1] == pytest.approx(1 / rank, rel=0.1)


@given(seeds, st.integers(1, 5))
def test_pick_among_draws_from_the_first_values_only(seed, count):
    assert ranked("abcde").pick_among(Random(seed), count) in "abcde"[:count]


@given(seeds, st.sets(st.integers(-(2**47), 2**47 - 1), min_size=2, max_size=50))
def test_numbered_ids_never_collide(seed, indexes):
    assert len({numbered_id("show", index, seed) for index in indexes}) == len(indexes)


def test_numbered_ids_of_different_kinds_have_nothing_in_common():
    assert numbered_id("show", 7, 1).removeprefix("show_") != numbered_id("user", 7, 1).removeprefix("user_")


@given(seeds)
def test_uuids_are_version_4(seed):
    # https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-4
    value = uuid4(Random(seed))
    assert [len(part) for part in value.split("-")] == [8, 4, 4, 4, 12]
    assert value[14] == "4"
    assert value[19] in "89ab"


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2099, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_stamp_writes_what_the_standard_library_writes(when):
    assert stamp(moment_of(when)) == when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_local_times_know_summer_time():
    # New York: UTC-5 until 8 March 2026, UTC-4 from then on.
    assert stamp(local_moment(date(2026, 3, 7), 19, 0, "America/New_York")) == "2026-03-08T00:00:00.000Z"
    assert stamp(local_moment(date(2026, 3, 8), 19, 0, "America/New_York")) == "2026-03-08T23:00:00.000Z"
    assert local_hour(midnight(date(2026, 3, 8)) // 3_600_000, "America/New_York") == 19


@pytest.mark.parametrize("name", ["days", "creators", "shows", "listeners"])
def test_a_world_has_at_least_one_of_everything(name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, not 0"):
        WorldConfig(seed=1, start=date(2026, 1, 1), **{name: 0})


def test_a_world_has_no_more_shows_than_its_creators_can_host():
    with pytest.raises(ValueError, match="2 creators cannot host 43 shows in 7 days"):
        WorldConfig(seed=1, start=date(2026, 1, 1), creators=2, shows=43)


def test_presets_grow_with_the_days():
    week = preset("small", seed=1, start=date(2026, 1, 1))
    assert (week.creators, week.shows, week.listeners, week.days) == (40, 120, 2_000, 7)
    assert preset("small", seed=1, start=date(2026, 1, 1), days=28).shows == 480
