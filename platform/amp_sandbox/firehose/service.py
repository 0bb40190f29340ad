"""Opens the Firehose stand-in: its store, its engines, its pages.

**Left out:** more than one region or account; there is one store.
"""

import time
from functools import partial

from amp_sandbox import aws, paths
from amp_sandbox.firehose import clients, lifecycle, operations, puts, store, tags, views
from amp_sandbox.firehose.engine import FirehoseService
from amp_sandbox.protocol import Context
from amp_sandbox.settings import Settings
from amp_sandbox.standins.engine import Engine
from amp_sandbox.standins.service import Runs, Service, one_per_thread

NAME = "firehose"
OPERATION_MODULES = (operations, puts, tags)
"""Imported for the operations that they register."""

_LIFECYCLE_SECONDS = 0.1


def open_service(settings: Settings) -> Service:
    """The stand-in of one sandbox, ready to be served."""
    folder = paths.state_dir(settings.home, NAME)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "firehose.sqlite"
    connection = one_per_thread(lambda: store.connect(file))
    client = partial(aws.client, settings)

    def context(request_id: str) -> Context:
        return Context(connection(), settings.region, settings.account_id, request_id, time.time, client)

    def settle() -> None:
        lifecycle.settle_created(connection(), client, time.time)

    deliveries = FirehoseService(
        clients.connect(settings.localstack_url, settings.region), file, region=settings.region
    )
    engines: list[Runs] = [Engine("firehose-lifecycle", settle, _LIFECYCLE_SECONDS), deliveries]
    return Service(NAME, context, engines, views.stream_views(deliveries.facts), deliveries.health)
