"""What MWAA shows of an environment, from rows; ARNs; what an environment has that was not asked for."""

from datetime import UTC, datetime
from typing import Any

from amp_sandbox.mwaa.store import Environment
from amp_sandbox.protocol import Context
from amp_sandbox.standins.tags import list_tags

MICRO = "mw1.micro"


def environment_arn(ctx: Context, name: str) -> str:
    """The ARN of an environment."""
    return f"arn:aws:airflow:{ctx.region}:{ctx.account_id}:environment/{name}"


def with_defaults(settings: dict[str, Any], version: str) -> dict[str, Any]:
    """Settings with what MWAA chooses where nothing is said. The smallest class has one of everything.

    https://docs.aws.amazon.com/mwaa/latest/API/API_CreateEnvironment.html
    """
    environment_class = settings.get("EnvironmentClass", "mw1.small")
    many = 1 if environment_class == MICRO else 2
    defaults = {
        "AirflowVersion": version,
        "EnvironmentClass": environment_class,
        "MinWorkers": 1,
        "MaxWorkers": 1 if environment_class == MICRO else 10,
        "MinWebservers": many,
        "MaxWebservers": many,
        "Schedulers": many,
        "WebserverAccessMode": "PRIVATE_ONLY",
        "EndpointManagement": "SERVICE",
    }
    return defaults | settings


def describe(ctx: Context, environment: Environment, url: str) -> dict[str, Any]:
    """AWS's Environment; `url` is Airflow's web page."""
    arn = environment_arn(ctx, environment.name)
    shown = environment.settings | {
        "Name": environment.name,
        "Arn": arn,
        "Status": environment.status,
        "CreatedAt": _time(environment.created_at),
        "WebserverUrl": url,
        "Tags": list_tags(ctx.db, arn),
    }
    if environment.last_update is not None:
        update = environment.last_update
        shown["LastUpdate"] = update | {"CreatedAt": _time(update["CreatedAt"])}
    return shown


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
