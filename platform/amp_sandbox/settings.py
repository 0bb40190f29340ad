"""The sandbox's settings: read once, from the environment, into one frozen value.

Every setting is an environment variable that starts with `SANDBOX_`; the table below feeds parsing, defaults
and `docs/reference/settings.md`. `load_settings` is how every part gets them. A shell that did not start the sandbox
finds it all the same: what a running sandbox was started with is recorded in its home, and is the default
there.

A file `.env` in the checkout may give defaults too: Compose reads it, so the other runtime has to.

**Left out:** any other settings file.
"""

import json
import logging
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from amp_sandbox import paths
from amp_sandbox.errors import SandboxError

log = logging.getLogger(__name__)

PREFIX = "SANDBOX_"
AUTO: Final = "auto"
PROCESS: Final = "process"
COMPOSE: Final = "compose"
PORTS = (
    "localstack_port",
    "standins_port",
    "catalog_api_port",
    "warehouse_port",
    "warehouse_api_port",
    "spark_master_port",
    "spark_master_ui_port",
    "spark_worker_ui_port",
    "spark_history_port",
    "airflow_port",
    "console_port",
    "notebooks_port",
)

Port = Annotated[int, Field(ge=1, le=65535)]
Home = Annotated[Path, AfterValidator(lambda path: path.expanduser().resolve())]


class Settings(BaseSettings):
    """What can be set about a sandbox, and the addresses and names that follow from it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    home: Home = Field(
        default=paths.DEFAULT_HOME,
        description="Folder of everything the sandbox writes: state, logs, sockets. One sandbox has one home.",
    )
    runtime: Literal["auto", "process", "compose"] = Field(
        default=AUTO,
        description="What runs the services: processes of this machine (`process`), containers (`compose`), or "
        "whichever can: containers where a Docker engine answers (`auto`).",
    )
    localstack_port: Port = Field(
        default=4566, description="Port of the AWS endpoint, which is the one address that clients need."
    )
    standins_port: Port = Field(
        default=4570,
        description="Port of the stand-in services (EMR, Firehose, Glue, MWAA), which LocalStack forwards to.",
    )
    catalog_api_port: Port = Field(default=8070, description="Port of Amp's catalogue service.")
    spark_master_port: Port = Field(
        default=7077, description="Port of the Spark master, which drivers and workers connect to."
    )
    spark_master_ui_port: Port = Field(default=7078, description="Port of the Spark master's web page.")
    spark_worker_ui_port: Port = Field(default=7079, description="Port of the Spark worker's web page.")
    spark_history_port: Port = Field(
        default=18080, description="Port of Spark's history server: what job runs did and do, stage by stage."
    )
    warehouse_port: Port = Field(
        default=5439, description="Port of the warehouse, which Redshift and PostgreSQL clients connect to."
    )
    warehouse_api_port: Port = Field(
        default=4571, description="Port of the warehouse's Redshift APIs, which LocalStack forwards to."
    )
    airflow_port: Port = Field(
        default=8080, description="Port of Airflow's web page and REST API, and of the API that its tasks use."
    )
    console_port: Port = Field(default=8090, description="Port of the console, the web page of the whole flow.")
    notebooks_port: Port = Field(
        default=8091, description="Port of Jupyter, and not the one that another Jupyter of yours has."
    )
    stage: str = Field(
        default="local",
        pattern=r"^[a-z0-9]([a-z0-9-]{0,14}[a-z0-9])?$",
        description="The template's `Stage` parameter, part of most resource names.",
    )
    buffer_seconds: int = Field(
        default=1,
        ge=0,
        le=900,
        description="Firehose's buffer interval in seconds. AWS runs with 60; short, data lands while you look.",
    )
    region: str = Field(
        default="us-east-1", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="AWS region of all resources."
    )
    account_id: str = Field(
        default="000000000000", pattern=r"^\d{12}$", description="AWS account number of all resources."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="How much the sandbox's own services write into their logs."
    )

    @property
    def listen_address(self) -> str:
        """Where services listen. In containers, all interfaces: theirs are published on this machine's 127.0.0.1."""
        return "0.0.0.0" if self.runtime == COMPOSE else "127.0.0.1"  # noqa: S104 - of the containers' own network

    @property
    def localstack_url(self) -> str:
        """The AWS endpoint."""
        return f"http://127.0.0.1:{self.localstack_port}"

    @property
    def standins_url(self) -> str:
        """The stand-ins' own endpoint, behind LocalStack's."""
        return f"http://127.0.0.1:{self.standins_port}"

    @property
    def warehouse_api_url(self) -> str:
        """The warehouse's Redshift APIs, behind LocalStack's endpoint."""
        return f"http://127.0.0.1:{self.warehouse_api_port}"

    @property
    def catalog_api_url(self) -> str:
        """The catalogue service."""
        return f"http://127.0.0.1:{self.catalog_api_port}"

    @property
    def airflow_url(self) -> str:
        """Airflow's web page, and its REST API."""
        return f"http://127.0.0.1:{self.airflow_port}"

    @property
    def console_url(self) -> str:
        """The console, the web page of the whole flow."""
        return f"http://127.0.0.1:{self.console_port}"

    @property
    def airflow_environment(self) -> str:
        """The MWAA environment that Airflow is."""
        return f"amp-{self.stage}"

    @property
    def spark_master_url(self) -> str:
        """The Spark master, as drivers and workers know it."""
        return f"spark://127.0.0.1:{self.spark_master_port}"

    @property
    def stack_name(self) -> str:
        """The CloudFormation stack of `platform/template.yaml`."""
        return f"amp-{self.stage}"

    @property
    def raw_bucket(self) -> str:
        """The lake's bucket of data as it arrives."""
        return f"amp-{self.stage}-{self.account_id}-raw"

    @property
    def transformed_bucket(self) -> str:
        """The lake's bucket of prepared data."""
        return f"amp-{self.stage}-{self.account_id}-transformed"

    @property
    def artifacts_bucket(self) -> str:
        """The bucket that `deploy` uploads code and templates to."""
        return f"amp-{self.stage}-{self.account_id}-artifacts"

    @property
    def warehouse_cluster(self) -> str:
        """The Redshift cluster."""
        return "amp"

    @property
    def warehouse_database(self) -> str:
        """The database of the Redshift cluster."""
        return "amp"

    @property
    def topic_name(self) -> str:
        """The SNS topic of catalogue changes."""
        return f"amp-catalog-changes-{self.stage}"

    @property
    def topic_arn(self) -> str:
        """The ARN of the SNS topic of catalogue changes."""
        return f"arn:aws:sns:{self.region}:{self.account_id}:{self.topic_name}"

    @property
    def queue_name(self) -> str:
        """The SQS queue that subscribes to the topic."""
        return f"amp-catalog-changes-{self.stage}"

    @property
    def dead_letter_queue_name(self) -> str:
        """Where messages go that the queue's function could not handle."""
        return f"{self.queue_name}-dlq"

    @property
    def catalog_stream(self) -> str:
        """The Kinesis stream of catalogue changes."""
        return "show-catalog"

    @property
    def events_stream(self) -> str:
        """The Kinesis stream of the app's events."""
        return "app-events"

    @property
    def catalog_delivery_stream(self) -> str:
        """The Firehose stream that takes catalogue changes to the lake."""
        return "show-catalog-to-lake"

    @property
    def events_delivery_stream(self) -> str:
        """The Firehose stream that takes app events to the lake."""
        return "app-events-to-lake"

    def function_name(self, function: str) -> str:
        """The deployed name of one of the functions, such as `catalog-ingest`."""
        return f"{function}-{self.stage}"


def load_settings(home: Path | None = None) -> Settings:
    """The settings that apply here: the environment's, then those of the sandbox running in that home, then
    those of `.env`, then defaults. With a `home`, that one is meant and not the environment's.

    Raises SandboxError that names the variable when a value is invalid.
    """
    given, file = _read(**({"home": home} if home else {})), _of_file(paths.REPOSITORY / ".env")
    found = given.home if "home" in given.model_fields_set else _read(**file).home
    recorded = _of_running_sandbox(found)
    own = given.model_dump(include=given.model_fields_set)
    if own.get("runtime") == AUTO:
        del own["runtime"]  # whichever it runs with
    return _distinct(_read(**(file | recorded | own)))


def record_settings(settings: Settings) -> None:
    """Record what a sandbox is started with, for other shells; `down` removes it."""
    path = record_path(settings.home)
    path.write_text(json.dumps(settings.model_dump(mode="json", exclude={"home"}), indent=2) + "\n")


def recorded_settings(home: Path) -> dict[str, Any]:
    """What the sandbox in that home was started with; empty when nothing is recorded."""
    path = record_path(home)
    try:
        recorded = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("ignoring %s: %s", path, error)
        return {}
    return recorded if isinstance(recorded, dict) else {}


def record_path(home: Path) -> Path:
    """Where the settings of a running sandbox are recorded."""
    return paths.run_dir(home) / "settings.json"


def variable(field: str) -> str:
    """The environment variable that sets a field."""
    return PREFIX + field.upper()


def _read(**values: Any) -> Settings:
    try:
        return Settings(**values)
    except ValidationError as error:
        lines = [f"{variable(str(e['loc'][0]))}={e['input']}: {e['msg']}" for e in error.errors()]
        raise SandboxError(
            "A setting is invalid.", "\n".join(lines), "All settings: docs/reference/settings.md"
        ) from None


def _of_file(path: Path) -> dict[str, str]:
    """What a file of variables sets; nothing when there is none. Other variables than ours are Compose's affair."""
    values = dotenv_values(path) if path.is_file() else {}
    return {name: value for name in Settings.model_fields if (value := values.get(variable(name)))}


def _distinct(settings: Settings) -> Settings:
    ports = [getattr(settings, field) for field in PORTS]
    for field, port in zip(PORTS, ports, strict=True):
        if ports.count(port) > 1:
            names = [variable(other) for other in PORTS if getattr(settings, other) == port]
            raise SandboxError(
                f"{' and '.join(names)} are the same port, {port}.",
                hint=f"Set {variable(field)} to another one.",
            )
    return settings


def _of_running_sandbox(home: Path) -> dict[str, Any]:
    recorded = recorded_settings(home)
    if not recorded:
        return {}
    from amp_sandbox.runtime import choice  # only here: most calls have no need of psutil

    return recorded if choice.is_recorded_running(home) else {}
