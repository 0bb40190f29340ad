"""The manifest: its counts are those that anyone would find in the rows."""

import json
from collections import Counter
from datetime import date

import pytest

from amp_seed import AppEvent, Manifest, World, app_events, catalog_changes, preset
from amp_seed.sessions import BASE_PLAY_RATE
from amp_seed.world import PROMOTION_LIFT


def manifest_of(world: World, rows: list[AppEvent]) -> Manifest:
    manifest = Manifest(world)
    for row in rows:
        manifest.add_event(row)
    return manifest


def test_events_are_counted_by_id(small, rows):
    facts = manifest_of(small, rows).facts()["app_events"]
    events = {row.event["event_id"]: row.event for row in rows}
    assert facts["rows"] == len(rows)
    assert facts["distinct"] == len(events)
    assert facts["duplicates"] == len(rows) - len(events)
    assert facts["late"] == len({row.event["event_id"] for row in rows if row.is_late})
    assert facts["by_type"] == Counter(event["event_type"] for event in events.values())


def test_changes_are_counted_by_type(small):
    manifest = Manifest(small)
    changes = list(catalog_changes(small, 300))
    for change in changes:
        manifest.add_change(change)
    facts = manifest.facts()["catalog_changes"]
    assert facts == {"rows": 300, "by_type": Counter(change.message["change_type"] for change in changes)}


def test_the_facts_are_json_and_name_the_world(small):
    facts = json.loads(json.dumps(Manifest(small).facts()))
    assert facts["world"] == {
        "seed": 7, "start": "2026-03-02", "days": 7, "creators": 40, "shows": 120, "listeners": 2_000,
    }  # fmt: skip
    assert facts["promotions"]["kinds"]["featured"]["lift_told"] is None


def plays_by_variant(world: World, rows: list[AppEvent]) -> dict[str, Counter[tuple[str, bool]]]:
    """What an analyst computes from the events alone: for each kind, who came across it and whether they played."""
    kinds = {show.show_id: show.promotion.kind for show in world.schedule if show.promotion}
    events = [row.event for row in rows if not row.is_duplicate]
    played = {
        (event["session_id"], event["properties"]["show_id"])
        for event in events
        if event["event_type"] == "playback_started"
    }
    found: dict[str, Counter[tuple[str, bool]]] = {kind: Counter() for kind in PROMOTION_LIFT}
    for event in events:
        if event["event_type"] == "promotion_shown":
            show_id, variant = event["properties"]["show_id"], event["properties"]["variant"]
            found[kinds[show_id]][variant, (event["session_id"], show_id) in played] += 1
    return found


def test_promotions_lift_engagement_by_the_factor_named():
    """Measured from the events alone; the tolerance is about three standard errors of so many sessions."""
    world = World(preset("medium", seed=11, start=date(2026, 3, 2)))
    rows = list(app_events(world, 300_000))
    told = manifest_of(world, rows).facts()["promotions"]["kinds"]
    for kind, counts in plays_by_variant(world, rows).items():
        rates = {}
        for variant in ("treatment", "holdout"):
            sessions = counts[variant, True] + counts[variant, False]
            rates[variant] = counts[variant, True] / sessions
            assert sessions == told[kind][variant]["sessions"]
            # At the stream's end a promotion may have come that is late in the other list, or a play cut off.
            assert counts[variant, True] == pytest.approx(told[kind][variant]["played"], abs=60)
        assert rates["holdout"] == pytest.approx(BASE_PLAY_RATE, rel=0.2)
        assert rates["treatment"] / rates["holdout"] == pytest.approx(PROMOTION_LIFT[kind], rel=0.25)
        assert told[kind]["lift_told"] == pytest.approx(PROMOTION_LIFT[kind], rel=0.25)
        assert told[kind]["lift_planned"] == PROMOTION_LIFT[kind]
