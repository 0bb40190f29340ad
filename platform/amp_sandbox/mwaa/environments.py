"""MWAA's operations on environments.

An environment is this machine's Airflow, so there is one at a time. To make or update it is to write Airflow's
configuration; `engine` does that, as AWS does it after the call.
"""

from typing import Any

from amp_sandbox.mwaa import errors, store
from amp_sandbox.mwaa.checks import require_environment, require_good_settings
from amp_sandbox.mwaa.context import airflow_of
from amp_sandbox.mwaa.requirements import airflow_version
from amp_sandbox.mwaa.shapes import describe, environment_arn, with_defaults
from amp_sandbox.protocol import Answer, Context, Request, not_implemented, operation
from amp_sandbox.standins.sqlite import transaction
from amp_sandbox.standins.tags import set_tags

UPDATABLE = ("AVAILABLE", "UPDATE_FAILED")

_FILES = (
    "PluginsS3Path",
    "PluginsS3ObjectVersion",
    "StartupScriptS3Path",
    "StartupScriptS3ObjectVersion",
)
_USERS = ("IdentityCenterConfiguration", "Teams")
# Given empty, they are taken away: https://docs.aws.amazon.com/mwaa/latest/API/API_UpdateEnvironment.html
_REMOVABLE = ("RequirementsS3Path", "RequirementsS3ObjectVersion")


@operation("mwaa", "CreateEnvironment", refuses=(*_FILES, *_USERS, "KmsKey"))
def create_environment(ctx: Context, req: Request) -> Answer:
    """Make the environment: its options configure this machine's Airflow, which runs the DAGs of its bucket.

    Left out: installing requirements, a file that asks for other packages than are here is an error. What follows is
    kept and shown and has no effect on one machine: NetworkConfiguration, as there is no VPC; EnvironmentClass,
    Schedulers and the numbers of workers and web servers, as there is one process of each; LoggingConfiguration,
    as logs are in the sandbox's home and on the web page; ExecutionRoleArn, as nothing checks permissions;
    WebserverAccessMode, as the page is on 127.0.0.1; WeeklyMaintenanceWindowStart, as nobody maintains it.
    EndpointManagement CUSTOMER is refused.
    https://docs.aws.amazon.com/mwaa/latest/API/API_CreateEnvironment.html
    """
    name = req["Name"]
    settings = _given(req)
    tags = settings.pop("Tags", {})
    _require_none(ctx, name)
    require_good_settings(ctx, settings)
    arn = environment_arn(ctx, name)
    with transaction(ctx.db):
        _require_none(ctx, name)
        store.create(ctx.db, name, settings, at=ctx.now())
        set_tags(ctx.db, arn, tags)
    return {"Arn": arn}


@operation("mwaa", "GetEnvironment")
def get_environment(ctx: Context, req: Request) -> Answer:
    """Show an environment; WebserverUrl is Airflow's page on this machine.

    Left out: CeleryExecutorQueue, ServiceRoleArn, the VPC endpoint services and the ARNs of log groups, as there
    are none.
    https://docs.aws.amazon.com/mwaa/latest/API/API_GetEnvironment.html
    """
    environment = require_environment(ctx, req["Name"])
    shown = describe(ctx, environment, airflow_of(ctx).url)
    return {"Environment": with_defaults(shown, airflow_version())}


@operation("mwaa", "ListEnvironments")
def list_environments(ctx: Context, req: Request) -> Answer:
    """List the names of the environments; that is one at most, so there is one page.

    https://docs.aws.amazon.com/mwaa/latest/API/API_ListEnvironments.html
    """
    if req.get("NextToken"):
        raise errors.invalid(f"The NextToken {req['NextToken']!r:.100} is none that this operation gave.")
    return {"Environments": [environment.name for environment in store.list_all(ctx.db)]}


@operation("mwaa", "UpdateEnvironment", refuses=(*_FILES, *_USERS))
def update_environment(ctx: Context, req: Request) -> Answer:
    """Change the settings that are given. Airflow is restarted if it runs and its configuration differs.

    Left out: as for CreateEnvironment. WorkerReplacementStrategy GRACEFUL is refused: tasks that run when Airflow is
    restarted are ended, and retried as their DAG says.
    https://docs.aws.amazon.com/mwaa/latest/API/API_UpdateEnvironment.html
    """
    strategy = req.get("WorkerReplacementStrategy") or "FORCED"
    if strategy != "FORCED":
        raise not_implemented(f"WorkerReplacementStrategy {strategy}")
    environment = require_environment(ctx, req["Name"])
    wanted = _merged(environment.settings, _given(req))
    require_good_settings(ctx, wanted)
    update = {"Status": "PENDING", "CreatedAt": ctx.now(), "WorkerReplacementStrategy": strategy}
    with transaction(ctx.db):
        environment = require_environment(ctx, req["Name"])
        if environment.status not in UPDATABLE:
            raise errors.invalid(f"Environment {environment.name} is {environment.status}; it cannot be updated now.")
        store.begin_update(ctx.db, environment, wanted, update)
    return {"Arn": environment_arn(ctx, environment.name)}


@operation("mwaa", "DeleteEnvironment")
def delete_environment(ctx: Context, req: Request) -> Answer:
    """Mark the environment DELETING; Airflow is stopped, and then the environment is gone.

    https://docs.aws.amazon.com/mwaa/latest/API/API_DeleteEnvironment.html
    """
    store.begin_delete(ctx.db, require_environment(ctx, req["Name"]).name)
    return {}


def _given(req: Request) -> dict[str, Any]:
    left_out = ("Name", "WorkerReplacementStrategy")
    return {member: value for member, value in req.items() if value is not None and member not in left_out}


def _merged(settings: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The settings after an update; subnets stay, as they cannot be updated."""
    merged = settings | given
    for name in ("NetworkConfiguration", "LoggingConfiguration"):
        if name in given:
            merged[name] = settings.get(name, {}) | given[name]
    if "RequirementsS3Path" in given and "RequirementsS3ObjectVersion" not in given:
        merged.pop("RequirementsS3ObjectVersion", None)
    return {member: value for member, value in merged.items() if value or member not in _REMOVABLE}


def _require_none(ctx: Context, name: str) -> None:
    for environment in store.list_all(ctx.db):
        if environment.name == name:
            raise errors.invalid(f"Environment {name} exists, and is {environment.status}.")
        raise errors.one_environment(environment.name)
