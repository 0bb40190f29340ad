"""MWAA's operation that calls Airflow's REST API.

Airflow is started by the first call, which then takes as long as that. Nothing but the API can be reached: a path that
leaves it is refused.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from amp_sandbox.mwaa import errors
from amp_sandbox.mwaa.airflow import AirflowError
from amp_sandbox.mwaa.checks import require_environment
from amp_sandbox.mwaa.context import airflow_of
from amp_sandbox.mwaa.errors import RestApiError
from amp_sandbox.mwaa.gateway import NoAnswerError, RestCall
from amp_sandbox.protocol import Answer, Context, Request, operation

USABLE = ("AVAILABLE", "UPDATING", "UPDATE_FAILED")

# No query, fragment or backslash, and nothing that does not print.
_PATH = re.compile(r"(/[^?#\\\x00-\x20\x7f]*)+")
_LONGEST_PATH = 2048
_WITH_BODY = ("POST", "PUT", "PATCH")


@operation("mwaa", "InvokeRestApi", longer=["Path"])
def invoke_rest_api(ctx: Context, req: Request) -> Answer:
    """Call a path of Airflow's REST API (below /api/v2) as its administrator, and start Airflow if it does not run.

    Left out: IAM's roles of Airflow; every caller is Airflow's administrator. The 64 characters that AWS's reference
    gives a Path at most: Amazon's own operators and sensors for MWAA send longer ones, as a run's id alone has 40.
    https://docs.aws.amazon.com/mwaa/latest/API/API_InvokeRestApi.html
    """
    environment = require_environment(ctx, req["Name"])
    call = RestCall(req["Method"], _path(req["Path"]), tuple(_query(req.get("QueryParameters"))), _body(req))
    if environment.status not in USABLE:
        raise errors.invalid(f"Environment {environment.name} is {environment.status}, not AVAILABLE.")
    try:
        answer = airflow_of(ctx).call(call)
    except AirflowError as error:
        raise RestApiError(503, {"detail": str(error)}, str(error)) from None
    except NoAnswerError as error:
        raise RestApiError(504, {"detail": str(error)}, str(error)) from None
    if answer.status >= 300:
        raise RestApiError(answer.status, answer.body, f"Airflow answered {answer.status} to {call.method} {call.path}")
    return {"RestApiStatusCode": answer.status, "RestApiResponse": answer.body}


def _path(path: str) -> str:
    """A path below the API's."""
    if len(path) > _LONGEST_PATH:
        raise errors.invalid(f"Path has {len(path)} characters; {_LONGEST_PATH} is the most.")
    decoded = _fully_unquoted(path)
    if not _PATH.fullmatch(path) or "\\" in decoded or {".", "..", ""} & set(decoded[1:].rstrip("/").split("/")):
        raise errors.invalid(f"Path {path!r} is no path of the REST API, such as /dags or /dags/my_dag/dagRuns.")
    return path


def _fully_unquoted(path: str) -> str:
    while (decoded := unquote(path)) != path:
        path = decoded
    return path


def _query(given: Any) -> Iterator[tuple[str, str]]:
    """The parameters of a query; a list gives its name several times."""
    if given is None:
        return
    if not isinstance(given, Mapping):
        raise errors.invalid("QueryParameters must be a JSON object.")
    for name, value in given.items():
        for one in value if isinstance(value, list) else [value]:
            if one is None or isinstance(one, dict | list):
                raise errors.invalid(f"QueryParameters.{name} must be a string, a number, a boolean or a list of them.")
            yield name, str(one).lower() if isinstance(one, bool) else str(one)


def _body(req: Request) -> Any:
    """What is sent: nothing with GET and DELETE when the body is empty, as clients send an empty one with each call."""
    body = req.get("Body")
    return body if body or req["Method"] in _WITH_BODY else None
