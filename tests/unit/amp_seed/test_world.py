"""The world: its people, its schedule, and the documents about them."""

import json
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from amp_seed import World, WorldConfig, preset
from amp_seed.draws import generator
from amp_seed.times import DAY, HOUR, MINUTE
from amp_seed.vocabulary import CATEGORIES
from amp_seed.world import PROMOTED_SHARE, PROMOTION_LIFT

START = date(2026, 3, 2)

configs = st.builds(
    WorldConfig,
    seed=st.integers(0, 2**32),
    start=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    days=st.integers(1, 30),
    creators=st.integers(10, 60),
    shows=st.integers(1, 30),
    listeners=st.integers(1, 60),
)


def everything(world: World) -> bytes:
    kinds = (world.creators(), world.shows(), world.users())
    return json.dumps([list(rows) for rows in kinds]).encode()


@given(configs)
@settings(max_examples=25, deadline=None)
def test_equal_configurations_make_equal_worlds(config):
    assert everything(World(config)) == everything(World(config))


@given(configs)
@settings(max_examples=25, deadline=None)
def test_a_world_has_as_many_of_each_as_configured_with_ids_of_their_own(config):
    world = World(config)
    creators = [row["creator_id"] for row in world.creators()]
    shows = [row["show_id"] for row in world.shows()]
    users = [row["user_id"] for row in world.users()]
    assert len(set(creators)) == len(creators) == config.creators
    assert len(set(shows)) == len(shows) == config.shows
    assert len(set(users)) == len(users) == config.creators + config.listeners


@given(configs)
@settings(max_examples=25, deadline=None)
def test_documents_refer_to_what_exists(config):
    world = World(config)
    creators = {row["creator_id"]: row for row in world.creators()}
    users = {row["user_id"]: row for row in world.users()}
    for creator in creators.values():
        assert users[creator["user_id"]]["is_creator"]
    for user in users.values():
        assert creators.keys() >= set(user["followed_creators"])
        assert set(user["favourite_categories"]) <= set(CATEGORIES)
    for show in world.shows():
        host = creators[show["creator"]["creator_id"]]
        assert show["creator"] == {name: host[name] for name in ("creator_id", "display_name", "verified", "email")}
    for index in range(config.listeners):
        assert users.keys() >= set(world.listener(index).friends) - {world.listener(index).user_id}
        assert world.listener(index).user_id not in world.listener(index).friends


def test_another_seed_makes_another_world(small):
    other = World(preset("small", seed=8, start=START))
    assert not {show["show_id"] for show in small.shows()} & {show["show_id"] for show in other.shows()}


def test_a_show_has_the_whole_catalogue_document(small):
    """The shape of the catalogue API, internal fields included: the pipeline is what has to leave them out."""
    for show in small.shows():
        assert list(show) == [
            "show_id", "title", "description", "status", "creator", "category", "tags", "language", "schedule",
            "promotion", "settings", "artwork_url", "updated_at", "version", "internal_notes", "contract_terms",
        ]  # fmt: skip
        assert list(show["creator"]) == ["creator_id", "display_name", "verified", "email"]
        assert list(show["schedule"]) == ["starts_at", "ends_at", "timezone", "recurrence"]
        assert list(show["settings"]) == ["chat_enabled", "polls_enabled", "max_co_hosts"]
        assert show["promotion"] is None or list(show["promotion"]) == ["promotion_id", "kind", "starts_at", "ends_at"]
        assert show["internal_notes"]
        assert show["contract_terms"]
        assert show["creator"]["email"].endswith(".example")


def test_a_shows_status_is_that_of_the_end_of_the_last_day(small):
    now = "2026-03-09T00:00:00.000Z"
    statuses = Counter()
    for show in small.shows():
        schedule = show["schedule"]
        expected = "ended" if schedule["ends_at"] <= now else "live" if schedule["starts_at"] <= now else "scheduled"
        assert show["status"] == expected
        assert show["updated_at"] <= now
        statuses[expected] += 1
    assert statuses["ended"] > 50
    assert statuses["scheduled"] > 10


def test_nobody_hosts_two_shows_at_once(small):
    by_host: dict[int, list[tuple[int, int]]] = {}
    for show in small.schedule:
        by_host.setdefault(show.creator.index, []).append((show.starts, show.ends))
    for hours in by_host.values():
        assert all(first[1] <= second[0] for first, second in pairwise(sorted(hours)))


def test_a_weekly_show_keeps_its_hour_on_the_hosts_wall_when_summer_time_begins():
    """8 March 2026 is the Sunday on which clocks in the United States go forward."""
    world = World(WorldConfig(seed=3, start=date(2026, 3, 2), days=14, creators=40, shows=200))
    series: dict[tuple[str, str], list[datetime]] = {}
    for show in world.schedule:
        if show.recurrence == "weekly" and show.creator.zone == "America/New_York":
            local = datetime.fromtimestamp(show.starts / 1_000, ZoneInfo(show.creator.zone))
            series.setdefault((show.creator.creator_id, show.title), []).append(local)
    repeated = [times for times in series.values() if len(times) > 1]
    assert repeated
    for times in repeated:
        for first, second in pairwise(times):
            # Differences between times of one zone are those of the wall clock.
            assert (second - first) % timedelta(days=7) == timedelta(0)
    assert any(times[0].utcoffset() != times[-1].utcoffset() for times in repeated)


def test_on_air_is_what_the_schedule_says(small):
    for at in range(small.begins, small.ends, 7 * MINUTE):
        expected = [show for show in small.schedule if show.starts <= at < show.ends]
        assert sorted(small.on_air(at), key=lambda show: show.index) == expected


def test_only_shows_that_have_ended_are_recordings(small):
    rng = generator("test")
    assert small.recording(rng, small.begins - DAY) is None
    for at in range(small.begins, small.ends, 5 * HOUR):
        shows = [small.recording(rng, at) for _ in range(20)]
        assert all(show and show.ends <= at for show in shows)


def test_promoted_shows_are_promoted_from_their_beginning_for_two_days_after_their_end(small):
    for at in range(small.begins, small.ends, 5 * HOUR):
        for show in small.promoted(at):
            assert show.promotion
            assert show.promotion.starts == show.starts <= at < show.promotion.ends == show.ends + 2 * DAY


def test_some_shows_are_promoted_in_every_way():
    world = World(preset("medium", seed=1, start=START))
    kinds = Counter(show.promotion.kind for show in world.schedule if show.promotion)
    assert kinds.keys() == PROMOTION_LIFT.keys()
    assert 0.8 < kinds.total() / len(world.schedule) / PROMOTED_SHARE < 1.2


def test_follows_go_to_the_popular_and_to_favourite_categories(small):
    by_rank = Counter[int]()
    liked = followed = 0
    for index in range(small.config.listeners):
        listener = small.listener(index)
        by_rank.update(listener.follows)
        favourites = sorted(listener.tastes, key=lambda category: -listener.tastes[category])[:3]
        liked += sum(small.cast[creator].category in favourites for creator in listener.follows)
        followed += len(listener.follows)
    top, middle, rest = (sum(by_rank[rank] for rank in ranks) for ranks in (range(4), range(4, 12), range(12, 40)))
    assert top / 4 > 2 * middle / 8
    assert middle / 8 > 1.5 * rest / 28
    # Three of twelve categories are favourites; without tastes they would have a quarter of the follows.
    assert liked / followed > 0.5
