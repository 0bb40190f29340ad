"""Starting: everything at once, in parallel, until every health check passes; then the template is deployed.

What runs the services, processes or containers, is chosen here, and recorded for the commands that come later. Services
that are started on demand wait; those of a profile that is asked for are started when the template is deployed.

**Left out:** keeping state from one start to the next. LocalStack holds streams, queues and objects in
memory, so what the others remember of them (checkpoints, the ledger of what was published) would be about
things that are gone.
"""

from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import OnProgress, Step, ignore
from amp_sandbox.runtime import airflow, choice, jupyter
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime.facts import Started
from amp_sandbox.settings import Settings

CORE, EVERYTHING = "core", "everything"
PROFILES = (CORE, airflow.PROFILE, jupyter.PROFILE, EVERYTHING)
"""What `up` may be asked for: the streams, the lake and the warehouse; Airflow too; Jupyter too; all."""


def up(
    settings: Settings,
    on_progress: OnProgress = ignore,
    *,
    deploy: bool = True,
    keep: bool = False,
    profile: str = CORE,
) -> Started:
    """Bring the sandbox up and deploy the template to it.

    A fresh start begins with no state; logs of the run before are kept as `*.previous`. When the sandbox runs
    already, only services that have failed are started, and the deployment brings up to date what has
    changed. When LocalStack was restarted since (it crashed), its state is gone and so is the worth of
    everything else's: then the whole sandbox is stopped and started afresh.

    What belongs to the `profile`, one of `PROFILES`, besides the core is started after the deployment, which says what
    Airflow runs.

    When a service does not become healthy, everything is stopped again, unless `keep`. A failed deployment
    leaves the services running, to look into and to deploy again.
    """
    if profile not in PROFILES:
        raise SandboxError(f"There is no profile {profile!r}.", hint=f"Known: {', '.join(PROFILES)}")
    chosen = choice.choose(settings)
    settings, runtime = choice.settled(settings, chosen), choice.RUNTIMES[chosen.name]
    on_progress(Step(f"run as {choice.THINGS[chosen.name]}", "done", detail=chosen.why))
    runtime.require_installed(settings)
    homes.ensure(settings.home)
    with homes.exclusive(settings.home):
        started = runtime.bring_up(settings, on_progress, keep=keep)
    if deploy:
        from amp_sandbox import stack  # needs boto3, which is slow to import

        stack.deploy(settings, on_progress)
        homes.mark_deployed(settings)
    if profile in (airflow.PROFILE, EVERYTHING):
        runtime.start_airflow(settings, on_progress)
    if profile in (jupyter.PROFILE, EVERYTHING):
        runtime.start_notebooks(settings, on_progress)
    return started
