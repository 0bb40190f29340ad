"""Flaws: each is refused, and for the reason it names."""

import json

import pytest

from amp_seed.flaws import bad_events, bad_messages
from event_contracts import ContractError, validate

# flaw: what the contract says about it. The others are no JSON object at all.
BREACHES = {
    "unknown_type": "event.event_type 'screen_licked' has no contract",
    "no_event_id": "event must contain",
    "bad_event_id": "event.event_id must match pattern",
    "bad_event_time": "event.event_time must be date-time",
    "local_event_time": "event.event_time must match pattern",
    "later_version": "event.schema_version must be same as const definition: 1",
    "unknown_field": "event must not contain {'ip_address'} properties",
    "unknown_property": "event.properties must not contain {'mood'} properties",
    "too_long": "event.properties.text must be shorter than or equal to 500 characters",
    "nul_in_text": "event.properties.text must be clean-text",
    "half_a_character": "event.properties.text must be clean-text",
    "negative": "event.properties.listened_seconds must be bigger than or equal to 0",
    "number_as_text": "event.properties.listened_seconds must be integer",
    "not_a_number": "event.properties.listened_seconds must be integer",
    "bad_reference": "event.properties.show_id must match pattern",
    "no_properties": "event.properties must be object",
    "over_firehose_limit": "event must not contain {'padding'} properties",
    "over_kinesis_limit": "event must not contain {'padding'} properties",
}


@pytest.fixture(scope="module")
def events(small):
    return {flaw.name: flaw for flaw in bad_events(small)}


@pytest.fixture(scope="module")
def messages(small):
    return {flaw.name: flaw for flaw in bad_messages(small)}


def test_flaws_have_names_of_their_own_and_say_why(small):
    for flaws in (list(bad_events(small)), list(bad_messages(small))):
        assert len({flaw.name for flaw in flaws}) == len({flaw.data for flaw in flaws}) == len(flaws)
        assert all(flaw.why for flaw in flaws)


def test_every_flaw_is_deterministic(small):
    assert list(bad_events(small)) == list(bad_events(small))
    assert list(bad_messages(small)) == list(bad_messages(small))


def test_all_breaches_are_known_here(events):
    assert events.keys() - BREACHES.keys() == {"not_json", "not_utf8", "empty", "not_an_object"}


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_refused_for_its_reason(events, name):
    with pytest.raises(ContractError) as caught:
        validate(json.loads(events[name].data))
    assert BREACHES[name] in str(caught.value)


def test_what_is_not_json_is_not(events):
    for name in ("not_json", "not_utf8", "empty"):
        with pytest.raises(ValueError, match=r"Expecting|decode"):
            json.loads(events[name].data)
    assert json.loads(events["not_an_object"].data) == []


def test_oversized_events_are_just_over_the_limit(events):
    # https://docs.aws.amazon.com/firehose/latest/dev/limits.html: 1,000 KiB before encoding
    assert len(events["over_firehose_limit"].data) == 1_024_001
    # https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
    assert len(events["over_kinesis_limit"].data) == 1_048_577


def test_partition_keys_are_users(small, events):
    users = {user["user_id"] for user in small.users()}
    signed_in = {flaw.key for flaw in events.values() if not flaw.key.startswith("anon_")}
    assert signed_in <= users


def test_the_unknown_show_is_unknown(small, messages):
    message = json.loads(messages["unknown_show"].data)
    assert message["show_id"] not in {show["show_id"] for show in small.shows()}
    assert list(message) == ["change_id", "change_type", "show_id", "changed_at"]


def test_messages_lack_what_they_say(messages):
    assert "show_id" not in json.loads(messages["no_show_id"].data)
    assert "change_id" not in json.loads(messages["no_change_id"].data)
    assert json.loads(messages["unknown_change_type"].data)["change_type"] == "show_exploded"
    assert json.loads(messages["bad_changed_at"].data)["changed_at"] == "yesterday"
    assert json.loads(messages["path_in_show_id"].data)["show_id"] == "../users"
    assert not isinstance(json.loads(messages["not_an_object"].data), dict)
    # https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: 256 KiB
    assert len(messages["over_sns_limit"].data) > 262_144
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(messages["not_json"].data)
