"""The small fixed samples in seed_data/samples: a few rows of each kind, for reading and for tests.

`python -m amp_seed.samples FOLDER` writes them anew.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from amp_seed.changes import catalog_changes
from amp_seed.config import preset
from amp_seed.stream import app_events
from amp_seed.world import World

CONFIG = preset("small", seed=1, start=date(2026, 1, 5))
_EVENTS_LOOKED_AT = 5_000


def samples() -> Iterator[tuple[str, str]]:
    """Yield the name and the content of each sample file."""
    world = World(CONFIG)
    kinds = (("creator", world.creators()), ("show", world.shows()), ("user", world.users()))
    catalog = [{"kind": kind, "data": data} for kind, rows in kinds for data in islice(rows, 3)]
    yield "catalog.ndjson", _lines(catalog)
    changes = [{"message": message, "show": show} for message, show in catalog_changes(world, 6)]
    yield "catalog_changes.ndjson", _lines(changes)
    firsts: dict[str, dict[str, Any]] = {}
    for row in app_events(world, _EVENTS_LOOKED_AT):
        firsts.setdefault(row.event["event_type"], row.event)
    yield "app_events.ndjson", _lines(firsts[event_type] for event_type in sorted(firsts))


def write(folder: Path) -> None:
    """Write every sample file into a folder."""
    for name, content in samples():
        (folder / name).write_text(content, encoding="utf-8", newline="\n")


def _lines(rows: Iterable[object]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
