"""The console after the demo: what its map says, and the picture of it for the README."""

import subprocess
from pathlib import Path
from typing import Any

from playwright.sync_api import expect
from support.browser import needs_browser, page, picture
from support.sandboxes import COMMAND, environment

from amp_sandbox.console.flow import hops
from amp_sandbox.settings import Settings

WAIT_MS = 60_000


@needs_browser
def test_the_map_of_a_platform_at_work_for_the_picture(sandbox: Settings, demo: dict[str, Any], tmp_path: Path) -> None:
    seed = [COMMAND, "seed", "--rate", "150", "--duration", "40", "--changes", "400"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(seed, env=environment(sandbox), **quiet) as publishing, page(1440, 900) as tab:
        try:
            tab.goto(sandbox.console_url)
            for name in ("events_delivery", "catalog_delivery", "event_transform"):
                expect(tab.locator(f'[data-hop="{name}"]')).to_have_attribute("data-state", "moving", timeout=WAIT_MS)
            for name in hops(sandbox):
                hop = tab.locator(f'[data-hop="{name}"]')
                expect(hop).not_to_have_attribute("data-state", "unknown", timeout=WAIT_MS)
                expect(hop).not_to_have_attribute("data-state", "idle", timeout=WAIT_MS)
            assert picture(tab, "console", tmp_path, whole=True).stat().st_size > 20_000
        finally:
            publishing.terminate()
