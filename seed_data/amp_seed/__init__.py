"""A deterministic world of live radio: its catalogue, its changes, and what listeners do in the app.

Everything follows from a `WorldConfig`: the same configuration yields the same bytes on any machine, whatever the hash
seed. Rows are yielded, never gathered, so a run of tens of millions of events needs no more memory than a small one.
Nothing here knows of AWS or of the network; whoever publishes the rows also paces them.

    world = World(preset("small", seed=7, start=date(2026, 11, 16)))
    manifest = Manifest(world)
    for row in app_events(world, 20_000):
        manifest.add_event(row)
        publish(row.partition_key, row.event)
    manifest.facts()

To stay identical everywhere, draws use only exact arithmetic: +, -, *, / and comparison, never exp, log or power, whose
last digit differs between C libraries.
"""

from amp_seed.changes import CatalogChange, catalog_changes
from amp_seed.config import Size, WorldConfig, preset
from amp_seed.manifest import Manifest
from amp_seed.stream import DUPLICATE_SHARE, LATE_SHARE, AppEvent, app_events
from amp_seed.world import World

__all__ = [
    "DUPLICATE_SHARE",
    "LATE_SHARE",
    "AppEvent",
    "CatalogChange",
    "Manifest",
    "Size",
    "World",
    "WorldConfig",
    "app_events",
    "catalog_changes",
    "preset",
]
