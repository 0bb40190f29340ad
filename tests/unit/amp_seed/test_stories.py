"""What the events tell: sessions that hang together, and habits that an analyst would find again."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amp_seed import AppEvent, World, app_events, preset

Event = dict[str, Any]
START = date(2026, 3, 2)


def originals(rows: list[AppEvent]) -> list[Event]:
    """Each event once, in the order in which they happened."""
    return sorted((row.event for row in rows if not row.is_duplicate), key=lambda event: event["event_time"])


def seconds_between(first: Event, second: Event) -> float:
    return (at(second) - at(first)).total_seconds()


def at(event: Event) -> datetime:
    return datetime.fromisoformat(event["event_time"])


@pytest.fixture(scope="module")
def events(rows) -> list[Event]:
    return originals(rows)


@pytest.fixture(scope="module")
def sessions(events) -> list[list[Event]]:
    """The sessions that are told to their end; of those that the stream cuts off a late event may be missing, too."""
    by_id = defaultdict(list)
    for event in events:
        if event["session_id"]:
            by_id[event["session_id"]].append(event)
    last = events[-1]["event_time"][:10]
    return [told for told in by_id.values() if told[0]["event_time"][:10] < last]


@given(st.integers(0, 2**32))
@settings(max_examples=10, deadline=None)
def test_everything_that_events_refer_to_exists(seed):
    world = World(preset("small", seed=seed, start=START))
    known = {
        "show_id": {show["show_id"] for show in world.shows()},
        "creator_id": {creator["creator_id"] for creator in world.creators()},
        "user_id": {user["user_id"] for user in world.users()},
        "promotion_id": {show["promotion"]["promotion_id"] for show in world.shows() if show["promotion"]},
    }
    known |= {"clicked_show_id": known["show_id"], "friend_id": known["user_id"], "invited_by": known["user_id"]}
    known["followed_id"] = known["creator_id"] | known["user_id"]
    for row in app_events(world, 3_000):
        assert row.event["user_id"] in known["user_id"] or row.event["user_id"].startswith("anon_")
        for name, value in row.event["properties"].items():
            assert name not in known or value is None or value in known[name], (name, value)


def test_a_session_begins_with_its_start_and_ends_with_its_end(sessions):
    assert len(sessions) > 1_000
    for told in sessions:
        types = Counter(event["event_type"] for event in told)
        assert told[0]["event_type"] == "session_started"
        assert told[-1]["event_type"] == "session_ended"
        assert types["session_started"] == types["session_ended"] == 1
        assert told[-1]["properties"]["duration_seconds"] == int(seconds_between(told[0], told[-1]))
        assert told[-1]["properties"]["screens_viewed"] == types["screen_viewed"]
        assert len({(event["user_id"], str(event["device"])) for event in told}) == 1


def test_screens_follow_one_another(sessions):
    for told in sessions:
        screens = [event["properties"] for event in told if event["event_type"] == "screen_viewed"]
        assert screens[0]["previous_screen"] is None
        for before, after in pairwise(screens):
            assert after["previous_screen"] == before["screen"]


def test_a_session_opened_from_a_notification_follows_its_sending(events, sessions):
    sent = {
        event["properties"]["notification_id"]: event for event in events if event["properties"].get("action") == "sent"
    }
    from_notifications = [told for told in sessions if told[0]["properties"]["launch"] == "notification"]
    assert from_notifications
    for told in from_notifications:
        opened = told[1]
        assert opened["properties"]["action"] == "opened"
        before = sent.get(opened["properties"]["notification_id"])
        assert before is None or before["event_time"] < opened["event_time"]  # the sending may be yet to come, late


def playbacks(told: list[Event]) -> Iterator[list[Event]]:
    by_id = defaultdict(list)
    for event in told:
        if event["event_type"].startswith("playback_"):
            by_id[event["properties"]["playback_id"]].append(event)
    yield from by_id.values()


def test_playback_starts_lives_and_stops(small, sessions):
    shows = {show.show_id: show for show in small.schedule}
    for told in sessions:
        for playback in playbacks(told):
            kinds = [event["event_type"].removeprefix("playback_") for event in playback]
            assert kinds == ["started", *["heartbeat"] * (len(kinds) - 2), "stopped"]
            start, stop = playback[0], playback[-1]
            assert stop["properties"]["listened_seconds"] == int(seconds_between(start, stop))
            for number, beat in enumerate(playback[1:-1], start=1):
                assert seconds_between(start, beat) == 60 * number
                assert beat["properties"]["position_seconds"] == 60 * number
            show = shows[start["properties"]["show_id"]]
            begins, ends = show.starts / 1_000, show.ends / 1_000
            if start["properties"]["is_live"]:
                assert begins <= at(start).timestamp() < at(stop).timestamp() <= ends
                assert (at(stop).timestamp() == ends) == (stop["properties"]["reason"] == "show_ended")
            else:
                assert at(start).timestamp() >= ends


def test_what_is_done_in_a_live_show_is_done_while_listening_and_if_it_allows_it(small, sessions):
    shows = {show.show_id: show for show in small.schedule}
    interactions = {"chat_message", "poll_voted", "call_in_requested", "co_host_joined"}
    seen = Counter[str]()
    for told in sessions:
        hours = [(p[0]["properties"]["show_id"], p[0]["event_time"], p[-1]["event_time"]) for p in playbacks(told)]
        for event in told:
            if event["event_type"] in interactions:
                show_id, when = event["properties"]["show_id"], event["event_time"]
                assert any(show_id == playing and start < when < stop for playing, start, stop in hours)
                show = shows[show_id]
                assert show.starts <= at(event).timestamp() * 1_000 < show.ends
                allowed = {"chat_message": show.chat_enabled, "poll_voted": show.polls_enabled}
                assert allowed.get(event["event_type"], True)
                if event["event_type"] == "co_host_joined":
                    assert event["properties"]["co_host_count"] <= show.max_co_hosts
                if event["event_type"] == "poll_voted":
                    assert event["properties"]["option_index"] < event["properties"]["option_count"]
                seen[event["event_type"]] += 1
    assert seen.keys() == interactions


def test_the_listener_count_is_the_number_of_those_who_listen(small, rows):
    """Counted again from playbacks; while late events may be missing at the stream's end, the count may be ahead."""
    hosts = {show.show_id: show.creator.user_id for show in small.schedule}
    ends = {show.show_id: show.ends for show in small.schedule}
    events = originals(rows)
    settled = events[-1]["event_time"][:10]
    listening, peaks, reported = Counter[str](), Counter[str](), Counter[str]()
    for event in events:
        if event["event_time"] >= settled:
            break
        show_id = event["properties"].get("show_id")
        if event["event_type"] in ("playback_started", "playback_stopped") and event["properties"]["is_live"]:
            listening[show_id] += 1 if event["event_type"] == "playback_started" else -1
            peaks[show_id] = max(peaks[show_id], listening[show_id])
        if event["event_type"] == "listener_count":
            assert event["properties"]["listener_count"] == listening[show_id]
            assert event["properties"]["peak_listener_count"] == peaks[show_id]
            assert event["user_id"] == hosts[show_id]
            assert at(event).timestamp() * 1_000 < ends[show_id] + 60_000
            reported[show_id] += 1
    assert max(peaks.values()) >= 5
    assert len(reported) > 50


def test_follows_are_created_and_removed_in_turn(small, events):
    """A creator can be followed only by one who does not follow, and the other way round."""
    creators = [creator.creator_id for creator in small.cast]
    by_user = {listener.user_id: listener for listener in map(small.listener, range(small.config.listeners))}
    follows = {user: {creators[index] for index in listener.follows} for user, listener in by_user.items()}
    removed = 0
    for event in events:
        if not event["event_type"].startswith("follow_") or event["properties"]["followed_kind"] == "user":
            continue
        theirs, creator = follows[event["user_id"]], event["properties"]["followed_id"]
        if event["event_type"] == "follow_created":
            assert creator not in theirs
            theirs.add(creator)
        else:
            theirs.remove(creator)
            removed += 1
    assert removed > 10


def test_plays_go_to_the_popular(small, events):
    """Shows are chosen by the popularity of their creators, which follows Zipf's law."""
    rank = {show.show_id: show.creator.index for show in small.schedule}
    plays = Counter(rank[e["properties"]["show_id"]] for e in events if e["event_type"] == "playback_started")
    top, rest = sum(plays[index] for index in range(4)), sum(plays[index] for index in range(20, 40))
    assert top / 4 > 3 * rest / 20


def test_listeners_prefer_what_they_like(small, events):
    """Compared with what they would play if they chose as everyone together does."""
    category = {show.show_id: show.category for show in small.schedule}
    by_user = {listener.user_id: listener for listener in map(small.listener, range(small.config.listeners))}
    fans = Counter(name for one in by_user.values() for name, liking in one.tastes.items() if liking > 2)
    liked = expected = 0.0
    for event in events:
        if event["event_type"] == "playback_started" and event["user_id"] in by_user:
            played = category[event["properties"]["show_id"]]
            liked += by_user[event["user_id"]].tastes[played] > 2
            expected += fans[played] / len(by_user)
    assert liked > 2 * expected


def test_days_have_a_rhythm_on_the_listeners_own_clocks(events):
    hours = Counter(
        at(event).astimezone(ZoneInfo(event["properties"]["timezone"])).hour
        for event in events
        if event["event_type"] == "session_started"
    )
    night, evening = sum(hours[hour] for hour in (2, 3, 4)), sum(hours[hour] for hour in (19, 20, 21))
    assert evening > 6 * night
    assert hours[12] > 3 * hours[3]


def test_anonymous_visitors_listen_but_do_not_take_part(events):
    types = Counter(event["event_type"] for event in events if event["user_id"].startswith("anon_"))
    assert types["playback_started"] > 20
    assert types.keys() <= {
        "session_started", "session_ended", "screen_viewed", "button_clicked", "search_performed", "promotion_shown",
        "promotion_clicked", "playback_started", "playback_heartbeat", "playback_stopped", "like_sent",
    }  # fmt: skip
