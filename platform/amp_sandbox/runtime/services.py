"""The services of a sandbox: one table of what runs, how, and how to tell that it is well.

Services get a clean environment, made here in full: nothing of the shell that starts the sandbox (AWS
credentials and profiles, proxies, Python paths) reaches them.

**Left out:** start order. All start at once, but for those that are started on demand, and each waits for what it
needs; `priority` only orders how they stop.
"""

from amp_sandbox import paths
from amp_sandbox.runtime import airflow, jupyter, spark
from amp_sandbox.runtime.service import Service, clean_environment
from amp_sandbox.settings import Settings, variable

LOCALSTACK = "localstack"
STANDINS = "standins"
CATALOG_API = "catalog_api"
WAREHOUSE = "warehouse"
CONSOLE = "console"

AWS_SERVICES = (
    "cloudformation",
    "cloudwatch",
    "dynamodb",
    "dynamodbstreams",
    "emr-containers",
    "events",
    "firehose",
    "glue",
    "iam",
    "kinesis",
    "kms",
    "lambda",
    "logs",
    "mwaa",
    "redshift",
    "redshift-data",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "sts",
)


def table(settings: Settings) -> tuple[Service, ...]:
    """Every service of a sandbox with these settings."""
    always = tuple(make(settings) for make in (_catalog_api, _localstack, _standins, _warehouse, _console))
    return (*always, *spark.services(settings), *airflow.services(settings), *jupyter.services(settings))


def _localstack(settings: Settings) -> Service:
    python = paths.environment_python("localstack")
    home = paths.state_dir(settings.home, LOCALSTACK)
    return Service(
        name=LOCALSTACK,
        python=python,
        arguments=("-m", "localstack.runtime.main"),
        directory=home,
        port=settings.localstack_port,
        port_setting=variable("localstack_port"),
        health_path="/_localstack/health",
        priority=20,
        stop_seconds=3,  # what it would tidy up is in memory; functions it leaves are ended by `down`
        environment=clean_environment(settings, LOCALSTACK, python)
        | {
            # All state below one folder; without the first line LocalStack takes a container for its own.
            "OVERRIDE_IN_DOCKER": "0",
            "FILESYSTEM_ROOT": str(home / "fs"),
            "XDG_CACHE_HOME": str(home / "cache"),
            # No name that needs DNS, and nothing leaves the machine.
            "GATEWAY_LISTEN": f"{settings.listen_address}:{settings.localstack_port}",
            "LOCALSTACK_HOST": f"127.0.0.1:{settings.localstack_port}",
            "GATEWAY_SERVER": "named_interface",
            "SQS_ENDPOINT_STRATEGY": "path",
            "DNS_ADDRESS": "0",
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            # LocalStack's check of a page's origin for S3 and API Gateway too, which would have rules of their own.
            "DISABLE_CUSTOM_CORS_S3": "1",
            "DISABLE_CUSTOM_CORS_APIGATEWAY": "1",
            # Our extension: Lambda functions as processes, Kinesis and DynamoDB on moto, the rest on the stand-ins.
            "LAMBDA_RUNTIME_EXECUTOR": "process",
            "LAMBDA_PROCESS_PYTHON": str(paths.environment_python("lambda")),
            "LAMBDA_PROCESS_CERTIFICATES": str(paths.warehouse_certificate(settings.home)),
            "PROVIDER_OVERRIDE_KINESIS": "moto",
            "PROVIDER_OVERRIDE_DYNAMODB": "moto",
            "PROVIDER_OVERRIDE_DYNAMODBSTREAMS": "moto",
            "PROVIDER_OVERRIDE_EMR_CONTAINERS": "standin",
            "PROVIDER_OVERRIDE_FIREHOSE": "standin",
            "PROVIDER_OVERRIDE_GLUE": "standin",
            "PROVIDER_OVERRIDE_MWAA": "standin",
            "PROVIDER_OVERRIDE_REDSHIFT": "standin",
            "PROVIDER_OVERRIDE_REDSHIFT_DATA": "standin",
            "STANDINS_URL": settings.standins_url,
            "WAREHOUSE_URL": settings.warehouse_api_url,
            # What is not listed is refused by name, where LocalStack would only pretend.
            "SERVICES": ",".join(AWS_SERVICES),
            # A line for each request would cost more than the requests of an idle sandbox.
            "LS_LOG": "warn",
            # A template with a type that nothing implements fails, instead of seeming to be deployed.
            "CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES": "0",
        },
    )


def _standins(settings: Settings) -> Service:
    return Service(
        name=STANDINS,
        python=paths.SANDBOX_PYTHON,
        arguments=("-m", "amp_sandbox.standins"),
        directory=paths.state_dir(settings.home, STANDINS),
        port=settings.standins_port,
        port_setting=variable("standins_port"),
        health_path="/health",
        priority=30,
        stop_seconds=15,
        environment=clean_environment(settings, STANDINS, paths.SANDBOX_PYTHON) | as_environment(settings),
    )


def _warehouse(settings: Settings) -> Service:
    return Service(
        name=WAREHOUSE,
        python=paths.SANDBOX_PYTHON,
        arguments=("-m", "amp_sandbox.warehouse"),
        directory=paths.state_dir(settings.home, WAREHOUSE),
        port=settings.warehouse_api_port,
        port_setting=variable("warehouse_api_port"),
        other_ports=((settings.warehouse_port, variable("warehouse_port")),),
        health_path="/health",
        priority=25,
        stop_seconds=15,
        environment=clean_environment(settings, WAREHOUSE, paths.SANDBOX_PYTHON) | as_environment(settings),
    )


def _console(settings: Settings) -> Service:
    return Service(
        name=CONSOLE,
        python=paths.SANDBOX_PYTHON,
        arguments=("-m", "amp_sandbox.console"),
        directory=paths.state_dir(settings.home, CONSOLE),
        port=settings.console_port,
        port_setting=variable("console_port"),
        health_path="/health",
        priority=35,
        stop_seconds=5,
        environment=clean_environment(settings, CONSOLE, paths.SANDBOX_PYTHON) | as_environment(settings),
    )


def _catalog_api(settings: Settings) -> Service:
    python = paths.environment_python("catalog_api")
    code = paths.SERVICES / "catalog_api"
    home = paths.state_dir(settings.home, CATALOG_API)
    arguments = ("-m", "uvicorn", "--app-dir", str(code), "--host", settings.listen_address)
    return Service(
        name=CATALOG_API,
        python=python,
        arguments=(*arguments, "--port", str(settings.catalog_api_port), "--no-access-log", "app:app"),
        directory=home,
        port=settings.catalog_api_port,
        port_setting=variable("catalog_api_port"),
        health_path="/health",
        environment=clean_environment(settings, CATALOG_API, python)
        | {"CATALOG_DB": str(home / "catalog.sqlite"), "ALLOWED_HOSTS": "127.0.0.1,localhost"},
    )


def as_environment(settings: Settings) -> dict[str, str]:
    """The settings as the variables that they are read from, and where the environments are."""
    values = {variable(name): str(value) for name, value in settings.model_dump(mode="json").items()}
    return values | {paths.ENVIRONMENTS_VARIABLE: str(paths.ENVIRONMENTS)}
