"""Answers one AWS request: find the operation, check its input, run it, write the result.

**Left out:** signature checks and IAM; everyone on this machine may do everything.
"""

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from amp_sandbox.protocol import wire
from amp_sandbox.protocol.errors import AwsError, not_implemented, refuse_unsupported
from amp_sandbox.protocol.registry import Context, Request, find_operation
from amp_sandbox.protocol.validation import require_valid
from amp_sandbox.protocol.wire import HttpRequest, HttpResponse, Target

log = logging.getLogger(__name__)

# Given the request's id, the context its operation runs in.
ContextFactory = Callable[[str], Context]


def answer(request: HttpRequest, contexts: Mapping[str, ContextFactory]) -> HttpResponse:
    """The response to `request`; `contexts` has one factory per service."""
    request_id = str(uuid.uuid4())
    service: str | None = None
    target: Target | None = None
    try:
        service = wire.service_of(request)
        target = wire.resolve(request, service)
        return _run(target, contexts, request_id)
    except AwsError as error:
        log.info("%s %s: %s", service, target and target.operation, error.code)
        return wire.write_error(service, target, error, request_id)
    except Exception:
        log.exception("%s %s failed (request %s)", service, target and target.operation, request_id)
        failure = AwsError("InternalFailure", f"The sandbox failed; its log has request {request_id}.", 500)
        return wire.write_error(service, target, failure, request_id)


def _run(target: Target, contexts: Mapping[str, ContextFactory], request_id: str) -> HttpResponse:
    operation = find_operation(target.service, target.operation)
    if operation is None or target.service not in contexts:
        raise not_implemented(f"the operation {target.service}:{target.operation}")
    params = target.read_params()
    if target.model.input_shape is not None:
        code = "ValidationError" if target.protocol == "query" else "ValidationException"
        require_valid(
            _shortened(params, target.model.input_shape, operation.longer), target.model.input_shape, code=code
        )
    refuse_unsupported(params, *operation.refuses)
    result = operation.handler(contexts[target.service](request_id), params)
    return wire.write_answer(target, result, request_id)


def _shortened(params: Request, shape: Any, longer: Sequence[str]) -> Request:
    """The parameters as they are checked: those that may be longer than the model says, cut to its length."""
    return params | {name: params[name][: shape.members[name].metadata["max"]] for name in longer if params.get(name)}
