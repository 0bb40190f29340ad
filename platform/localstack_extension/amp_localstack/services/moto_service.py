"""Serve a whole AWS service with moto, inside LocalStack.

LocalStack's own Kinesis and DynamoDB download a Node and a Java server on first use; moto is already installed.

**Left out:** what moto leaves out. State is in memory: it ends with LocalStack.
"""

from localstack.aws.api import RequestContext, ServiceRequest, ServiceResponse
from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.moto import call_moto
from localstack.services.plugins import Service


def moto_service(name: str) -> Service:
    """A service whose every operation is moto's."""
    model = load_service(name)
    return Service(name=name, skeleton=Skeleton(model, dict.fromkeys(model.operation_names, _with_moto)))


def _with_moto(context: RequestContext, _: ServiceRequest) -> ServiceResponse:
    return call_moto(context)
