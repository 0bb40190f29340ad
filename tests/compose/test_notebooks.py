"""The profile of the notebooks: Jupyter in a container that has them, and can run them."""

import json
import os
from typing import Any

import pytest
from support.jupyter_page import listed, opened, refusal
from support.sandboxes import run

from amp_sandbox.runtime.compose import engine, project
from amp_sandbox.settings import Settings

# Becomes the notebooks' Python with all that the service is told, as a container's other processes are not told it.
EXECUTE = """
import os
from amp_sandbox.runtime import jupyter
from amp_sandbox.settings import load_settings
(service,) = jupyter.services(load_settings())
command = [str(service.python), "-m", "nbconvert", "--to", "notebook", "--execute", "--stdout", "1_tour.ipynb"]
os.chdir("/opt/amp-sandbox/notebooks")
os.execve(command[0], command, dict(service.environment))
"""


@pytest.fixture(scope="module")
def address(sandbox: Settings) -> str:
    """Of Jupyter in a sandbox that was started with it."""
    up = run(sandbox, "up", "--profile", "bi", timeout=1200)
    assert up.returncode == 0, up.stdout + up.stderr
    return opened(sandbox)


def container(settings: Settings) -> dict[str, Any]:
    told: list[dict[str, Any]] = json.loads(engine.run("inspect", project.containers(settings.home)["notebooks"].id))
    return told[0]


def test_the_notebooks_are_there_for_who_has_the_token(address: str) -> None:
    assert {"1_tour.ipynb", "amp.py"} <= listed(address)
    assert refusal(address) == 403
    assert refusal(address, host="sandbox.example") == 403


def test_its_container_is_you_and_has_nothing_of_the_home_but_its_folder(address: str, sandbox: Settings) -> None:
    told = container(sandbox)
    assert told["Config"]["User"] == (f"{os.getuid()}:{os.getgid()}" if os.getuid() else "10001:10001")
    assert {mount["Destination"] for mount in told["Mounts"]} == {
        "/opt/amp-sandbox/notebooks",
        "/srv/amp-sandbox/state/notebooks",
    }
    assert (told["HostConfig"]["ReadonlyRootfs"], told["HostConfig"]["CapDrop"]) == (True, ["ALL"])
    assert address.rpartition("=")[2] not in json.dumps(told)


def test_status_shows_it(address: str, sandbox: Settings) -> None:
    told = run(sandbox, "status", "--json")
    (jupyter,) = (one for one in json.loads(told.stdout)["services"] if one["name"] == "notebooks")
    assert (jupyter["state"], jupyter["healthy"]) == ("running", True)
    assert address.startswith(jupyter["url"])


@pytest.mark.usefixtures("address")
def test_a_notebook_runs_in_it_from_top_to_bottom(sandbox: Settings) -> None:
    assert run(sandbox, "seed", "--changes", "20", "--events", "500").returncode == 0
    assert run(sandbox, "batch", timeout=900).returncode == 0
    told = engine.run(
        "exec",
        project.containers(sandbox.home)["notebooks"].id,
        *("/opt/amp-sandbox/.venv/bin/python", "-c", EXECUTE),
        timeout=900,
    )
    outputs = [one for cell in json.loads(told)["cells"] for one in cell.get("outputs", [])]
    (results,) = (one["data"]["application/json"] for one in outputs if "application/json" in one.get("data", {}))
    assert (results["rows_in_sql"], results["title_in_sql"], results["analyst_refused"]) == (
        1,
        "Notebook Radio",
        "42501",
    )
