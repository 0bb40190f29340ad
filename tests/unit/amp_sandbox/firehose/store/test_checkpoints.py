import sqlite3

from amp_sandbox.firehose import store
from amp_sandbox.firehose.store import Checkpoint


def test_checkpoints_belong_to_one_incarnation(db: sqlite3.Connection, stream: store.Stream) -> None:
    kept = Checkpoint("shard", "once", "17", 4, b"\0\1\1", False, 3.0)
    store.save_checkpoint(db, stream.id, Checkpoint("shard", "once", None, 0), at=1.0)
    store.save_checkpoint(db, stream.id, kept, at=3.0)
    assert store.load_checkpoints(db, stream.id, "once") == {"shard": kept}
    assert store.load_checkpoints(db, stream.id, "again") == {}
    assert store.drop_other_checkpoints(db, stream.id, "again") == 1
    assert store.all_checkpoints(db, stream.id) == []
