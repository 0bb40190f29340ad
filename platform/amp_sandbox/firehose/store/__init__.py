"""Everything the Firehose stand-in remembers, in one SQLite file; the only SQL of the package.

Each thread opens its own connection with `connect`, see `standins.sqlite`. A delivery stream has an integer `id` that
is never used again, so nothing of a deleted stream is taken for part of a new one.

What makes delivery safe against ``kill -9``:

* a record of PutRecord or PutRecordBatch is committed before the call is answered (`put_records`);
* an object is *planned* (`plan_delivery`: its key and the positions of its records) before it is written to
  S3, and *confirmed* (`confirm_delivery`) afterwards, in the transaction that settles its records. On restart
  the engine asks S3 about every object still planned.

**Left out:** encryption at rest: the file is as safe as the folder it lies in.
"""

from amp_sandbox.firehose.store.checkpoints import (
    Checkpoint,
    all_checkpoints,
    drop_other_checkpoints,
    load_checkpoints,
    save_checkpoint,
)
from amp_sandbox.firehose.store.database import connect
from amp_sandbox.firehose.store.deliveries import (
    DELIVERIES_KEPT,
    Delivery,
    add_stats,
    cancel_delivery,
    confirm_delivery,
    get_stats,
    plan_delivery,
    planned_deliveries,
    prune_deliveries,
    recent_deliveries,
)
from amp_sandbox.firehose.store.records import (
    DIRECT_SHARD,
    DirectRecord,
    Stored,
    count_records,
    put_records,
    read_records,
    record_id,
    remove_records,
)
from amp_sandbox.firehose.store.streams import (
    Stream,
    StreamExistsError,
    create_stream,
    delete_stream,
    get_stream,
    list_streams,
    list_tags,
    remove_tags,
    set_status,
    set_tags,
    update_definition,
)
from amp_sandbox.standins.sqlite import transaction

__all__ = [
    "DELIVERIES_KEPT",
    "DIRECT_SHARD",
    "Checkpoint",
    "Delivery",
    "DirectRecord",
    "Stored",
    "Stream",
    "StreamExistsError",
    "add_stats",
    "all_checkpoints",
    "cancel_delivery",
    "confirm_delivery",
    "connect",
    "count_records",
    "create_stream",
    "delete_stream",
    "drop_other_checkpoints",
    "get_stats",
    "get_stream",
    "list_streams",
    "list_tags",
    "load_checkpoints",
    "plan_delivery",
    "planned_deliveries",
    "prune_deliveries",
    "put_records",
    "read_records",
    "recent_deliveries",
    "record_id",
    "remove_records",
    "remove_tags",
    "save_checkpoint",
    "set_status",
    "set_tags",
    "transaction",
    "update_definition",
]
