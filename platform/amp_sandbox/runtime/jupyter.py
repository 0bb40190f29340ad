"""Jupyter as a service of a sandbox: JupyterLab on the notebooks of the checkout, on 127.0.0.1, with a token.

It is an on-demand service: `sandbox notebooks` and `up --profile bi` start it. Its environment is made then, or its
image. The notebooks are told where the platform is by the environment alone, as on AWS: the endpoint and test
credentials of `sandbox env`, the stack to ask for the names of everything, and the certificate that the warehouse is
trusted by. Passwords are not among them: notebooks ask Secrets Manager.

All that it needs of a sandbox is put into one folder, which is also its home. So its container is given that folder and
the notebooks, and no other part of the sandbox, and can be you: what it saves belongs to whoever has the checkout.

**Left out:** Jupyter's settings outliving a fresh start; an installed package, which carries no notebooks.
"""

import html
import os
import secrets
import shutil
from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.aws import client_environment
from amp_sandbox.environments import NOTEBOOKS
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime.service import Service, clean_environment
from amp_sandbox.settings import Settings, variable

PROFILE = "bi"


def services(settings: Settings) -> tuple[Service, ...]:
    """Jupyter, where there are notebooks to open."""
    if not paths.IS_CHECKOUT:
        return ()
    python = paths.environment_python(NOTEBOOKS)
    folder = paths.state_dir(settings.home, NOTEBOOKS)
    return (
        Service(
            name=NOTEBOOKS,
            python=python,
            arguments=_arguments(settings),
            directory=folder,
            port=settings.notebooks_port,
            port_setting=variable("notebooks_port"),
            health_path="/api",
            priority=60,
            stop_seconds=5,
            on_demand=True,
            profile=PROFILE,
            environment=clean_environment(settings, NOTEBOOKS, python)
            | client_environment(settings)
            | {
                "AMP_STACK": settings.stack_name,
                "SSL_CERT_FILE": str(_certificate(settings)),
                "JUPYTER_TOKEN_FILE": str(token_file(settings)),
                # So that `sandbox` in a notebook is this sandbox's.
                variable("home"): str(settings.home),
                "PATH": f"{paths.SANDBOX_PYTHON.parent}:{python.parent}:/usr/local/bin:/usr/bin:/bin",
                # The world that made the data, which one notebook asks for what moderators decided.
                "PYTHONPATH": str(paths.SEED_DATA),
            },
        ),
    )


def prepare(settings: Settings) -> None:
    """Put what Jupyter needs of a running sandbox into its folder. A token that is there stays."""
    paths.state_dir(settings.home, NOTEBOOKS).mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(paths.warehouse_certificate(settings.home), _certificate(settings))
    if not token_file(settings).exists():
        homes.write_private(token_file(settings), secrets.token_urlsafe(32))
    # A browser is given a file to open, as what is on a command line is everybody's to see.
    target = html.escape(address(settings))
    homes.write_private(
        page(settings), f'<!doctype html><meta http-equiv="refresh" content="0; url={target}"><p>Jupyter'
    )


def token_file(settings: Settings) -> Path:
    """Where the token is, made at the first start of Jupyter in a sandbox; only its owner can read it."""
    return paths.state_dir(settings.home, NOTEBOOKS) / "token"


def page(settings: Settings) -> Path:
    """A page that leads to Jupyter with its token."""
    return paths.state_dir(settings.home, NOTEBOOKS) / "open.html"


def address(settings: Settings) -> str:
    """Jupyter's address, with its token."""
    return f"http://127.0.0.1:{settings.notebooks_port}/lab?token={token_file(settings).read_text()}"


def _arguments(settings: Settings) -> tuple[str, ...]:
    values = {
        "ServerApp.ip": settings.listen_address,
        "ServerApp.port": settings.notebooks_port,
        "ServerApp.port_retries": 0,  # another port would not be the one that was set
        "ServerApp.allow_remote_access": False,  # whatever it listens on, it is asked for by a name of this machine
        "ServerApp.root_dir": paths.NOTEBOOKS,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": os.geteuid() == 0,  # on a machine where everybody is; the port is loopback's alone
        # Nothing leaves the machine: neither news nor a list of extensions is asked for.
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }
    return ("-m", "jupyterlab", *(f"--{name}={value}" for name, value in values.items()))


def _certificate(settings: Settings) -> Path:
    return paths.state_dir(settings.home, NOTEBOOKS) / "warehouse.crt"
