import json
from pathlib import Path
from typing import Any

import pytest

import event_contracts
from amp_sandbox import paths
from amp_sandbox.publish import by_hand
from amp_sandbox.publish.by_hand import Publish
from amp_sandbox.publish.publisher import Message
from amp_sandbox.settings import Settings

TYPES = sorted(
    path.stem
    for path in (paths.SERVICES / "event_contracts" / "event_contracts" / "schemas").glob("*.json")
    if path.stem != "common"
)


class Taken:
    """What was published, in place of the services and the catalogue."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.shows: list[dict[str, Any]] = []


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Taken:
    found = Taken()

    class FakePublisher:
        refused: tuple[()] = ()

        def __init__(self, target: object, ledger: object) -> None:
            pass

        def __enter__(self) -> "FakePublisher":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def put(self, message: Message) -> None:
            found.messages.append(message)

    class FakeCatalogue:
        def __init__(self, url: str) -> None:
            pass

        def put_show(self, show: dict[str, Any]) -> None:
            found.shows.append(show)

    monkeypatch.setattr(by_hand, "Publisher", FakePublisher)
    monkeypatch.setattr(by_hand, "CatalogApi", FakeCatalogue)
    return found


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    return Publish(Settings(home=tmp_path))


@pytest.mark.parametrize("event_type", TYPES)
def test_an_event_of_every_type_is_sound_as_it_is(publish: Publish, taken: Taken, event_type: str) -> None:
    made = publish.event(event_type)
    [message] = taken.messages
    event = json.loads(message.body)
    event_contracts.validate(event)
    assert (made.record_id, made.stream, made.document) == (event["event_id"], "app-events", event)
    assert message.key == event["user_id"]


def test_an_event_has_what_the_test_says(publish: Publish, taken: Taken) -> None:
    made = publish.event("like_sent", properties={"likes": 3}, user_id="user_mine")
    assert made.document["properties"]["likes"] == 3
    assert made.document["properties"]["show_id"].startswith("show_")
    assert taken.messages[0].key == "user_mine"


def test_two_events_differ(publish: Publish, taken: Taken) -> None:
    assert publish.event("like_sent").record_id != publish.event("like_sent").record_id


def test_an_unknown_type_is_told_with_the_known_ones(publish: Publish, taken: Taken) -> None:
    with pytest.raises(ValueError, match=r"'like_send' is not one of .*like_sent"):
        publish.event("like_send")
    assert taken.messages == []


def test_an_unknown_type_can_be_published_on_purpose(publish: Publish, taken: Taken) -> None:
    assert publish.event("like_send", properties={"likes": 1}).document["properties"] == {"likes": 1}


def test_a_change_stores_the_show_and_then_announces_it(publish: Publish, taken: Taken) -> None:
    made = publish.change(title="Morning")
    [show], [message] = taken.shows, taken.messages
    assert (show["title"], show["version"], show["status"]) == ("Morning", 1, "scheduled")
    announced = json.loads(message.body)
    assert announced == {
        "change_id": made.record_id,
        "change_type": "show_created",
        "show_id": show["show_id"],
        "changed_at": show["updated_at"],
    }
    assert (made.stream, made.document) == ("show-catalog", show)


def test_a_show_can_be_changed_again(publish: Publish, taken: Taken) -> None:
    first = publish.change(title="Morning")
    publish.change("show_updated", first.document, title="Evening")
    assert [(show["show_id"], show["title"], show["version"]) for show in taken.shows] == [
        (first.document["show_id"], "Morning", 1),
        (first.document["show_id"], "Evening", 2),
    ]


def test_what_is_no_record_has_an_id_too(publish: Publish, taken: Taken) -> None:
    assert publish.record(b"nonsense").record_id.startswith("sha256:")
    assert publish.message(b"nonsense").stream == "show-catalog"
