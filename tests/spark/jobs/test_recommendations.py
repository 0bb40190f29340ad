from datetime import date

import pytest
from support.raw_events import typed_event

import recommendation_features as job
import recommendations

DAY = "2026-11-20T"
FEATURES = "user_id string, show_id string, plays bigint, follows_creator boolean, strength double"
SHOWS = ", ".join(
    f"{name} string"
    for name in ("show_id", "title", "category", "creator_id", "creator_display_name", "status", "schedule_starts_at")
)


def test_strength_counts_what_listeners_do_and_fades(utc, event_tables):
    old = "2026-11-06T10:00:00.000Z"  # 14 days before: counts half
    heard = {"playback_id": "p1", "listened_seconds": 600}
    events = [
        typed_event("playback_stopped", 1, f"{DAY}10:00:00.000Z", **heard),  # 10 minutes
        typed_event("like_sent", 2, f"{DAY}10:00:00.000Z"),  # 2
        typed_event("chat_message", 3, f"{DAY}10:00:00.000Z"),  # 3
        typed_event("search_performed", 4, f"{DAY}10:00:00.000Z", clicked_show_id="show_b"),  # 1
        typed_event("search_performed", 5, f"{DAY}10:00:00.000Z", clicked_show_id=None),
        typed_event("playback_stopped", 6, old, playback_id="p2", listened_seconds=36_000),  # no more than 240
        typed_event("like_sent", 7, f"{DAY}10:00:00.000Z", user_id="anon_b"),
        typed_event("follow_created", 8, old, user_id="user_c", followed_kind="creator", followed_id="creator_b"),
        typed_event("follow_removed", 9, f"{DAY}10:00:00.000Z", followed_kind="creator", followed_id="creator_a"),
        typed_event("like_sent", 10, f"{DAY}10:00:00.000Z", user_id="user_c", show_id="show_b"),
    ]
    tables = event_tables(events)
    shows = utc.createDataFrame(
        [("show_a", "creator_a", "pop"), ("show_b", "creator_b", "jazz")],
        "show_id string, creator_id string, category string",
    )
    users = utc.createDataFrame([("user_a", ["creator_a"])], "user_id string, followed_creators array<string>")
    followed = job.follows(tables, users)
    assert [tuple(row) for row in followed.collect()] == [("user_c", "creator_b")]  # user_a has unfollowed
    rows = job.features(job.actions(tables), shows, followed, date(2026, 11, 20)).orderBy("user_id", "show_id")
    names = ("user_id", "show_id", "plays", "strength", "follows_creator", "category_share", "days_since_last")
    assert [tuple(row[name] for name in names) for row in rows.collect()] == [
        ("user_a", "show_a", 2, 135.0, False, 0.9926, 0),
        ("user_a", "show_b", 0, 1.0, False, 0.0074, 0),
        ("user_c", "show_b", 0, 4.0, True, 1.0, 0),
    ]


@pytest.fixture(scope="module")
def tastes(utc):
    """Twelve listeners of two tastes, each of whom has played all but one of the five shows of theirs."""
    liked = [
        (f"user_{taste}{n}", f"show_{taste}{m}", 1, False, 60.0)
        for taste in "ab"
        for n in range(6)
        for m in range(5)
        if m != n
    ]
    features = utc.createDataFrame(liked, FEATURES)
    shows = [(f"show_{taste}{m}", "T", taste, "creator_a", "C", "ended", None) for taste in "ab" for m in range(5)]
    shows.append(("show_off", "T", "a", "creator_a", "C", "cancelled", None))
    shows.append(("show_new", "T", "a", "creator_a", "C", "scheduled", None))
    users = utc.createDataFrame([("user_new",), ("user_a0",)], "user_id string")
    return features, utc.createDataFrame(shows, SHOWS), users


def recommend(features, shows, users):
    found = recommendations.learnt(features, shows)
    popular = recommendations.popular(features, shows)
    rows = recommendations.recommended(found, popular, features, shows, users, "2026-11-20")
    return sorted(tuple(row) for row in rows.collect())


@pytest.fixture(scope="module")
def rows(tastes):
    return recommend(*tastes)


def test_listeners_get_what_those_of_their_taste_like_and_nothing_they_have_played(tastes, rows):
    mine = [row for row in rows if row[0] == "user_a0"]
    assert mine[0][:3] == ("user_a0", 1, "show_a0")
    assert mine[0][4] == "als"
    played = {(row.user_id, row.show_id) for row in tastes[0].collect()}
    assert played.isdisjoint((row[0], row[2]) for row in rows)
    assert "show_off" not in {row[2] for row in rows}
    # Of eleven shows on offer four are played; what nobody has played comes last, by popularity.
    assert [row[1] for row in mine] == list(range(1, 8))
    assert [row[2:5] for row in mine][-1] == ("show_new", 0.0, "popularity")


def test_a_listener_of_whom_nothing_is_known_gets_what_is_popular(rows):
    new = [row for row in rows if row[0] == "user_new"]
    assert {row[4] for row in new} == {"popularity"}
    # Each show "0" to "4" is liked by five of the six of its taste; of equals the id decides.
    assert [row[2] for row in new] == [f"show_{taste}{m}" for taste in "ab" for m in range(5)]


def test_recommendations_are_the_same_whatever_the_order_of_the_features(tastes, rows):
    features, shows, users = tastes
    assert recommend(features.repartition(3, "show_id"), shows, users) == rows


def test_without_features_everybody_gets_what_there_is(tastes):
    features, shows, users = tastes
    rows = recommend(features.limit(0), shows, users)
    assert {row[0] for row in rows} == {"user_new", "user_a0"}
    assert {row[3:5] for row in rows} == {(0.0, "popularity")}
