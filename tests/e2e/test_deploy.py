"""Editing and deploying, in a copy of the checkout: its folders are the user's, its environments the real ones."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.sandboxes import environment, own_settings

from amp_sandbox import aws, paths
from amp_sandbox.settings import Settings

PARTS = ("airflow", "platform", "seed_data", "services", "spark")
FILES = (".dockerignore", "docker-compose.yml", "pyproject.toml")
EDIT = "\n\ndef lambda_handler(event, context):\n    return {'answered by': 'the edited handler'}\n"


class Checkout:
    """A copy of this checkout and a sandbox of its own."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder, self.settings = folder, settings
        self.template = folder / "platform" / "template.yaml"

    def sandbox(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run this checkout's `sandbox`."""
        search = os.pathsep.join(str(self.folder / name) for name in ("platform", "seed_data"))
        return subprocess.run(
            [paths.SANDBOX_PYTHON, "-c", "from amp_sandbox.cli import main; main()", *arguments],
            cwd=self.folder,
            env={**environment(self.settings), "PYTHONPATH": search},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def deploy(self) -> list[tuple[str, str]]:
        """Deploy, and answer what was done to which resource."""
        answer = self.sandbox("deploy", "--json")
        assert answer.returncode == 0, answer.stderr
        return [(one["action"], one["logical_id"]) for one in json.loads(answer.stdout)["changes"]]

    def invoke(self) -> Any:
        """What show-flattener answers to no records."""
        name = self.settings.function_name("show-flattener")
        answer = aws.client(self.settings, "lambda").invoke(FunctionName=name, Payload=b'{"records": []}')
        return json.loads(answer["Payload"].read())


def copy(folder: Path) -> Path:
    """Copy what git would, without the environments and without what runs leave behind."""
    for name in PARTS:
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*_cache")
        shutil.copytree(paths.REPOSITORY / name, folder / name, ignore=ignored)
    for name in FILES:
        shutil.copy2(paths.REPOSITORY / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A copy that is set up, with its sandbox running."""
    folder = copy(tmp_path_factory.mktemp("checkout"))
    for name in (".venv", ".envs"):
        (folder / name).symlink_to(paths.REPOSITORY / name)
    made = Checkout(folder, own_settings(folder / ".sandbox"))
    up = made.sandbox("up")
    try:
        assert up.returncode == 0, up.stdout + up.stderr
        yield made
    finally:
        assert made.sandbox("down").returncode == 0


def test_an_edited_handler_is_live_in_seconds(checkout: Checkout) -> None:
    handler = checkout.folder / "services" / "show_flattener" / "app.py"
    original = handler.read_text()
    assert checkout.invoke() == {"records": []}
    try:
        handler.write_text(original + EDIT)
        started = time.monotonic()
        assert checkout.deploy() == [("Modify", "ShowFlattenerFunction")]
        assert checkout.invoke() == {"answered by": "the edited handler"}
        assert time.monotonic() - started < 15
    finally:
        handler.write_text(original)
    assert checkout.deploy() == [("Modify", "ShowFlattenerFunction")]
    assert checkout.invoke() == {"records": []}


def test_a_second_deployment_has_nothing_to_change(checkout: Checkout) -> None:
    assert checkout.deploy() == []
    assert "nothing to change" in checkout.sandbox("deploy").stderr


@pytest.mark.parametrize(
    ("place", "wrong", "named"),
    [
        ("\nResources:\n", "  Mystery:\n    Type: AWS::Nowhere::Thing\n", "AWS::Nowhere::Thing"),
        ("\nResources:\n", "  Broken: [\n", "template.yaml"),
        ("\nParameters:\n", "  Needed:\n    Type: String\n", "Needed"),
    ],
    ids=["unknown resource type", "broken YAML", "missing parameter"],
)
def test_a_wrong_template_is_told_and_the_stack_stays(checkout: Checkout, place: str, wrong: str, named: str) -> None:
    original = checkout.template.read_text()
    assert original.count(place) == 1
    try:
        checkout.template.write_text(original.replace(place, place + wrong))
        answer = checkout.sandbox("deploy")
    finally:
        checkout.template.write_text(original)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "\nError: " in answer.stderr
    assert named in answer.stderr
    assert "Traceback" not in answer.stderr
    # Twice, as the first deployment after a roll-back changes what LocalStack says of the stack.
    for _ in range(2):
        assert checkout.deploy() == []
        assert checkout.invoke() == {"records": []}


def test_a_checkout_that_is_not_set_up_is_told_how(tmp_path: Path) -> None:
    bare = Checkout(copy(tmp_path / "bare"), own_settings(tmp_path / "home"))
    answer = bare.sandbox("up")
    assert answer.returncode == 1
    assert "\nError: The sandbox is not installed completely.\n" in answer.stderr
    assert "Run: make setup" in answer.stderr
    assert not bare.settings.home.exists()
