"""What the documents tell people to type exists: every make target, every command and every option."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from amp_sandbox import paths
from amp_sandbox.cli import cli

DOCUMENTS = [
    *(paths.REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted(paths.DOCS.rglob("*.md")),
]
# A block between fences, or a span between single backquotes within a line.
CODE = re.compile(r"^```[^\n]*\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
MAKE = re.compile(r"(?<![\w./-])make((?: [a-z][a-z-]*)+)")
SANDBOX = re.compile(r"(?<![\w./-])(?:\.venv/bin/)?sandbox ([a-z][a-z-]*)((?: [^`\n]*)?)")


def code_lines(text: str) -> Iterator[str]:
    """The lines of a document that are code, without comments."""
    for block, span in CODE.findall(text):
        for line in (block or span).splitlines():
            yield re.sub(r"(^|\s)#.*", "", line)


def make_targets() -> set[str]:
    return {name for line in re.findall(r"^\.PHONY:(.*)$", makefile(), re.MULTILINE) for name in line.split()}


def makefile() -> str:
    return (paths.REPOSITORY / "Makefile").read_text()


def options(command: click.Command) -> set[str]:
    return {"--help", "-h", *(name for param in command.params for name in param.opts)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(paths.REPOSITORY).as_posix())
def test_what_a_document_tells_to_type_exists(document: Path) -> None:
    targets = make_targets()
    for line in code_lines(document.read_text()):
        for names in MAKE.findall(line):
            assert set(names.split()) <= targets, line
        for name, rest in SANDBOX.findall(line):
            assert name in cli.commands, line
            given = set(re.findall(r"(?<=\s)--?[a-z][a-z-]*", rest.partition(" && ")[0]))
            assert given <= options(cli.commands[name]), line


def test_the_documents_name_what_matters() -> None:
    # Were the patterns above to find nothing, every document would pass.
    lines = list(code_lines((paths.REPOSITORY / "README.md").read_text()))
    targets = {name for line in lines for names in MAKE.findall(line) for name in names.split()}
    assert targets >= {"demo", "test", "up", "down"}
    assert {name for line in lines for name, _ in SANDBOX.findall(line)} >= {"status", "seed", "audit", "trace", "sql"}


def test_make_help_lists_every_target_with_a_description() -> None:
    told = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=paths.REPOSITORY, capture_output=True, text=True, check=True
    )
    listed = dict(re.findall(r"^  make (\S+) +(\S.*)$", told.stdout, re.MULTILINE))
    assert listed.keys() == make_targets()


def test_make_alone_shows_the_help() -> None:
    assert re.search(r"^\.DEFAULT_GOAL := help$", makefile(), re.MULTILINE)
