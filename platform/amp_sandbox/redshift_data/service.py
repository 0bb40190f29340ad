"""Opens the Redshift Data API stand-in: its store, what runs its statements, and its operations.

**Left out:** more than one region or account; limits of requests a second.
"""

import time
from collections.abc import Callable
from functools import partial

from amp_sandbox import aws, paths
from amp_sandbox.redshift_data import catalog, fetching, sessions, statements, store
from amp_sandbox.redshift_data.runner import Runner
from amp_sandbox.settings import Settings
from amp_sandbox.standins.engine import Engine
from amp_sandbox.standins.service import Service, one_per_thread
from amp_sandbox.warehouse.context import WarehouseContext
from amp_sandbox.warehouse.host import NAME as FOLDER
from amp_sandbox.warehouse.host import Host

NAME = "redshift-data"
OPERATION_MODULES = (statements, fetching, catalog, sessions)
"""Imported for the operations that they register."""
_TICK_SECONDS = 30.0


def make_runner(settings: Settings, host: Host) -> Runner:
    """What runs the statements of one sandbox."""
    folder = paths.state_dir(settings.home, FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    return Runner(host, one_per_thread(lambda: store.connect(folder / "redshift-data.sqlite")))


def open_service(settings: Settings, host: Host, runner: Runner) -> Service:
    """The stand-in of one sandbox, ready to be served."""
    client: Callable[[str], object] = partial(aws.client, settings)

    def context(request_id: str) -> WarehouseContext:
        return WarehouseContext(
            runner.connect(), settings.region, settings.account_id, request_id, time.time, client, host, runner
        )

    return Service(NAME, context, engines=[runner, Engine("redshift-data upkeep", runner.tick, _TICK_SECONDS)])
