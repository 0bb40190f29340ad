"""The installer of Python packages: uv, which comes with the sandbox as a package.

It reads the user's own configuration of indexes, mirrors and caches (`UV_*`, uv.toml), and nothing is configured here
but that the machine's certificates are trusted, as a mirror's may be its own, and that no interpreter is downloaded.
"""

import functools
import logging
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.errors import SandboxError

log = logging.getLogger(__name__)

_OURS = {"UV_SYSTEM_CERTS": "true", "UV_PYTHON_DOWNLOADS": "never"}
_LINES = 12
# How uv says that an index could not be reached, or that it was told not to ask one.
_UNREACHABLE = ("error sending request", "failed to fetch", "network was disabled")
_NETWORK = (
    "Check the network. UV_DEFAULT_INDEX names a mirror, and UV_OFFLINE=1 takes only what uv's cache has"
    " (https://docs.astral.sh/uv/reference/environment/)."
)


@functools.cache
def program() -> str:
    """uv's executable; raises SandboxError when it is not installed.

    To be called before there are threads that will: the first look-up fills sysconfig's tables, which two cannot do.
    """
    try:
        from uv import find_uv_bin

        return find_uv_bin()
    except (ImportError, FileNotFoundError):
        hint = f"Run: {paths.SETUP_COMMAND}" if paths.IS_CHECKOUT else "Install the wheel with its dependencies."
        raise SandboxError("The installer of Python packages, uv, is missing.", hint=hint) from None


def uv(arguments: Sequence[str | Path], failed: str) -> None:
    """Run uv. Raises SandboxError that says `failed`, with what uv said, when it fails."""
    command = [program(), *map(str, arguments)]
    log.debug("running %s", command)
    result = subprocess.run(command, env=os.environ | _OURS, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        told = result.stderr.strip() or result.stdout.strip()
        unreachable = any(sign in told.lower() for sign in _UNREACHABLE)
        raise SandboxError(failed, "\n".join(told.splitlines()[-_LINES:]), _NETWORK if unreachable else None)
