import webbrowser
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from amp_sandbox import paths
from amp_sandbox.progress import OnProgress
from amp_sandbox.runtime import choice, jupyter, supervised
from amp_sandbox.settings import Settings


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the browser was given. Jupyter itself does not start."""
    pages: list[str] = []

    def start(settings: Settings, on_progress: OnProgress) -> None:
        paths.warehouse_certificate(settings.home).parent.mkdir(parents=True)
        paths.warehouse_certificate(settings.home).touch()
        jupyter.prepare(settings)

    monkeypatch.setattr(choice, "of", lambda settings: supervised)
    monkeypatch.setattr(supervised, "start_notebooks", start)
    monkeypatch.setattr(webbrowser, "open", pages.append)
    return pages


def test_the_address_is_told_and_the_browser_gets_a_page_without_the_token_in_its_name(
    run: Callable[..., Result], opened: list[str], tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path)
    told = run("notebooks")
    assert told.exit_code == 0
    assert f"Jupyter: {jupyter.address(settings)}\n" in told.output
    assert opened == [jupyter.page(settings).as_uri()]


@pytest.mark.usefixtures("opened")
def test_no_browser_is_opened_when_none_is_wanted(run: Callable[..., Result], opened: list[str]) -> None:
    assert run("notebooks", "--no-browser").exit_code == 0
    assert opened == []
