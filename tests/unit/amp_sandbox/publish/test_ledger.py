from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from amp_sandbox.publish import ledger
from amp_sandbox.publish.ledger import LedgerFile, Publication
from amp_sandbox.settings import Settings


def read(*paths: Path) -> list[tuple[object, ...]]:
    files = [str(path) for path in paths]
    return duckdb.connect().execute(f"SELECT * FROM {ledger.relation('$files')}", {"files": files}).fetchall()


def test_what_is_written_can_be_read_at_once(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path, "run")
    lines = [Publication("a", 1, 2, "shardId-000000000000:49"), Publication("b", 3, None, "")]
    file.write(lines)
    assert read(file.path) == [tuple(lines[0]), ("b", 3, None, None)]
    file.write([Publication("a", 5, 6, "")])
    assert len(read(file.path)) == 3
    file.close()


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "run.csv").write_text("a,1,2,p\nb,1,2,p\nc,1")
    assert [row[0] for row in read(tmp_path / "run.csv")] == ["a", "b"]
    (tmp_path / "torn.csv").write_text("c,1")
    assert read(tmp_path / "torn.csv", tmp_path / "run.csv") == [("a", 1, 2, "p"), ("b", 1, 2, "p")]


def test_a_run_that_publishes_nothing_leaves_no_file(tmp_path: Path) -> None:
    LedgerFile(tmp_path, "run").close()
    assert list(tmp_path.iterdir()) == []


def test_threads_do_not_tear_each_others_lines(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path, "run")
    batches = [[Publication(f"{batch}-{line}", batch, line, "p" * 50) for line in range(200)] for batch in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(file.write, batches))
    file.close()
    assert sorted(read(file.path)) == sorted(tuple(line) for batch in batches for line in batch)


def test_files_and_runs_are_those_of_all_publishers(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert ledger.files(settings, "app-events") == []
    assert ledger.runs(settings) == set()
    for stream, run in (("app-events", "2"), ("app-events", "1"), ("show-catalog", "2")):
        file = LedgerFile(ledger.folder(settings, stream), run)
        file.write([Publication("a", 1, 2, "p"), Publication("b", 1, 2, "p")])
        file.close()
    assert [Path(path).stem for path in ledger.files(settings, "app-events")] == ["1", "2"]
    assert ledger.runs(settings) == {"1", "2"}
    assert ledger.lines(settings, "app-events") == 4


def test_runs_are_named_by_time_and_never_alike() -> None:
    names = {ledger.new_run(0) for _ in range(100)}
    assert len(names) == 100
    assert all(name.startswith("19700101T000000Z-") for name in names)
