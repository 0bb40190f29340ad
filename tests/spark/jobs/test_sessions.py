import pytest
from support.raw_events import typed_event

import sessions

DAY = "2026-11-20T"
VISIT = [
    typed_event(
        "session_started", 1, f"{DAY}10:00:00.900Z", launch="cold", network="wifi", language="de", timezone="Z"
    ),
    typed_event("screen_viewed", 2, f"{DAY}10:00:01.000Z", screen="home"),
    typed_event("promotion_shown", 3, f"{DAY}10:00:02.000Z", variant="treatment"),
    typed_event("promotion_shown", 4, f"{DAY}10:00:02.000Z", variant="holdout"),
    typed_event("screen_viewed", 5, f"{DAY}10:00:03.000Z", screen="show"),
    typed_event("playback_started", 6, f"{DAY}10:00:10.000Z", playback_id="p1", is_live=True),
    typed_event("like_sent", 7, f"{DAY}10:00:20.000Z", likes=3),
    typed_event("playback_heartbeat", 8, f"{DAY}10:01:10.000Z", playback_id="p1", is_live=True, position_seconds=60),
    typed_event("playback_stopped", 9, f"{DAY}10:01:40.000Z", playback_id="p1", is_live=True, listened_seconds=90),
    # The app died: there is no stop, and the last heartbeat counts.
    typed_event("playback_started", 10, f"{DAY}10:02:00.000Z", playback_id="p2", show_id="show_b", is_live=False),
    typed_event(
        *("playback_heartbeat", 11, f"{DAY}10:03:00.000Z"),
        playback_id="p2",
        show_id="show_b",
        is_live=False,
        position_seconds=60,
    ),
    typed_event("session_ended", 12, f"{DAY}10:04:00.100Z", reason="closed"),
]


def rows(tables):
    return {row["session_id"]: row.asDict() for row in sessions.sessions(tables).collect()}


def test_a_session_is_put_together_from_its_events(event_tables):
    row = rows(event_tables(VISIT))["sess_a"]
    times = [str(row.pop(name)) for name in ("started_at", "ended_at")]
    assert times == ["2026-11-20 10:00:00.900000", "2026-11-20 10:04:00.100000"]
    assert row == {
        "session_id": "sess_a",
        "user_id": "user_a",
        "device_platform": "x",
        "device_os_version": "x",
        "device_app_version": "x",
        "launch": "cold",
        "network": "wifi",
        "language": "de",
        "timezone": "Z",
        "end_reason": "closed",
        "first_screen": "home",
        "events": 12,
        "screens_viewed": 2,
        "buttons_clicked": 0,
        "searches": 0,
        "plays": 2,
        "chat_messages": 0,
        "poll_votes": 0,
        "call_ins": 0,
        "follows": 0,
        "promotion_clicks": 0,
        "likes": 3,
        "promotions_shown": 1,
        "is_anonymous": False,
        "is_complete": True,
        "duration_seconds": 239,  # 10:00:00.9 to 10:04:00.1 is 239.2 seconds
        "dt": "2026-11-20",
        "listened_seconds": 150,
        "live_listened_seconds": 90,
        "shows_played": 2,
    }


def test_an_unfinished_session_and_one_across_midnight_are_of_the_day_they_began(event_tables):
    events = [
        typed_event("screen_viewed", 1, f"{DAY}23:00:00.000Z", session_id="sess_b", user_id="anon_b"),
        typed_event("session_started", 2, f"{DAY}23:59:00.000Z"),
        typed_event("session_ended", 3, "2026-11-21T00:10:00.000Z"),
        typed_event("notification_show", 4, f"{DAY}12:00:00.000Z", session_id=None),
    ]
    found = rows(event_tables(events))
    names = ("dt", "is_complete", "is_anonymous", "duration_seconds", "launch")
    assert {one: tuple(row[name] for name in names) for one, row in found.items()} == {
        "sess_a": ("2026-11-20", True, False, 660, "x"),
        "sess_b": ("2026-11-20", False, True, 0, None),
    }


def test_the_job_says_that_events_must_be_run_first(lake):
    with pytest.raises(SystemExit, match=r"_reports/events/dt=2026-11-20\.json does not exist; run the job events for"):
        lake.run("sessions")
