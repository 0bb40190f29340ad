"""Airflow's REST API, asked as Airflow's user.

https://airflow.apache.org/docs/apache-airflow/3.2.1/stable-rest-api-ref.html

**Left out:** the way through MWAA's InvokeRestApi, whose paths have at most 64 characters: too few for a task's log.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from amp_sandbox.errors import SandboxError
from amp_sandbox.mwaa.gateway import Gateway, NoAnswerError, NotListeningError, RestCall
from amp_sandbox.runtime import airflow
from amp_sandbox.settings import Settings

_SEE = "See: sandbox logs airflow_api"


class RestError(SandboxError):
    """Airflow refuses. `status` is the HTTP status of its answer."""

    def __init__(self, status: int, detail: str, path: str) -> None:
        super().__init__(f"Airflow answers {status}.", f"{path}: {detail}", _SEE)
        self.status, self.detail = status, detail


def call(
    settings: Settings, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None
) -> Any:
    """Ask the API; answers what is in the answer's body. `path` is below `/api/v2`.

    Raises RestError for an answer that is an error, and SandboxError when there is none.
    """
    given = tuple((name, str(value)) for name, value in (query or {}).items())
    try:
        answer = _gateway(settings).call(RestCall(method, path, given, body))
    except (NotListeningError, NoAnswerError) as error:
        raise SandboxError("Airflow does not answer.", str(error), _SEE) from None
    if answer.status >= 300:
        raise RestError(answer.status, _detail(answer.body), path)
    return answer.body


@cache
def _gateway(settings: Settings) -> Gateway:
    return Gateway(settings.airflow_url, lambda: airflow.login(settings))


def _detail(told: Any) -> str:
    """FastAPI's `detail`: a text, or a list of what is wrong where."""
    detail = told.get("detail", told) if isinstance(told, dict) else told
    if not isinstance(detail, list):
        return str(detail)
    return "; ".join(f"{'.'.join(str(part) for part in one.get('loc', ()))}: {one.get('msg')}" for one in detail)
