"""The SQLite file of a stand-in: how each of them opens it, and its transactions.

The file is in WAL mode with `synchronous=NORMAL`: a commit survives the death of the process at any moment, though not
a power cut. Each thread opens its own connection.

**Left out:** changes of a schema: a sandbox that starts is empty.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BUSY_SECONDS = 30


def connect(path: Path | str, schema: str) -> sqlite3.Connection:
    """Open the file for one thread, making it and the tables of the schema when they are missing."""
    db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute("PRAGMA foreign_keys=ON")
    db.executescript(schema)
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit everything done inside, or nothing. Inside another transaction it is part of that one."""
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
