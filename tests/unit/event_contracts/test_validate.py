"""`validate`: sound events pass, everything else is a ContractError that says where it is wrong."""

import json
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import event_contracts
from event_contracts import EVENT_TYPES, ContractError, validate

SAMPLES = Path(__file__).parents[3] / "seed_data" / "samples" / "app_events.ndjson"
EVENTS = {event["event_type"]: event for event in map(json.loads, SAMPLES.read_text().splitlines())}

events = st.sampled_from(sorted(EVENTS)).map(EVENTS.__getitem__).map(deepcopy)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=8,
)


def objects(event: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [("event", event), ("event.device", event["device"]), ("event.properties", event["properties"])]


def leaves(event: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    for _, part in objects(event):
        yield from ((part, name) for name, value in part.items() if not isinstance(value, dict))


def refusal(event: object) -> str:
    with pytest.raises(ContractError) as caught:
        validate(event)
    return str(caught.value)


def test_there_is_a_sound_sample_of_every_type():
    assert sorted(EVENTS) == list(EVENT_TYPES)


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_a_sound_event_passes_and_stays_as_it_is(event_type):
    event = deepcopy(EVENTS[event_type])
    validate(event)
    assert event == EVENTS[event_type]


@given(events, st.data())
def test_a_missing_field_is_named(event, data):
    path, part = data.draw(st.sampled_from(objects(event)))
    name = data.draw(st.sampled_from(sorted(part)))
    del part[name]
    message = refusal(event)
    assert path in message
    assert name in message


@given(events, st.data())
def test_an_unknown_field_is_refused_at_every_level(event, data):
    path, part = data.draw(st.sampled_from(objects(event)))
    part["unheard_of"] = data.draw(json_values)
    assert refusal(event) == f"{path} must not contain {{'unheard_of'}} properties"


@given(events, st.data())
def test_a_field_of_the_wrong_type_is_refused(event, data):
    part, name = data.draw(st.sampled_from(list(leaves(event))))
    part[name] = data.draw(
        st.sampled_from([[], {}, 1.5, float("nan"), float("inf"), [part[name]], {"value": part[name]}])
    )
    assert name in refusal(event)


@given(events, st.data())
def test_no_field_takes_a_string_without_end(event, data):
    part, name = data.draw(
        st.sampled_from([(part, name) for part, name in leaves(event) if isinstance(part[name], str)])
    )
    part[name] += part[name][-1] * 600
    refusal(event)


@given(events, st.data())
def test_no_field_takes_a_newline_after_its_value(event, data):
    """Python's `$` matches before a last newline; JSON Schema's does not."""
    identifiers = [
        (part, name)
        for part, name in leaves(event)
        if isinstance(part[name], str) and name not in ("text", "topic", "query")
    ]
    part, name = data.draw(st.sampled_from(identifiers))
    part[name] += "\n"
    refusal(event)


@given(events, st.data())
def test_whatever_comes_only_a_contract_error_comes_out(event, data):
    part, name = data.draw(st.sampled_from([(part, name) for _, part in objects(event) for name in part]))
    part[name] = data.draw(json_values)
    message = ""
    try:
        validate(event)
    except ContractError as error:
        message = str(error)
    assert len(message) <= 500


@given(json_values)
def test_what_is_not_an_event_is_refused(value):
    refusal(value)


@pytest.mark.parametrize("event_type", ["common", "screen_licked", "", "../like_sent"])
def test_an_unknown_type_is_named(event_type):
    assert (
        refusal({**EVENTS["like_sent"], "event_type": event_type}) == f"event.event_type {event_type!r} has no contract"
    )


def test_an_event_does_not_pass_under_another_type():
    assert "event.properties" in refusal({**EVENTS["like_sent"], "event_type": "button_clicked"})


@pytest.mark.parametrize(
    "event_time",
    [
        "2026-02-30T10:00:00.000Z",
        "2026-13-01T10:00:00.000Z",
        "2026-01-01T24:00:00.000Z",
        "2026-01-01T10:00:60.000Z",
        "2026-01-01T10:00:00Z",
        "2026-01-01T10:00:00.000000Z",
        "2026-01-01T10:00:00.000+00:00",
        "2026-01-01 10:00:00.000Z",
        "2026-01-01t10:00:00.000z",
        "1999-01-01T10:00:00.000Z",
        "\uff12\uff10\uff12\uff16-01-01T10:00:00.000Z",
        "",
        1767225600000,
        None,
    ],
)
def test_event_time_is_strict(event_time):
    assert "event.event_time" in refusal({**EVENTS["like_sent"], "event_time": event_time})


def test_event_time_knows_leap_years():
    validate({**EVENTS["like_sent"], "event_time": "2028-02-29T23:59:59.999Z"})
    refusal({**EVENTS["like_sent"], "event_time": "2026-02-29T23:59:59.999Z"})


@pytest.mark.parametrize("text", ["", "x" * 501, "a\0b", "half \ud83d", "\udc00"])
def test_text_that_the_lake_could_not_hold_is_refused(text):
    event = deepcopy(EVENTS["chat_message"])
    event["properties"]["text"] = text
    assert "event.properties.text" in refusal(event)


@pytest.mark.parametrize("text", ["x" * 500, "😭" * 500, "two\nlines", "الراديو", "a\u0301"])
def test_text_of_any_language_passes(text):
    event = deepcopy(EVENTS["chat_message"])
    event["properties"]["text"] = text
    validate(event)


def test_only_a_visitor_of_the_right_kind_may_act():
    anonymous = {"user_id": "anon_0123456789ab"}
    validate({**EVENTS["screen_viewed"], **anonymous})
    assert "event.user_id" in refusal({**EVENTS["chat_message"], **anonymous})


@pytest.mark.parametrize(
    ("action", "session_id", "is_sound"),
    [
        ("sent", None, True),
        ("dismissed", None, True),
        ("opened", "sess_1", True),
        ("sent", "sess_1", False),
        ("opened", None, False),
    ],
)
def test_only_an_opened_notification_has_a_session(action, session_id, is_sound):
    event = deepcopy(EVENTS["notification_show"]) | {"session_id": session_id}
    event["properties"]["action"] = action
    if is_sound:
        validate(event)
    else:
        assert "event.session_id" in refusal(event)


@pytest.mark.parametrize(
    ("kind", "followed", "is_sound"),
    [
        ("user", "user_1", True),
        ("creator", "creator_1", True),
        ("user", "creator_1", False),
        ("creator", "user_1", False),
    ],
)
def test_what_is_followed_is_of_the_kind_named(kind, followed, is_sound):
    event = deepcopy(EVENTS["follow_created"])
    event["properties"] |= {"followed_kind": kind, "followed_id": followed}
    if is_sound:
        validate(event)
    else:
        assert "event.properties.followed_id" in refusal(event)


def test_the_message_does_not_repeat_what_a_listener_wrote():
    event = deepcopy(EVENTS["chat_message"])
    event["properties"]["text"] = "my secret " * 60
    assert "secret" not in refusal(event)


def test_importing_the_contracts_needs_no_network():
    """`$ref`s look like addresses; nothing may ever be asked for there."""
    code = """
import socket

def refuse(*_):
    raise AssertionError("the network was asked")

socket.socket.connect = socket.getaddrinfo = refuse
import event_contracts
"""
    package = Path(event_contracts.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(package)}, check=True, timeout=60)
