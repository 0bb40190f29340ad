from pathlib import Path

from amp_sandbox.runtime.readiness import last_lines


def test_the_last_lines_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    assert last_lines(path, 2) == []
    path.write_bytes(b"one\ntwo \xff\nthree")
    assert last_lines(path, 2) == ["two �", "three"]
    assert last_lines(path, 0) == []
