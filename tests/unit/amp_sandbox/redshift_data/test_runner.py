from pathlib import Path

from amp_sandbox.redshift_data import store


def test_what_a_stopped_process_left_has_failed(tmp_path: Path) -> None:
    db = store.connect(tmp_path / "data.sqlite")
    store.add(db, "one", ["SELECT 1"], {}, batch=False, token=None, at=1.0)
    store.add(db, "two", ["SELECT 1", "SELECT 2"], {}, batch=True, token=None, at=1.0)
    store.advance(db, "one", "STARTED", at=2.0, pid=7)
    store.abort_all(db, "lost", at=3.0)
    found = [store.get(db, name) for name in ("one", "two", "two:1", "two:2")]
    assert [(one.status, one.error) for one in found if one] == [("FAILED", "lost")] * 4
    assert not store.advance(db, "one", "STARTED", at=4.0)
    assert store.count_unfinished(db) == 0
