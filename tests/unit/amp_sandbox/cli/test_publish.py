import json
from collections.abc import Callable

import pytest
from click.testing import Result

from amp_sandbox.publish import by_hand
from amp_sandbox.publish.by_hand import Published

Run = Callable[..., Result]


@pytest.fixture
def titles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles that were published."""
    found: list[str] = []

    def change(_: by_hand.Publish, *, title: str) -> Published:
        found.append(title)
        return Published("change-1", "show_catalog", {"show_id": "show_1", "title": title})

    monkeypatch.setattr(by_hand.Publish, "change", change)
    return found


def test_a_show_is_published_and_how_to_follow_it_is_told(run: Run, titles: list[str]) -> None:
    told = run("publish", "Night Owls").stdout
    assert titles == ["Night Owls"]
    assert "'Night Owls' as show_1" in told
    assert "sandbox trace change-1" in told
    assert "http://127.0.0.1:8090/trace?id=change-1" in told


def test_its_ids_are_json_for_scripts(run: Run, titles: list[str]) -> None:
    assert json.loads(run("publish", "Night Owls", "--json").stdout) == {"change_id": "change-1", "show_id": "show_1"}


def test_a_show_without_a_title_is_wrong_usage(run: Run, titles: list[str]) -> None:
    result = run("publish", " ")
    assert result.exit_code == 2
    assert "empty" in result.stderr
    assert titles == []
