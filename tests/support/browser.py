"""The system's Chromium, driven as a person uses it, and pictures of what it shows.

No browser is downloaded: Debian's is `apt-get install chromium`. It is started once, and each page has a context of its
own in it: nothing is kept from one page to the next. A run with PICTURES set to a folder keeps the pictures there, as
`make pictures` does for the documentation.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

PICTURES = "PICTURES"
Colours = Literal["light", "dark"]

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

needs_browser = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine (Debian: apt install chromium)")


_opened = ExitStack()


@contextmanager
def page(width: int = 1280, height: int = 800, colours: Colours = "light") -> Iterator[Page]:
    """A page in a context of its own."""
    context = _browser().new_context(viewport={"width": width, "height": height}, color_scheme=colours)
    with context:
        yield context.new_page()


def close() -> None:
    """End the browser, if there is one: what runs later in this process has no event loop of Playwright's around it."""
    _opened.close()
    _browser.cache_clear()


@cache
def _browser() -> Browser:
    playwright = _opened.enter_context(sync_playwright())
    # As root, Chromium has no sandbox of its own; what it opens here is ours.
    arguments = ["--no-sandbox"] if os.getuid() == 0 else []
    return _opened.enter_context(playwright.chromium.launch(executable_path=PROGRAM, args=arguments))


def picture(page: Page, name: str, folder: Path, *, whole: bool = False) -> Path:
    """Keep what a page shows, in a folder or in the one that PICTURES names; `whole` shows what is below, too."""
    path = Path(os.environ.get(PICTURES, folder)) / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=whole)
    return path


def picture_if_wanted(page: Page, name: str) -> None:
    """Keep all that a page shows where PICTURES says, if anywhere: for people to look at; not worth the time else."""
    if folder := os.environ.get(PICTURES):
        picture(page, name, Path(folder), whole=True)
