"""App events as they lie in the raw bucket, made by the real transform but without the platform in between."""

import gzip
import importlib.util
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType

from amp_sandbox import paths
from amp_seed import World, app_events, preset

DAYS = 7


def raw_objects(count: int, lines_per_object: int = 20_000) -> Iterator[tuple[str, bytes]]:
    """Yield so many events of the days before today as keys and gzipped bodies."""
    transform = _event_transform()
    start = datetime.now(UTC).date() - timedelta(days=DAYS)
    world = World(preset("small", seed=7, start=start, days=DAYS))
    waiting: dict[tuple[str, str], list[bytes]] = defaultdict(list)
    written = 0
    for row in app_events(world, count):
        flat = transform.flatten(row.event)
        partition = (flat["event_type"], flat["event_time"][:10])
        waiting[partition].append(json.dumps(flat, separators=(",", ":"), ensure_ascii=False).encode())
        if len(waiting[partition]) == lines_per_object:
            written += 1
            yield _object(partition, waiting.pop(partition), written)
    for partition, lines in waiting.items():
        written += 1
        yield _object(partition, lines, written)


def _object(partition: tuple[str, str], lines: list[bytes], number: int) -> tuple[str, bytes]:
    event_type, day = partition
    key = f"app_events/event_type={event_type}/dt={day}/bench-{number:06}.gz"
    return key, gzip.compress(b"\n".join(lines) + b"\n", compresslevel=1, mtime=0)


def _event_transform() -> ModuleType:
    """The function's own code, as Lambda loads it."""
    sys.path.insert(0, str(paths.SERVICES / "event_contracts"))
    found = importlib.util.spec_from_file_location("event_transform", paths.SERVICES / "event_transform" / "app.py")
    if found is None or found.loader is None:
        raise RuntimeError("services/event_transform/app.py is not there")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
