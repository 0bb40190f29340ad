import subprocess
import sys

import click
import pytest

from amp_sandbox.cli import SECTIONS, SandboxGroup, cli, main
from amp_sandbox.errors import SandboxError


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """A command `fail` that raises what the test puts into the list."""
    errors: list[Exception] = []

    @click.command()
    def fail() -> None:
        raise errors[0]

    monkeypatch.setitem(cli.commands, "fail", fail)
    return errors


def exit_code(*arguments: str) -> object:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    return caught.value.code


def test_an_expected_error_is_a_few_lines_and_exit_code_1(
    failing: list[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(SandboxError("It failed.", "Line one\nline two", "Do this."))
    assert exit_code("fail") == 1
    printed = capsys.readouterr()
    assert printed.err == "Error: It failed.\n  Line one\n  line two\n  Do this.\n"
    assert printed.out == ""


def test_a_bug_keeps_its_traceback(failing: list[Exception]) -> None:
    failing.append(KeyError("bug"))
    with pytest.raises(KeyError, match="bug"):
        main(["fail"])


def test_an_endpoint_without_a_sandbox_is_an_expected_error(
    failing: list[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    from botocore.exceptions import EndpointConnectionError

    failing.append(EndpointConnectionError(endpoint_url="http://127.0.0.1:4566"))
    assert exit_code("fail") == 1
    assert "Is it running? Try: sandbox status" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["no-such-command"], ["status", "--no-such-option"], ["logs", "-n", "many"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    assert exit_code(*arguments) == 2


def test_help_lists_every_command_under_its_heading(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--help") == 0
    printed = capsys.readouterr().out
    for heading, names in SECTIONS.items():
        present = [name for name in names if name in cli.commands]
        assert not present or f"\n{heading}:\n" in printed
    assert [name for name in cli.commands if f"\n  {name} " not in printed] == []


def test_a_command_without_a_heading_is_listed_last() -> None:
    commands = {name: click.Command(name, help="Do it.") for name in ("zeta", "status", "up")}
    group = SandboxGroup("sandbox", commands)
    assert group.list_commands(click.Context(group)) == ["up", "status", "zeta"]
    assert "\nMore:\n  zeta    Do it." in group.get_help(click.Context(group))


def test_every_command_says_what_it_does() -> None:
    assert [name for name, command in cli.commands.items() if not command.help] == []


def test_the_command_line_starts_without_what_is_slow_to_import() -> None:
    code = "import sys, amp_sandbox.cli; print([m for m in sys.argv[1:] if m in sys.modules])"
    slow = ["boto3", "botocore", "pydantic", "rich", "duckdb", "pyarrow", "psutil", "moto"]
    found = subprocess.run([sys.executable, "-c", code, *slow], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
