"""Jupyter as one meets it: opened by the command, with a token, and closed to who has none."""

import json
import re
import urllib.error
import urllib.request
from typing import Any

from amp_sandbox.settings import Settings
from support.sandboxes import run


def opened(settings: Settings) -> str:
    """Jupyter's address with its token, as `sandbox notebooks` tells it. The first time may install Jupyter."""
    told = run(settings, "notebooks", "--no-browser", timeout=1200)
    assert told.returncode == 0, told.stdout + told.stderr
    found = re.search(rf"^Jupyter: (http://127\.0\.0\.1:{settings.notebooks_port}/lab\?token=\S+)$", told.stdout, re.M)
    assert found, told.stdout
    return found[1]


def listed(address: str) -> set[str]:
    """The names of the files that Jupyter shows to whoever has the token."""
    place, _, query = address.partition("/lab?")
    with urllib.request.urlopen(f"{place}/api/contents?{query}", timeout=30) as answer:
        told: dict[str, Any] = json.load(answer)
    return {one["name"] for one in told["content"]}


def refusal(address: str, host: str = "127.0.0.1") -> int:
    """The status that Jupyter refuses a call with, of somebody without its token or by another name of the machine."""
    place, _, query = address.partition("/lab?")
    query = query if host != "127.0.0.1" else ""
    request = urllib.request.Request(f"{place}/api/contents?{query}", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
