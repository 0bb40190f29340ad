from pathlib import Path

import pytest

from amp_sandbox import reference
from amp_sandbox.cli import cli
from amp_sandbox.settings import PORTS, Settings, variable


@pytest.mark.parametrize("path", reference.pages(), ids=lambda path: path.name)
def test_a_generated_page_is_up_to_date(path: Path) -> None:
    assert path.read_text() == reference.pages()[path], "run: .venv/bin/python -m amp_sandbox.reference"


def test_every_command_and_every_setting_has_its_place() -> None:
    assert [name for name in cli.commands if f"### `{name}`" not in reference.cli_page()] == []
    assert [name for name in Settings.model_fields if f"`{variable(name)}`" not in reference.settings_page()] == []
    assert [name for name in PORTS if f"`{variable(name)}`" not in reference.ports_page()] == []


def test_the_default_home_is_written_relative_to_the_checkout() -> None:
    assert "| `SANDBOX_HOME` | `.sandbox` |" in reference.settings_page()
