"""One sandbox with a week of data, for all notebooks: seeded once, and its tables built once."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support.sandboxes import own_settings, run, running

from amp_sandbox import paths
from amp_sandbox.environments import NOTEBOOKS
from amp_sandbox.runtime import jupyter
from amp_sandbox.settings import Settings

CHANGES, EVENTS = 300, 60_000
RESULTS = "application/json"


class Executed(NamedTuple):
    """A notebook that was run: the results that it shows in the end, and all of its outputs."""

    results: dict[str, Any]
    outputs: list[dict[str, Any]]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A sandbox on free ports, with data in the lake and in the marts."""
    with running(own_settings(tmp_path_factory.mktemp("sandbox") / "home")) as settings:
        for command in (("seed", f"--changes={CHANGES}", f"--events={EVENTS}"), ("audit", "--wait=120"), ("batch",)):
            done = run(settings, *command, timeout=1800)
            assert done.returncode == 0, done.stdout + done.stderr
        yield settings


@pytest.fixture(scope="session")
def execute(sandbox: Settings, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Executed]:
    """Runs a notebook of the repository by its name, with the environment that Jupyter would give it."""
    folder = tmp_path_factory.mktemp("executed")
    jupyter.prepare(sandbox)
    (service,) = jupyter.services(sandbox)

    def executed(name: str) -> Executed:
        output = folder / f"{name}.ipynb"
        done = subprocess.run(
            [
                paths.environment_python(NOTEBOOKS),
                Path(__file__).with_name("execute.py"),
                paths.NOTEBOOKS / f"{name}.ipynb",
                output,
            ],
            env=dict(service.environment),
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        cells = json.loads(output.read_text(encoding="utf-8"))["cells"]
        outputs = [one for cell in cells if cell["cell_type"] == "code" for one in cell["outputs"]]
        [results] = [one["data"][RESULTS] for one in outputs if RESULTS in one.get("data", {})]
        return Executed(results, outputs)

    return executed
