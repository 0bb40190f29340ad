"""The plug-ins by the names in pyproject.toml's entry points; LocalStack imports this module at every start.

Imports are inside the functions: what is not used is not loaded.
"""

from pathlib import Path

from localstack.runtime import hooks
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.plugins import Service, aws_provider


class ProcessRuntimeExecutorPlugin(RuntimeExecutorPlugin):
    """`LAMBDA_RUNTIME_EXECUTOR=process`."""

    name = "process"

    def load(self, *_: object, **__: object) -> type:
        """The executor class."""
        from amp_localstack.lambda_executor.executor import ProcessRuntimeExecutor

        return ProcessRuntimeExecutor


def _moto(name: str) -> Service:
    from amp_localstack.services.moto_service import moto_service

    return moto_service(name)


def _standin(name: str, url: str = "STANDINS_URL") -> Service:
    from amp_localstack.services.standin import standin_service

    return standin_service(name, url)


@aws_provider(api="kinesis", name="moto")
def kinesis_moto() -> Service:
    """`PROVIDER_OVERRIDE_KINESIS=moto`."""
    from amp_localstack.services.kinesis import kinesis_service

    return kinesis_service()


@aws_provider(api="dynamodb", name="moto")
def dynamodb_moto() -> Service:
    """`PROVIDER_OVERRIDE_DYNAMODB=moto`."""
    return _moto("dynamodb")


@aws_provider(api="dynamodbstreams", name="moto")
def dynamodbstreams_moto() -> Service:
    """`PROVIDER_OVERRIDE_DYNAMODBSTREAMS=moto`."""
    return _moto("dynamodbstreams")


@aws_provider(api="emr-containers", name="standin")
def emr_containers_standin() -> Service:
    """`PROVIDER_OVERRIDE_EMR_CONTAINERS=standin`."""
    return _standin("emr-containers")


@aws_provider(api="firehose", name="standin")
def firehose_standin() -> Service:
    """`PROVIDER_OVERRIDE_FIREHOSE=standin`."""
    return _standin("firehose")


@aws_provider(api="glue", name="standin")
def glue_standin() -> Service:
    """`PROVIDER_OVERRIDE_GLUE=standin`."""
    return _standin("glue")


@aws_provider(api="mwaa", name="standin")
def mwaa_standin() -> Service:
    """`PROVIDER_OVERRIDE_MWAA=standin`."""
    return _standin("mwaa")


@aws_provider(api="redshift", name="standin")
def redshift_standin() -> Service:
    """`PROVIDER_OVERRIDE_REDSHIFT=standin`."""
    return _standin("redshift", "WAREHOUSE_URL")


@aws_provider(api="redshift-data", name="standin")
def redshift_data_standin() -> Service:
    """`PROVIDER_OVERRIDE_REDSHIFT_DATA=standin`."""
    return _standin("redshift-data", "WAREHOUSE_URL")


@hooks.on_infra_start()
def apply_patches() -> None:
    """Before any service is used."""
    from localstack import config

    from amp_localstack import patches, service_catalog

    patches.apply()
    service_catalog.provide(Path(config.dirs.cache))
