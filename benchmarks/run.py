"""Measures a sandbox of its own and writes what it found: `make bench`, or `make bench ROWS="invoke lake"`."""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reference import reference_seconds
from rows import ROWS, Figure, Row
from support.sandboxes import own_settings, run

from amp_sandbox.cli.output import print_table
from amp_sandbox.settings import Settings

RESULTS = Path(__file__).parent / "results"


def main(names: list[str]) -> int:
    """Measure the named rows, all of them by default, and print and write the figures."""
    unknown = sorted(set(names) - ROWS.keys())
    if unknown:
        print(f"No such row: {', '.join(unknown)}. There are: {', '.join(ROWS)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="amp-bench-") as folder:
        settings = own_settings(Path(folder) / "home")
        measured = []
        try:
            measured.append(_measure("up", _up, settings))
            for name in names or ROWS:
                print(f"measuring {name} …", file=sys.stderr)
                measured.append(_measure(name, ROWS[name], settings))
        finally:
            run(settings, "down")
    _print(measured)
    _write(measured)
    return 0


def _up(settings: Settings) -> list[Figure]:
    """The first start warms what the machine caches; the second is measured."""
    for _ in range(2):
        run(settings, "down")
        started = time.perf_counter()
        result = run(settings, "up")
        seconds = time.perf_counter() - started
        if result.returncode:
            raise RuntimeError(f"sandbox up failed:\n{result.stdout}{result.stderr}")
    return [Figure("up and deployed, warm", seconds, "s", "12")]


def _measure(name: str, row: Row, settings: Settings) -> dict[str, Any]:
    before = reference_seconds()
    figures = row(settings)
    reference = (before + reference_seconds()) / 2
    return {"row": name, "reference_seconds": reference, "figures": figures}


def _print(measured: list[dict[str, Any]]) -> None:
    rows = [
        (figure.name, f"{figure.value:,.1f} {figure.unit}", figure.goal, _ratio(figure, one))
        for one in measured
        for figure in one["figures"]
    ]
    print_table(("what", "measured", "goal", "ratio"), rows, right=("measured", "goal", "ratio"))


def _ratio(figure: Figure, row: dict[str, Any]) -> float | None:
    """A time in units of the reference's; a rate by how many happen in that time; nothing for what takes no time."""
    reference: float = row["reference_seconds"]
    if figure.unit == "/s":
        return round(figure.value * reference, 2)
    seconds = {"s": 1.0, "ms": 0.001}.get(figure.unit)
    return None if seconds is None else round(figure.value * seconds / reference, 2)


def _write(measured: list[dict[str, Any]]) -> None:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "rows": [
            {
                "row": one["row"],
                "reference_seconds": one["reference_seconds"],
                "figures": [vars(figure) | {"ratio": _ratio(figure, one)} for figure in one["figures"]],
            }
            for one in measured
        ],
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "latest.json"
    path.write_text(json.dumps(document, indent=2) + "\n")
    print(f"Written to {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
