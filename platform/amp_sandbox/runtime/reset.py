"""Beginning again: all data is thrown away, and the sandbox is brought up fresh and deployed.

**Left out:** emptying only parts, such as one stream or bucket: `aws s3 rm` and the like do that, and what
was published, delivered and audited would no longer fit together.
"""

import shutil

from amp_sandbox import paths
from amp_sandbox.progress import OnProgress, ignore
from amp_sandbox.runtime.down import down
from amp_sandbox.runtime.facts import Started
from amp_sandbox.runtime.home import TAG
from amp_sandbox.runtime.up import up
from amp_sandbox.settings import Settings


def reset(settings: Settings, on_progress: OnProgress = ignore) -> Started:
    """Stop the sandbox, delete its state and logs, and start and deploy it again with the same settings."""
    down(settings, on_progress, clear=True)
    if (settings.home / TAG).is_file():
        shutil.rmtree(paths.logs_dir(settings.home), ignore_errors=True)
    return up(settings, on_progress)
