"""From an HTTP request to a call of an operation, and from its result to an HTTP response.

The service is known by the target prefix of X-Amz-Target or by the credential scope of the SigV4 signature,
the operation by moto's routers; parsing and serialising are moto's, for every AWS protocol.

**Left out:** signatures are not verified (any credentials pass); requests are not decompressed (no operation
here asks clients to compress).
"""

import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.exceptions import UnknownServiceError
from moto.core.model import OperationModel, ServiceModel
from moto.core.request import Request as MotoRequest
from moto.core.request import determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from amp_sandbox.protocol.errors import AwsError
from amp_sandbox.protocol.parsers import parser_for, serialization_error
from amp_sandbox.protocol.registry import Answer, Request, registered_services

_CREDENTIAL_SCOPE = re.compile(r"[^/]+/\d{8}/[^/]+/(?P<service>[^/]+)/aws4_request")

# Errors that every service may answer are in no service's model; moto warns of each.
warnings.filterwarnings("ignore", message="Exception.* does not match an error shape")


@dataclass(frozen=True)
class HttpRequest:
    """A request as it arrived; `url` is absolute and not decoded, header names are lower-case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class HttpResponse:
    """A response to send."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Target:
    """Which operation a request asks for, and how it is written."""

    service: str
    operation: str
    protocol: str
    model: Any
    url_params: Mapping[str, Any]
    request: Any

    def read_params(self) -> Request:
        """The operation's parameters, as its model types them."""
        fields = {
            "body": self.request.data,
            "headers": self.request.headers,
            "method": self.request.method,
            "url_params": self.url_params,
            "url_path": self.request.path,
            "values": self.request.values,
        }
        try:
            params: Request = parser_for(self.protocol, self.model).parse(fields)
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            raise serialization_error(f"The request cannot be read: {error}") from error
        return params


def service_of(request: HttpRequest) -> str:
    """botocore's name of the service a request is for."""
    prefix, dot, _ = request.headers.get("x-amz-target", "").rpartition(".")
    if dot and prefix in _services_by_target_prefix():
        return _services_by_target_prefix()[prefix]
    scope = _CREDENTIAL_SCOPE.search(_credential(request))
    if scope is None:
        raise AwsError(
            "MissingAuthenticationTokenException",
            "The request names no service: it has neither an AWS signature nor a known X-Amz-Target.",
            403,
        )
    return _services_by_signing_name().get(scope["service"], scope["service"])


def resolve(request: HttpRequest, service: str) -> Target:
    """The operation of ``service`` that a request asks for."""
    model = service_model(service)
    parsed = MotoRequest.from_primitives(request.method, request.url, request.headers, request.body)
    try:
        operation, url_params = get_service_router(service).match(parsed)
        protocol = determine_request_protocol(model, parsed.content_type)
    except (NotFound, NotImplementedError) as error:
        asked = _asked_for(request, parsed)
        raise AwsError("UnknownOperationException", f"{service} has no operation for {asked}.", 404) from error
    return Target(service, operation.name, protocol, operation, url_params, parsed)


def service_model(service: str) -> ServiceModel:
    """botocore's model of a service, as moto reads it."""
    try:
        return get_service_model(service)
    except UnknownServiceError as error:
        raise AwsError("UnknownOperationException", f"AWS has no service {service}.", 404) from error


def write_answer(target: Target, answer: Answer, request_id: str) -> HttpResponse:
    """An operation's result in the protocol the request used."""
    return _written(target.service, target.protocol, target.model, answer, request_id)


def write_error(service: str | None, target: Target | None, error: AwsError, request_id: str) -> HttpResponse:
    """An error in the request's protocol, as far as that is known; JSON otherwise."""
    if target is not None:
        response = _written(service or "", target.protocol, target.model, error, request_id)
    elif service is not None and _is_known(service):
        model = service_model(service)
        protocol = str(model.protocol)
        response = _written(service, protocol, OperationModel({}, model), error, request_id)
    else:
        body = json.dumps({"__type": error.code, "message": error.message}).encode()
        response = HttpResponse(error.status, _headers(request_id, "application/x-amz-json-1.1"), body)
    return HttpResponse(error.status, response.headers, response.body)


def _written(service: str, protocol: str, model: Any, result: Any, request_id: str) -> HttpResponse:
    serializer = get_serializer_class(service, protocol)(model, SerializationContext(request_id))
    written = serializer.serialize(result)
    body = written["body"]
    headers = _headers(request_id, written["headers"].pop("Content-Type", "application/json"))
    return HttpResponse(
        written["status_code"],
        headers | dict(written["headers"]),
        body.encode() if isinstance(body, str) else body,
    )


def _headers(request_id: str, content_type: str) -> dict[str, str]:
    return {"x-amzn-RequestId": request_id, "Content-Type": content_type}


def _credential(request: HttpRequest) -> str:
    signed = request.headers.get("authorization", "")
    if signed:
        return signed
    return "".join(parse_qs(urlsplit(request.url).query).get("X-Amz-Credential", []))


def _asked_for(request: HttpRequest, parsed: MotoRequest) -> str:
    target = request.headers.get("x-amz-target")
    if target:
        return f"target {target}"
    action = parsed.values.get("Action")
    return f"action {action}" if action else f"{request.method} {parsed.path}"


def _is_known(service: str) -> bool:
    try:
        service_model(service)
    except AwsError:
        return False
    return True


@cache
def _services_by_target_prefix() -> dict[str, str]:
    prefixes = {name: service_model(name).metadata.get("targetPrefix") for name in registered_services()}
    return {prefix: name for name, prefix in prefixes.items() if prefix}


@cache
def _services_by_signing_name() -> dict[str, str]:
    return {str(service_model(name).signing_name): name for name in registered_services()}
