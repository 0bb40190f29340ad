"""The fixed samples, which are also the proof that a world is the same everywhere."""

import json
from pathlib import Path

from amp_seed.samples import samples, write
from event_contracts import EVENT_TYPES, validate

FOLDER = Path(__file__).parents[3] / "seed_data" / "samples"


def test_the_samples_are_what_the_generator_makes_on_this_machine():
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.ndjson")} == dict(samples())


def test_write_writes_them(tmp_path):
    write(tmp_path)
    assert (tmp_path / "app_events.ndjson").read_bytes() == (FOLDER / "app_events.ndjson").read_bytes()


def test_there_is_an_event_of_every_type():
    events = [json.loads(line) for line in (FOLDER / "app_events.ndjson").read_text().splitlines()]
    assert [event["event_type"] for event in events] == list(EVENT_TYPES)
    for event in events:
        validate(event)
