"""Raw objects for tests: what the generator tells, as the functions before raw write it.

The functions' own code makes the lines. Only the check against the contracts is left out, whose library is not there
where Spark is: the generator keeps them.
"""

import gzip
import importlib.util
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from amp_seed import World, app_events, catalog_changes, preset

SERVICES = Path(__file__).parents[2] / "services"
_INTERNAL = ("internal_notes", "contract_terms")


def put(root: Path, key: str, lines: Iterable[object]) -> Path:
    """Write an object of gzipped lines; what is neither text nor bytes is written as JSON."""
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(b"".join(_line(one) + b"\n" for one in lines), mtime=0))
    return path


def put_events(root: Path, events: Iterable[Mapping[str, Any]], name: str = "part-1.gz") -> None:
    """Write flat events as Firehose does: by type and date."""
    folders: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for event in events:
        folders[f"app_events/event_type={event['event_type']}/dt={event['event_time'][:10]}"].append(event)
    for folder, found in folders.items():
        put(root, f"{folder}/{name}", found)


def put_world(root: Path, last: date, days: int = 3, events: int = 3_000) -> World:
    """Write the events, catalogue changes and snapshots of a small world whose last day is given."""
    world = World(preset("small", seed=7, start=last - timedelta(days=days - 1), days=days))
    flatten = function("event_transform", "app").flatten
    put_events(root, [flatten(row.event) for row in app_events(world, events)])
    flatten = function("show_flattener", "columns").flatten
    changes = [
        flatten({**change.message, "ingested_at": f"{last}T00:00:00.000Z", "show": exported(change.show)})
        for change in catalog_changes(world, 60)
    ]
    shows = [
        flatten(
            {
                "change_id": f"00000000-0000-4000-8000-{number:012}",
                "change_type": "show_created",
                "show_id": show["show_id"],
                "changed_at": show["updated_at"],
                "ingested_at": f"{last}T00:00:00.000Z",
                "show": exported(show),
            }
        )
        for number, show in enumerate(world.shows())
    ]
    put(root, f"show_catalog/dt={last}/part-1.gz", [*shows, *changes])
    put(root, f"snapshots/creators/dt={last}/creators.ndjson.gz", map(exported, world.creators()))
    put(root, f"snapshots/users/dt={last}/users.ndjson.gz", map(exported, world.users()))
    return world


def exported(document: Mapping[str, Any]) -> dict[str, Any]:
    """What of a document the catalogue service lets out."""
    kept = {name: value for name, value in document.items() if name not in (*_INTERNAL, "email")}
    if isinstance(kept.get("creator"), dict):
        kept["creator"] = {name: value for name, value in kept["creator"].items() if name != "email"}
    return kept


@cache
def function(name: str, module: str) -> ModuleType:
    """The code of a Lambda function."""
    contracts = ModuleType("event_contracts")
    contracts.ContractError, contracts.validate = ValueError, lambda _event: None  # type: ignore[attr-defined]
    before = sys.modules.get("event_contracts")
    sys.modules["event_contracts"] = contracts
    try:
        found = importlib.util.spec_from_file_location(f"{name}_{module}", SERVICES / name / f"{module}.py")
        assert found is not None
        assert found.loader is not None
        loaded = importlib.util.module_from_spec(found)
        found.loader.exec_module(loaded)
    finally:
        del sys.modules["event_contracts"]
        if before is not None:
            sys.modules["event_contracts"] = before
    return loaded


def _line(one: object) -> bytes:
    if isinstance(one, bytes):
        return one
    return one.encode() if isinstance(one, str) else json.dumps(one, ensure_ascii=False).encode()
