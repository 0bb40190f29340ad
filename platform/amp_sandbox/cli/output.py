"""Printing: facts as tables or JSON on standard output, errors on standard error, progress as it happens.

Only commands print; everything below them returns values and reports progress through a callback.
"""

import dataclasses
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import MARKS, OnProgress, Step

json_option = click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")


def print_json(value: Any) -> None:
    """Print a value as JSON: dataclasses as objects, times in ISO 8601."""
    click.echo(json.dumps(value, indent=2, default=_plain, ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[str] = ()) -> None:
    """Print a table as wide as its content. `right` names the columns to align to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    aligned = set(right)
    for column in columns:
        table.add_column(column, justify="right" if column in aligned else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text("" if cell is None else str(cell)) for cell in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 10_000  # for grep and the like, which want each row on one line
    with console.capture() as capture:
        console.print(table)
    # Cells are padded to the widest of their column, which may be a hundred times as wide.
    click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))


def print_error(error: SandboxError) -> None:
    """Print what failed, why, and what to do."""
    click.secho(f"Error: {error.what}", fg="red", err=True)
    for part in (error.why, error.hint):
        if part:
            click.echo("\n".join(f"  {line}" for line in pasteable(part).splitlines()), err=True)


def pasteable(text: str) -> str:
    """A text with each `sandbox <command>` in it as it can be typed here, also when sandbox is not on the PATH."""
    from amp_sandbox.cli import SECTIONS

    names = "|".join(name for names in SECTIONS.values() for name in names)
    return re.sub(rf"(?<![\w./-])sandbox(?= (?:{names})\b)", lambda _: _invoked_as(), text)


def _invoked_as() -> str:
    invoked = Path(sys.argv[0])
    found = shutil.which("sandbox")
    if invoked.name != "sandbox" or not invoked.is_file() or (found and invoked.samefile(found)):
        return "sandbox"
    here = os.path.relpath(invoked)
    return str(invoked) if here.startswith(os.pardir) else here


@contextmanager
def progress() -> Iterator[OnProgress]:
    """A callback that shows steps on standard error: live in a terminal, else a line for each that ends."""
    if not sys.stderr.isatty():
        yield _print_step
        return
    from rich.console import Console

    from amp_sandbox.terminal import LiveSteps

    with LiveSteps(Console(stderr=True, highlight=False)) as steps:
        yield steps.show


def _print_step(step: Step) -> None:
    if step.state != "started":
        detail = f"  {step.detail}" if step.detail else ""
        click.echo(f"  {MARKS[step.state]} {step.name:<28} {step.seconds:5.1f} s{detail}", err=True)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
