"""Publishing one thing as Amp's own systems do: a change of a show through the catalogue service and SNS, or an event.

Everything goes through the package's own publisher, so `sandbox audit` accounts for it. Whatever is not given has a
sound value, so that a test names only what it is about; ids are new ones, so that a test finds its own records.

**Left out:** a check against the contracts. What breaks one is published, and ends in the error prefix as on AWS.
"""

import json
import uuid
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from amp_sandbox import aws
from amp_sandbox.errors import SandboxError
from amp_sandbox.publish import ledger
from amp_sandbox.publish.catalog import CatalogApi
from amp_sandbox.publish.publisher import Message, Publisher, Target
from amp_sandbox.publish.seed import Plan, Seeded, seed
from amp_sandbox.publish.streams import Stream, app_events, catalog_changes, record_id
from amp_sandbox.publish.targets import KinesisTarget, SnsTarget
from amp_sandbox.settings import Settings
from amp_seed import World, preset
from amp_seed import app_events as story

_SEARCHED = 20_000  # events of the story, among which one of each type is looked for


@dataclass(frozen=True)
class Published:
    """What was published: its id in the lake, the stream it is on, and the document (the event, or the show)."""

    record_id: str
    stream: str
    document: Mapping[str, Any]


class Publish:
    """Publishes to one sandbox."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def change(
        self, change_type: str = "show_created", show: Mapping[str, Any] | None = None, **fields: Any
    ) -> Published:
        """Store a show in the catalogue service and announce the change.

        `fields` are fields of the show, such as `title="Morning"`. With `show`, the document of an earlier change, that
        show is changed; else it is a new one.
        """
        document = {**(deepcopy(dict(show)) if show else _new_show()), **fields}
        document["version"] = document["version"] + 1 if show else 1
        document["updated_at"] = _now()
        CatalogApi(self._settings.catalog_api_url).put_show(document)
        message = {
            "change_id": str(uuid.uuid4()),
            "change_type": change_type,
            "show_id": document["show_id"],
            "changed_at": document["updated_at"],
        }
        return self.message(json.dumps(message).encode(), document)

    def event(self, event_type: str, *, properties: Mapping[str, Any] | None = None, **fields: Any) -> Published:
        """Put an event of the app on its stream.

        `properties` are those particular to the type, and `fields` those that every event has, such as `user_id`.
        Raises ValueError for a type that the contracts do not have, unless all its properties are given.
        """
        sound = _sound_events().get(event_type)
        if sound is None and properties is None:
            raise ValueError(f"{event_type!r} is not one of {', '.join(sorted(_sound_events()))}: give its properties")
        event = deepcopy(sound or next(iter(_sound_events().values())))
        own = event["properties"] if sound else {}
        event |= {"event_id": str(uuid.uuid4()), "event_type": event_type, "event_time": _now()} | fields
        event["properties"] = {**own, **(properties or {})}
        return self.record(json.dumps(event).encode(), key=str(event["user_id"]), document=event)

    def message(self, body: bytes, document: Mapping[str, Any] | None = None) -> Published:
        """Announce something on the topic of catalogue changes as it is, sound or not."""
        target = SnsTarget(aws.client(self._settings, "sns"), self._settings.topic_arn)
        return self._publish(catalog_changes(self._settings), target, body, "", document)

    def record(self, body: bytes, *, key: str = "", document: Mapping[str, Any] | None = None) -> Published:
        """Put something on the stream of app events as it is, sound or not."""
        target = KinesisTarget(aws.client(self._settings, "kinesis"), self._settings.events_stream)
        return self._publish(app_events(self._settings), target, body, key or str(uuid.uuid4()), document)

    def story(self, changes: int = 20, events: int = 200) -> Seeded:
        """Publish more of the seed data's world, as `sandbox seed` does."""
        return seed(self._settings, Plan(changes, events))

    def _publish(
        self, stream: Stream, target: Target, body: bytes, key: str, document: Mapping[str, Any] | None
    ) -> Published:
        found = record_id(stream, body)
        file = ledger.LedgerFile(ledger.folder(self._settings, stream.name), ledger.new_run())
        with Publisher(target, file) as publisher:
            publisher.put(Message(found, body, key))
        if publisher.refused:
            raise SandboxError(f"{found} was not published.", publisher.refused[0].reason)
        return Published(found, stream.name, document or {})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@cache
def _world() -> World:
    return World(preset("small", seed=7, start=date(2026, 1, 5), days=7))


@cache
def _sound_events() -> Mapping[str, dict[str, Any]]:
    """An event of each type that the story has."""
    found: dict[str, dict[str, Any]] = {}
    for row in story(_world(), _SEARCHED):
        found.setdefault(row.event["event_type"], row.event)
    return found


def _new_show() -> dict[str, Any]:
    show = deepcopy(next(iter(_world().shows())))
    return {**show, "show_id": f"show_{uuid.uuid4().hex[:12]}", "status": "scheduled", "promotion": None}
