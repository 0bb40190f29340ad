"""Input that is wrong on purpose: one named sample of each kind of flaw, for tests and to show where failures end up.

Nothing here is part of a generated stream. A flawed event is a sound one of the world with one thing wrong, so that it
is that thing which is found; `why` says what it is.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from amp_seed.changes import catalog_changes
from amp_seed.draws import generator
from amp_seed.ids import numbered_id, uuid4
from amp_seed.stream import app_events
from amp_seed.world import World

_KINESIS_RECORD = 1 << 20  # https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
_FIREHOSE_RECORD = 1_000 * 1_024  # https://docs.aws.amazon.com/firehose/latest/dev/limits.html
_SNS_MESSAGE = 256 * 1_024  # https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
_SEARCHED_FOR_SOUND_ONES = 20_000

Alter = Callable[[dict[str, Any]], object]


@dataclass(frozen=True, slots=True)
class Flaw:
    """One bad input: the bytes to send, with the key they would be sent under."""

    name: str
    why: str
    key: str
    data: bytes


def bad_events(world: World) -> Iterator[Flaw]:
    """Yield app events that must not reach the lake; the key is the partition key."""
    key = world.listener(0).user_id
    yield Flaw("not_json", "not JSON", key, b"{not json")
    yield Flaw("not_utf8", "not UTF-8", key, b'{"event_type": "\xff"}')
    yield Flaw("empty", "no bytes at all", key, b"")
    yield Flaw("not_an_object", "a JSON list", key, b"[]")
    rng = generator(world.config.seed, "flaws")
    sound = _sound_events(world)
    for name, (event_type, why, alter) in _BREACHES.items():
        event = json.loads(json.dumps(sound[event_type]))
        event["event_id"] = uuid4(rng)
        alter(event)
        yield Flaw(name, why, event["user_id"], json.dumps(event).encode())
    for name, limit in (("over_firehose_limit", _FIREHOSE_RECORD), ("over_kinesis_limit", _KINESIS_RECORD)):
        event = {**sound["chat_message"], "event_id": uuid4(rng), "padding": ""}
        event["padding"] = "x" * (limit + 1 - len(json.dumps(event)))
        yield Flaw(name, f"one byte more than {limit:,}", event["user_id"], json.dumps(event).encode())


def bad_messages(world: World) -> Iterator[Flaw]:
    """Yield messages about catalogue changes that cannot be worked on; the key is the show's id."""
    sound = next(iter(catalog_changes(world, 1))).message
    rng = generator(world.config.seed, "flaws of messages")
    yield Flaw("not_json", "not JSON", sound["show_id"], b"show changed!")
    yield Flaw("not_an_object", "a JSON string", sound["show_id"], b'"show_created"')
    unknown = numbered_id("show", -1, world.config.seed)
    alterations: dict[str, tuple[str, Alter]] = {
        "unknown_show": ("the catalogue has no such show", lambda message: message.update(show_id=unknown)),
        "no_show_id": ("show_id is missing", lambda message: message.pop("show_id")),
        "no_change_id": ("change_id is missing", lambda message: message.pop("change_id")),
        "unknown_change_type": ("no such change", lambda message: message.update(change_type="show_exploded")),
        "bad_changed_at": ("changed_at is no time", lambda message: message.update(changed_at="yesterday")),
        "path_in_show_id": ("show_id is a path", lambda message: message.update(show_id="../users")),
        "over_sns_limit": (
            f"more than {_SNS_MESSAGE:,} bytes",
            lambda message: message.update(note="x" * _SNS_MESSAGE),
        ),
    }
    for name, (why, alter) in alterations.items():
        message: dict[str, Any] = {**sound, "change_id": uuid4(rng)}
        alter(message)
        yield Flaw(name, why, message.get("show_id", ""), json.dumps(message).encode())


def _sound_events(world: World) -> dict[str, dict[str, Any]]:
    """Return a sound event of each type that a breach is made of."""
    wanted = {event_type for event_type, _, _ in _BREACHES.values()}
    found: dict[str, dict[str, Any]] = {}
    for row in app_events(world, _SEARCHED_FOR_SOUND_ONES):
        if row.event["event_type"] in wanted:
            found.setdefault(row.event["event_type"], row.event)
            if len(found) == len(wanted):
                return found
    raise ValueError(f"this world is too small: it has no {', '.join(sorted(wanted - set(found)))}")


def _set(name: str, value: object) -> Alter:
    return lambda event: event.update({name: value})


def _set_property(name: str, value: object) -> Alter:
    return lambda event: event["properties"].update({name: value})


# name: the type of event, what is wrong, and how it is made so
_BREACHES: dict[str, tuple[str, str, Alter]] = {
    "unknown_type": ("screen_viewed", "no contract for this event_type", _set("event_type", "screen_licked")),
    "no_event_id": ("screen_viewed", "event_id is missing", lambda event: event.pop("event_id")),
    "bad_event_id": ("screen_viewed", "event_id is not a UUID", _set("event_id", "17")),
    "bad_event_time": ("like_sent", "30 February", _set("event_time", "2026-02-30T10:00:00.000Z")),
    "local_event_time": ("like_sent", "not UTC", _set("event_time", "2026-02-20T10:00:00.000+02:00")),
    "later_version": ("like_sent", "a schema_version that is not known yet", _set("schema_version", 2)),
    "unknown_field": ("chat_message", "a field that the contract does not have", _set("ip_address", "203.0.113.9")),
    "unknown_property": ("chat_message", "a property that the contract does not have", _set_property("mood", "good")),
    "too_long": ("chat_message", "a text of 501 characters", _set_property("text", "x" * 501)),
    "nul_in_text": ("chat_message", "a NUL character", _set_property("text", "hello\0world")),
    "half_a_character": ("chat_message", "half a surrogate pair", _set_property("text", "hello \ud83d")),
    "negative": ("playback_stopped", "a negative number", _set_property("listened_seconds", -1)),
    "number_as_text": ("playback_stopped", "a number in quotes", _set_property("listened_seconds", "90")),
    "not_a_number": ("playback_stopped", "NaN, which is not JSON", _set_property("listened_seconds", float("nan"))),
    "bad_reference": ("playback_started", "a show_id that is none", _set_property("show_id", "../../etc/passwd")),
    "no_properties": ("session_started", "properties is null", _set("properties", None)),
}
