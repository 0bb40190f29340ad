"""What is remembered of crawlers, their crawls, and the folders that they have read.

A crawler's `definition` is AWS's CreateCrawler request less its name and tags. Its crawls go with it.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from amp_sandbox.glue.store.database import insert
from amp_sandbox.glue.store.tags import remove_all_tags, set_tags
from amp_sandbox.standins.sqlite import transaction

READY, RUNNING, STOPPING = "READY", "RUNNING", "STOPPING"
COMPLETED, FAILED, STOPPED = "COMPLETED", "FAILED", "STOPPED"
SCHEDULED, NOT_SCHEDULED = "SCHEDULED", "NOT_SCHEDULED"


@dataclass(frozen=True)
class Crawler:
    """One crawler."""

    id: int
    name: str
    definition: dict[str, Any]
    version: int
    state: str
    schedule_state: str
    created_at: float
    updated_at: float


@dataclass(frozen=True)
class Crawl:
    """One run of a crawler; `number` counts up, `id` is what AWS calls it."""

    number: int
    crawler_id: int
    id: str
    state: str
    started_at: float
    ended_at: float | None
    error: str | None
    summary: dict[str, Any] | None


@dataclass(frozen=True)
class Folder:
    """What was found in a folder when its objects were those of the fingerprint."""

    fingerprint: str
    found: dict[str, Any]


def create_crawler(
    db: sqlite3.Connection, name: str, definition: Mapping[str, Any], tags: Mapping[str, str], *, at: float
) -> None:
    """Add a crawler; raises `ExistsError`."""
    state = SCHEDULED if definition.get("Schedule") else NOT_SCHEDULED
    with transaction(db):
        made = insert(
            db,
            "INSERT INTO crawlers (name, definition, version, state, schedule_state, created_at, updated_at)"
            " VALUES (?, ?, 1, ?, ?, ?, ?)",
            (name, json.dumps(definition), READY, state, at, at),
        )
        set_tags(db, "crawler", made, tags)


def get_crawler(db: sqlite3.Connection, name: str) -> Crawler | None:
    """The crawler of that name, or None."""
    row = db.execute("SELECT * FROM crawlers WHERE name = ?", (name,)).fetchone()
    return None if row is None else _crawler(row)


def list_crawlers(db: sqlite3.Connection, *, after: str = "") -> Iterator[Crawler]:
    """The crawlers whose names come after that one, by name."""
    return map(_crawler, db.execute("SELECT * FROM crawlers WHERE name > ? ORDER BY name", (after,)))


def update_crawler(db: sqlite3.Connection, crawler_id: int, definition: Mapping[str, Any], *, at: float) -> None:
    """Give a crawler its next version."""
    db.execute(
        "UPDATE crawlers SET definition = ?, version = version + 1, updated_at = ? WHERE id = ?",
        (json.dumps(definition), at, crawler_id),
    )


def set_schedule_state(db: sqlite3.Connection, crawler_id: int, state: str) -> None:
    """Turn a crawler's schedule on or off."""
    db.execute("UPDATE crawlers SET schedule_state = ? WHERE id = ?", (state, crawler_id))


def set_state(db: sqlite3.Connection, crawler_id: int, state: str) -> None:
    """Say what a crawler does now."""
    db.execute("UPDATE crawlers SET state = ? WHERE id = ?", (state, crawler_id))


def delete_crawler(db: sqlite3.Connection, crawler_id: int) -> None:
    """Remove a crawler with its history."""
    with transaction(db):
        remove_all_tags(db, "crawler", crawler_id)
        db.execute("DELETE FROM crawlers WHERE id = ?", (crawler_id,))


# Crawls


def start_crawl(db: sqlite3.Connection, crawler_id: int, crawl_id: str, *, at: float) -> bool:
    """Turn a READY crawler RUNNING, with a new crawl; False when it runs already."""
    with transaction(db):
        turned = db.execute("UPDATE crawlers SET state = ? WHERE id = ? AND state = ?", (RUNNING, crawler_id, READY))
        if turned.rowcount == 0:
            return False
        db.execute(
            "INSERT INTO crawls (crawler_id, id, state, started_at) VALUES (?, ?, ?, ?)",
            (crawler_id, crawl_id, RUNNING, at),
        )
    return True


def end_crawl(
    db: sqlite3.Connection, crawl: Crawl, state: str, *, at: float, error: str | None, summary: Mapping[str, Any]
) -> None:
    """Say how a crawl ended; its crawler is READY again."""
    with transaction(db):
        db.execute(
            "UPDATE crawls SET state = ?, ended_at = ?, error = ?, summary = ? WHERE number = ?",
            (state, at, error, json.dumps(summary), crawl.number),
        )
        set_state(db, crawl.crawler_id, READY)


def next_crawl(db: sqlite3.Connection) -> tuple[Crawler, Crawl] | None:
    """The crawl that has waited longest to be run or stopped, or None."""
    row = db.execute("SELECT * FROM crawls WHERE state = ? ORDER BY number LIMIT 1", (RUNNING,)).fetchone()
    if row is None:
        return None
    crawl = _crawl(row)
    crawler = db.execute("SELECT * FROM crawlers WHERE id = ?", (crawl.crawler_id,)).fetchone()
    return _crawler(crawler), crawl


def list_unended(db: sqlite3.Connection) -> list[Crawl]:
    """The crawls that have no end."""
    rows = db.execute("SELECT * FROM crawls WHERE state = ? ORDER BY number", (RUNNING,))
    return [_crawl(row) for row in rows]


def last_crawl(db: sqlite3.Connection, crawler_id: int) -> Crawl | None:
    """The latest crawl that has ended, or None."""
    row = db.execute(
        "SELECT * FROM crawls WHERE crawler_id = ? AND state <> ? ORDER BY number DESC LIMIT 1", (crawler_id, RUNNING)
    ).fetchone()
    return None if row is None else _crawl(row)


def list_crawls(db: sqlite3.Connection, crawler_id: int, *, before: int | None = None) -> Iterator[Crawl]:
    """A crawler's crawls numbered below that (None: all), the newest first."""
    rows = db.execute(
        "SELECT * FROM crawls WHERE crawler_id = ? AND (? IS NULL OR number < ?) ORDER BY number DESC",
        (crawler_id, before, before),
    )
    return map(_crawl, rows)


# Folders


def read_folders(db: sqlite3.Connection, crawler_id: int) -> dict[str, Folder]:
    """What a crawler has found, by folder."""
    rows = db.execute("SELECT folder, fingerprint, found FROM crawled_folders WHERE crawler_id = ?", (crawler_id,))
    return {row["folder"]: Folder(row["fingerprint"], json.loads(row["found"])) for row in rows}


def save_folders(db: sqlite3.Connection, crawler_id: int, folders: Mapping[str, Folder]) -> None:
    """Remember these folders of a crawler, and no others."""
    with transaction(db):
        db.execute("DELETE FROM crawled_folders WHERE crawler_id = ?", (crawler_id,))
        db.executemany(
            "INSERT INTO crawled_folders VALUES (?, ?, ?, ?)",
            [(crawler_id, path, one.fingerprint, json.dumps(one.found)) for path, one in folders.items()],
        )


def forget_folders(db: sqlite3.Connection, crawler_id: int) -> None:
    """Forget what a crawler has found, as it is told to look elsewhere or otherwise."""
    db.execute("DELETE FROM crawled_folders WHERE crawler_id = ?", (crawler_id,))


def _crawler(row: sqlite3.Row) -> Crawler:
    return Crawler(**{**dict(row), "definition": json.loads(row["definition"])})


def _crawl(row: sqlite3.Row) -> Crawl:
    summary = row["summary"]
    return Crawl(**{**dict(row), "summary": None if summary is None else json.loads(summary)})
