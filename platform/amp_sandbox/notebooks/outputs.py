"""Notebooks are kept without outputs: what they show follows from the data of whoever runs them.

`python -m amp_sandbox.notebooks.outputs [FILE…]` takes outputs and execution counts out of notebooks, all of
`notebooks/` when none are named, and ends with 1 when it changed one, as a pre-commit hook does.

**Left out:** metadata of cells and of the kernel, which say how a notebook is to be shown, not what it once said.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from amp_sandbox import paths


def with_outputs(notebook: dict[str, Any]) -> list[int]:
    """The places of the cells that have an output or an execution count."""
    code = ((place, cell) for place, cell in enumerate(notebook["cells"]) if cell["cell_type"] == "code")
    return [place for place, cell in code if cell["outputs"] or cell["execution_count"] is not None]


def strip(path: Path) -> bool:
    """Take the outputs out of a notebook; answers whether there were any."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    found = with_outputs(notebook)
    for place in found:
        notebook["cells"][place] |= {"outputs": [], "execution_count": None}
    if found:
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return bool(found)


def notebooks() -> list[Path]:
    """Every notebook of the repository, in order."""
    return sorted(paths.NOTEBOOKS.glob("*.ipynb"))


def main(arguments: Sequence[str]) -> int:
    """Strip notebooks; answers the exit code."""
    named: Iterable[Path] = [Path(name) for name in arguments] or notebooks()
    stripped = [path for path in named if strip(path)]
    for path in stripped:
        print(f"took the outputs out of {path}")  # noqa: T201 - what a hook tells
    return 1 if stripped else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
