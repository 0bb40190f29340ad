"""What arrived in the raw bucket, from the messages that S3 sends of new objects.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html

An object's folder says which table and which partition of the Data Catalog it belongs to:
`app_events/event_type=like_sent/dt=2026-11-25/…` to (like_sent, 2026-11-25) of `app_events`.

**Left out:** objects that are in no folder of a day; they are counted, and belong to nothing.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote_plus

log = logging.getLogger(__name__)

_TEST_EVENT = "s3:TestEvent"  # sent once, when a bucket is told to notify


@dataclass(frozen=True, order=True)
class Folder:
    """A partition of a table of raw: the values of its keys, the last of which is the day."""

    table: str
    values: tuple[str, ...]

    @property
    def day(self) -> str:
        """The day, as YYYY-MM-DD."""
        return self.values[-1]


@dataclass(frozen=True)
class Arrivals:
    """What some messages tell of: how many objects, the folders they are in, and how many messages told nothing."""

    objects: int
    folders: tuple[Folder, ...]
    unread: int

    @property
    def days(self) -> tuple[str, ...]:
        """The days there is news of, oldest first."""
        return tuple(sorted({folder.day for folder in self.folders}))

    def late(self, today: date) -> tuple[str, ...]:
        """The days that are over and have got more data."""
        return tuple(day for day in self.days if day < today.isoformat())


def arrivals(bodies: Iterable[str]) -> Arrivals:
    """What messages tell of. One that is no notification of S3 is logged and counted; it must not stop the others."""
    keys: list[str] = []
    unread = 0
    for body in bodies:
        try:
            keys += _keys(json.loads(body))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            log.warning("A message is no notification of S3 (%r): %.200s", error, body)
            unread += 1
    folders = {folder for key in keys if (folder := folder_of(key)) is not None}
    return Arrivals(len(keys), tuple(sorted(folders)), unread)


def bodies(payloads: Iterable[Mapping[str, Any]]) -> list[str]:
    """The bodies of the messages that events of the watcher carry."""
    return [message["Body"] for payload in payloads for message in payload.get("message_batch", ())]


def folder_of(key: str) -> Folder | None:
    """The partition that an object is in; None when it is in none of a day."""
    *folders, _ = key.split("/")
    pairs = [folder.partition("=")[::2] for folder in folders]
    tables = [name for name, value in pairs if not value]
    values = [value for _, value in pairs if value]
    if not tables or not values or pairs[-1][0] != "dt" or not _is_day(values[-1]):
        return None
    return Folder(tables[-1], tuple(values))


def by_table(folders: Sequence[Folder]) -> dict[str, list[Folder]]:
    """The folders of each table."""
    found: dict[str, list[Folder]] = {}
    for folder in folders:
        found.setdefault(folder.table, []).append(folder)
    return found


def _keys(document: Mapping[str, Any]) -> list[str]:
    if document.get("Event") == _TEST_EVENT:
        return []
    return [unquote_plus(record["s3"]["object"]["key"]) for record in document["Records"]]


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
