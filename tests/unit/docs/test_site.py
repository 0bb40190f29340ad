"""The site of the documentation: every link leads somewhere, and a page of it asks no other machine."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from amp_sandbox import paths

ASKED_FOR = re.compile(r"""<(?:link|script|img|iframe)[^>]*(?:href|src)=["']([^"']+)""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site. A link to nowhere, or a page in no list, is a warning, and so fails here."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", folder / "trees", paths.DOCS, folder]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


def test_every_page_is_in_it(site: Path) -> None:
    pages = [path.relative_to(paths.DOCS).with_suffix(".html") for path in paths.DOCS.rglob("*.md")]
    assert [str(page) for page in pages if page.name != "README.html" and not (site / page).is_file()] == []
    assert len(pages) > 40


def test_it_asks_no_other_machine(site: Path) -> None:
    asked = {found for page in site.rglob("*.html") for found in ASKED_FOR.findall(page.read_text())}
    assert asked
    assert [one for one in asked if one.startswith(("http:", "https:", "//"))] == []
