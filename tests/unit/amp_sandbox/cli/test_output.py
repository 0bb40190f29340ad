import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from amp_sandbox.cli.output import pasteable, print_json, print_table, progress
from amp_sandbox.progress import Step


@dataclass(frozen=True)
class Fact:
    path: Path
    day: date
    at: datetime


def test_json_has_dataclasses_times_and_paths(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([Fact(Path("/x"), date(2026, 11, 22), datetime(2026, 11, 22, 10, tzinfo=UTC)), "ü"])
    assert json.loads(capsys.readouterr().out) == [
        {"path": "/x", "day": "2026-11-22", "at": "2026-11-22T10:00:00+00:00"},
        "ü",
    ]


def test_what_has_no_json_form_is_a_bug() -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        print_json(object())


def test_a_table_keeps_each_row_on_one_line_and_markup_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "value"), [("a" * 200, "[bold]x[/bold]"), (None, 5)], right=("value",))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["a" * 200, "[bold]x[/bold]"] in lines
    assert ["5"] in lines


def test_progress_without_a_terminal_is_a_line_for_each_step_that_ended(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as on_progress:
        on_progress(Step("localstack", "started"))
        on_progress(Step("localstack", "done", 2.34, "http://127.0.0.1:4566"))
        on_progress(Step("standins", "failed", 1))
    printed = capsys.readouterr()
    assert printed.out == ""
    assert [line.split() for line in printed.err.splitlines()] == [
        ["✓", "localstack", "2.3", "s", "http://127.0.0.1:4566"],
        ["✗", "standins", "1.0", "s"],
    ]


def test_a_table_has_no_blanks_at_the_ends_of_lines_for_other_programs(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "value"), [("a", "b" * 500), ("c", "d")])
    assert [line for line in capsys.readouterr().out.splitlines() if line != line.rstrip()] == []


def test_commands_are_shown_as_they_were_invoked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "checkout" / ".venv" / "bin" / "sandbox"
    command.parent.mkdir(parents=True)
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    monkeypatch.setattr("sys.argv", [str(command), "demo"])
    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.chdir(tmp_path / "checkout")
    assert pasteable('eval "$(sandbox env)"; sandbox sql') == 'eval "$(.venv/bin/sandbox env)"; .venv/bin/sandbox sql'
    assert pasteable("The sandbox is up, see .venv/bin/sandbox status") == (
        "The sandbox is up, see .venv/bin/sandbox status"
    )
    monkeypatch.chdir("/")
    assert pasteable("sandbox up") == f"{str(command).removeprefix('/')} up"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert pasteable("sandbox up") == f"{command} up"
    monkeypatch.setenv("PATH", str(command.parent))
    assert pasteable("sandbox up") == "sandbox up"
