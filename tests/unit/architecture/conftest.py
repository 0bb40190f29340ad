"""The code that ships to AWS, as syntax trees."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
SHIPPED = ("services", "spark", "airflow")


@dataclass(frozen=True)
class Module:
    """A Python file: where it is, what it says, and its syntax tree."""

    path: Path
    text: str
    tree: ast.Module

    def nodes(self) -> Iterator[ast.AST]:
        """Every node of the tree."""
        return ast.walk(self.tree)


def modules_below(folder: Path) -> list[Module]:
    texts = {path: path.read_text() for path in sorted(folder.rglob("*.py"))}
    return [Module(path, text, ast.parse(text, str(path))) for path, text in texts.items()]


@pytest.fixture(scope="session")
def modules() -> Callable[[Path], list[Module]]:
    """The modules below a folder."""
    return modules_below


@pytest.fixture(scope="session")
def shipped() -> list[Module]:
    """All Python that ships to AWS."""
    found = [module for name in SHIPPED for module in modules_below(REPOSITORY / name)]
    assert {module.path.parent.name for module in found} >= {"catalog_ingest", "show_flattener", "event_transform"}
    return found


@pytest.fixture
def parsed(tmp_path: Path) -> Callable[[str], Module]:
    """A module of a test's own making."""
    return lambda text: Module(tmp_path / "made_up.py", text, ast.parse(text))
