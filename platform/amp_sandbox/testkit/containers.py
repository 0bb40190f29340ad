"""The sandbox for suites that use testcontainers: its containers as one of testcontainers' Compose environments.

    with AmpSandbox() as containers:
        containers.sandbox.client("s3").list_buckets()
        containers.get_logs("localstack")

Starting and stopping are the Compose runtime's own, which builds the images where they are not there, waits, and
deploys the template. What testcontainers offers of a running environment (`get_containers`, `get_logs`,
`exec_in_container`) works on these containers. So do `sandbox status` and the like, with the environment's home as
SANDBOX_HOME.

**Left out:** testcontainers' own options of starting (`pull`, `build`, `services`, wait strategies): they are the
runtime's to decide. Its reaper, as in all Compose environments: a suite that is killed leaves the containers behind.

https://testcontainers-python.readthedocs.io/en/latest/modules/compose/README.html
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from testcontainers.compose import DockerCompose

from amp_sandbox.progress import OnProgress, ignore
from amp_sandbox.runtime import down as runtime_down
from amp_sandbox.runtime.compose import project
from amp_sandbox.runtime.up import up
from amp_sandbox.settings import COMPOSE, Settings
from amp_sandbox.testkit.handle import Sandbox
from amp_sandbox.testkit.sharing import new_settings

_ENVIRONMENT = "compose.env"


class AmpSandbox(DockerCompose):
    """A sandbox in containers, on free ports, with the template deployed once it has started.

    `settings` are settings of the sandbox, such as `stage="dev"`. `profile` is that of `sandbox up`: with
    "batch" Airflow and Spark are started too. `keep_volumes` leaves the volume with what the services kept.
    """

    def __init__(
        self,
        *,
        profile: str = "core",
        keep_volumes: bool = False,
        on_progress: OnProgress = ignore,
        **settings: Any,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="amp-sandbox-"))
        self._settings: Settings = new_settings(self._folder / "home", COMPOSE, **settings)
        self._profile, self._on_progress = profile, on_progress
        environment = self._folder / _ENVIRONMENT
        variables = {
            **project.variables(self._settings, ""),
            # What the runtime gives as options, and testcontainers cannot.
            "COMPOSE_PROJECT_NAME": project.name(self._settings.home),
            "COMPOSE_PROFILES": project.EVERYTHING,
        }
        environment.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
        super().__init__(
            context=project.FILE.parent,
            compose_file_name=project.FILE.name,
            env_file=str(environment),
            keep_volumes=keep_volumes,
        )

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox, as the fixture `amp_sandbox` has it."""
        return Sandbox(self._settings)

    def start(self) -> None:
        """Start the containers and deploy the template. Raises SandboxError when that fails, and leaves nothing."""
        try:
            up(self._settings, self._on_progress, profile=self._profile)
        except BaseException:
            self.stop()
            raise

    def stop(self, down: bool = True) -> None:
        """Remove the containers and their network; with `down`, their volume and the home on this machine too."""
        runtime_down.down(self._settings, clear=down and not self.keep_volumes)
        if down:
            shutil.rmtree(self._folder, ignore_errors=True)
