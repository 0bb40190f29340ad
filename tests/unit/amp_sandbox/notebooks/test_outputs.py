"""Notebooks: committed without outputs, which is checked and mended by the same code."""

import json
from pathlib import Path
from typing import Any

import pytest

from amp_sandbox.notebooks import outputs


def cell(kind: str = "code", **values: Any) -> dict[str, Any]:
    own = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "source": ["é = 1"], "metadata": {}, **own, **values}


def written(folder: Path, *cells: dict[str, Any]) -> Path:
    path = folder / "some.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
    return path


def test_there_are_notebooks() -> None:
    assert [path.name[:2] for path in outputs.notebooks()] == ["1_", "2_", "3_", "4_"]


@pytest.mark.parametrize("path", outputs.notebooks(), ids=lambda path: path.stem)
def test_no_notebook_has_outputs(path: Path) -> None:
    """Mend it with: make format."""
    assert outputs.with_outputs(json.loads(path.read_text(encoding="utf-8"))) == []


def test_outputs_and_counts_are_taken_out_and_nothing_else(tmp_path: Path) -> None:
    shown = cell(outputs=[{"output_type": "stream", "name": "stdout", "text": "2"}], execution_count=3)
    path = written(tmp_path, cell("markdown"), shown, cell(execution_count=4), cell())
    assert outputs.main([str(path)]) == 1
    told = path.read_text(encoding="utf-8")
    assert json.loads(told)["cells"] == [cell("markdown"), cell(), cell(), cell()]
    assert "é" in told
    assert outputs.main([str(path)]) == 0


def test_a_notebook_without_outputs_is_not_touched(tmp_path: Path) -> None:
    path = written(tmp_path, cell())
    before = path.stat().st_mtime_ns
    assert not outputs.strip(path)
    assert path.stat().st_mtime_ns == before
