from support.raw_events import typed_event

import show_engagement

DAY = "2026-11-20T"
MEASURES = ("listeners", "plays", "live_plays", "listened_seconds", "live_listened_seconds")


def activity(utc, tables, creators=()):
    shows = utc.createDataFrame(list(creators), "show_id string, creator_id string")
    return show_engagement.activity(tables, shows)


def table(rows, *names):
    return sorted(tuple(row[name] for name in names) for row in rows.collect())


def test_a_playback_is_divided_among_the_hours_it_spans(utc, event_tables):
    live = {"playback_id": "p1", "is_live": True}
    events = [
        typed_event("playback_started", 1, f"{DAY}22:59:50.500Z", **live),
        typed_event("playback_stopped", 2, "2026-11-21T00:00:10.500Z", **live, listened_seconds=3620),
        # Ends with the hour, and so is of that hour only.
        typed_event("playback_stopped", 3, f"{DAY}23:00:00.000Z", playback_id="p2", is_live=False, listened_seconds=60),
    ]
    happened = activity(utc, event_tables(events))
    rows = show_engagement.hourly(happened).selectExpr("*", "date_format(hour, 'dd HH') AS at")
    assert table(rows, "at", *MEASURES) == [
        ("20 22", 1, 1, 1, 69, 9),
        ("20 23", 1, 0, 0, 3600, 3600),
        ("21 00", 1, 0, 0, 11, 11),
    ]
    assert table(show_engagement.daily(happened), "dt", *MEASURES) == [
        ("2026-11-20", 1, 1, 1, 3669, 3609),
        ("2026-11-21", 1, 0, 0, 11, 11),
    ]


def test_what_listeners_do_is_counted_once_per_show_and_day(utc, event_tables):
    at = f"{DAY}10:00:00.000Z"
    follow = {"followed_kind": "creator", "followed_id": "creator_a"}
    events = [
        typed_event("playback_started", 1, at, playback_id="p1"),
        typed_event("playback_started", 2, at, playback_id="p2", user_id="user_b", session_id="sess_b"),
        typed_event("playback_started", 3, f"{DAY}11:00:00.000Z", playback_id="p3"),
        typed_event("listener_count", 4, at, listener_count=7, peak_listener_count=9),
        typed_event("listener_count", 5, at, listener_count=5, peak_listener_count=9),
        typed_event("like_sent", 6, at, likes=3),
        typed_event("like_sent", 7, at, likes=4),
        typed_event("chat_message", 8, at),
        typed_event("chat_message", 9, f"{DAY}11:00:00.000Z"),
        typed_event("call_in_requested", 10, at),
        typed_event("poll_voted", 11, at),
        typed_event("co_host_joined", 12, at),
        typed_event("promotion_shown", 13, at, variant="treatment"),
        typed_event("promotion_shown", 14, at, variant="holdout"),
        typed_event("promotion_clicked", 15, at),
        typed_event("screen_viewed", 16, at),
        typed_event("screen_viewed", 17, at, show_id=None),
        typed_event("follow_created", 18, at, **follow),
        typed_event("follow_created", 19, at, **follow, session_id="sess_c"),  # did not play the show
    ]
    happened = activity(utc, event_tables(events), [("show_a", "creator_a")])
    [row] = show_engagement.daily(happened).collect()
    assert row.asDict() == {
        "show_id": "show_a",
        "dt": "2026-11-20",
        "listeners": 2,
        "peak_listeners": 7,
        "chatters": 1,
        "plays": 3,
        "live_plays": 3,
        "listened_seconds": 0,
        "live_listened_seconds": 0,
        "likes": 7,
        "chat_messages": 2,
        "call_ins": 1,
        "poll_votes": 1,
        "co_hosts_joined": 1,
        "follows": 1,
        "promotions_shown": 1,
        "promotions_held_back": 1,
        "promotion_clicks": 1,
        "page_views": 1,
    }
    assert table(show_engagement.hourly(happened), "listeners", "plays", "chatters", "likes") == [
        (1, 1, 1, 0),
        (2, 2, 1, 7),
    ]
