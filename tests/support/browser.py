"""The system's Chromium, driven as a person uses it, and pictures of what it shows.

No browser is downloaded: Debian's is `apt-get install chromium`. A run with PICTURES set to a folder keeps the pictures
there, as `make pictures` does for the documentation.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, sync_playwright

Colours = Literal["light", "dark"]

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

needs_browser = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine (Debian: apt install chromium)")


@contextmanager
def page(width: int = 1280, height: int = 800, colours: Colours = "light") -> Iterator[Page]:
    """A page in a browser of its own."""
    with sync_playwright() as playwright:
        # As root, Chromium has no sandbox of its own; what it opens here is ours.
        arguments = ["--no-sandbox"] if os.getuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=arguments)
        try:
            yield browser.new_page(viewport={"width": width, "height": height}, color_scheme=colours)
        finally:
            browser.close()


def picture(page: Page, name: str, folder: Path, *, whole: bool = False) -> Path:
    """Keep what a page shows, in a folder or in the one that PICTURES names; `whole` shows what is below, too."""
    path = Path(os.environ.get("PICTURES", folder)) / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=whole)
    return path
