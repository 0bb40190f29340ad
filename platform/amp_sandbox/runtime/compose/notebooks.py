"""What the container of the notebooks is given: its folder of the home, as the one who is to read and write it.

The container is you, so that what it saves is yours. No container is root, so root's notebooks can be run there and not
saved, which is said.

**Left out:** engines that map users (rootless Docker): there, too, notebooks may turn out not to be writable.
"""

import os

from amp_sandbox import paths
from amp_sandbox.environments import NOTEBOOKS
from amp_sandbox.progress import OnProgress, Step
from amp_sandbox.runtime import jupyter
from amp_sandbox.settings import Settings

IMAGES_USER = 10001
"""Who all containers are, but for that of the notebooks."""


def user() -> str:
    """Who the container is, as Compose writes it: `user:group`, as numbers."""
    return f"{os.getuid()}:{os.getgid()}" if os.getuid() else f"{IMAGES_USER}:{IMAGES_USER}"


def prepare(settings: Settings, on_progress: OnProgress) -> None:
    """Make its folder and give it away where it has to be."""
    jupyter.prepare(settings)
    if os.getuid() == 0:
        folder = paths.state_dir(settings.home, NOTEBOOKS)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, IMAGES_USER, IMAGES_USER)
        on_progress(
            Step("notebooks can be run but not saved", "done", detail="they are root's, and no container is root")
        )
