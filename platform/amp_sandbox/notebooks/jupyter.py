"""Opens Jupyter on the running sandbox: JupyterLab of its own environment, on 127.0.0.1, with a token.

The notebooks are told where the platform is by the environment alone, as on AWS: the endpoint and test credentials of
`sandbox env`, the stack to ask for the names of everything, and the certificate that the warehouse is trusted by.
Passwords are not among them: notebooks ask Secrets Manager.

**Left out:** a running sandbox. Without one this is an error that says how to start it; starting it, and with which
data, is a decision of its own.
"""

import os
from collections.abc import Mapping, Sequence

from amp_sandbox import paths
from amp_sandbox.aws import client_environment
from amp_sandbox.environments import NOTEBOOKS
from amp_sandbox.settings import Settings, variable

# A profile or a token of the user's own would win over, or be sent with, the test credentials.
_NOT_PASSED_ON = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")


def open_jupyter(settings: Settings, *, browser: bool) -> None:
    """Become Jupyter. Returns only by an error."""
    python = paths.environment_python(NOTEBOOKS)
    os.execve(python, [str(python), *arguments(settings, browser=browser)], environment(settings, os.environ))  # noqa: S606


def arguments(settings: Settings, *, browser: bool) -> Sequence[str]:
    """Jupyter's command line. Jupyter makes its token itself, as a command line is everybody's to see."""
    values = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": settings.notebooks_port,
        "ServerApp.port_retries": 0,  # another port would not be the one that was set
        "ServerApp.root_dir": paths.NOTEBOOKS,
        "ServerApp.open_browser": browser,
        "ServerApp.allow_root": os.geteuid() == 0,  # in a container everybody is; the port is this machine's alone
        # Nothing leaves the machine: neither news nor a list of extensions is asked for.
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }
    return ["-m", "jupyterlab", *(f"--{name}={value}" for name, value in values.items())]


def environment(settings: Settings, outer: Mapping[str, str]) -> dict[str, str]:
    """The environment of notebooks: whoever runs one outside Jupyter passes it on the same."""
    kept = {name: value for name, value in outer.items() if name not in _NOT_PASSED_ON}
    return kept | {
        **client_environment(settings),
        "AMP_STACK": settings.stack_name,
        "SSL_CERT_FILE": str(paths.warehouse_certificate(settings.home)),
        # So that `sandbox` in a notebook is this sandbox's.
        variable("home"): str(settings.home),
        "PATH": f"{paths.SANDBOX_PYTHON.parent}{os.pathsep}{outer.get('PATH', os.defpath)}",
        # The world that made the data, which one notebook asks for what moderators decided.
        "PYTHONPATH": str(paths.SEED_DATA),
    }
