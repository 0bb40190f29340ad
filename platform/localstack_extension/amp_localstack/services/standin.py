"""Forward a whole AWS service to the sandbox's stand-ins, so that clients need LocalStack's address only.

`STANDINS_URL` says where the stand-ins are, and `WAREHOUSE_URL` where those of Redshift. A stand-in that does not
answer is ServiceUnavailableException (503), which every SDK retries.

**Left out:** streaming of bodies in either direction: requests and responses are held in memory.
"""

import logging
import os

import requests
from localstack.aws.api import CommonServiceException, RequestContext, ServiceRequest
from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.http import Response
from localstack.http.proxy import Proxy
from localstack.services.plugins import Service

log = logging.getLogger(__name__)


def standin_service(name: str, variable: str) -> Service:
    """A service whose every operation is answered by the stand-ins that the variable says the address of."""
    url = os.environ[variable]
    proxy = Proxy(url, preserve_host=False)  # stand-ins answer for their own address alone

    def forward(context: RequestContext, _: ServiceRequest) -> Response:
        try:
            # Without the parsed request: the stand-in gets the client's own bytes, and the client the stand-in's.
            answer = proxy.forward(context.request, forward_path=context.request.path)
        except requests.ConnectionError as error:
            log.warning("%s: no stand-in at %s: %s", name, url, error)
            message = f"The {name} stand-in at {url} does not answer; is it running? (`sandbox status`)"
            raise CommonServiceException("ServiceUnavailableException", message, status_code=503) from error
        if answer.status_code < 300:
            context.service_response = {"forwarded": True}  # spares LocalStack parsing it, for its request log only
        return Response(answer.get_data(), answer.status_code, answer.headers)

    model = load_service(name)
    return Service(name=name, skeleton=Skeleton(model, dict.fromkeys(model.operation_names, forward)))
