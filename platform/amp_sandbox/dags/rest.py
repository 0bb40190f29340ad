"""Airflow's REST API, asked through MWAA.

https://docs.aws.amazon.com/mwaa/latest/API/API_InvokeRestApi.html
https://airflow.apache.org/docs/apache-airflow/3.2.1/stable-rest-api-ref.html
"""

from collections.abc import Mapping
from typing import Any

from amp_sandbox import aws
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings


class RestError(SandboxError):
    """Airflow refuses. `status` is the HTTP status of its answer."""

    def __init__(self, status: int, detail: str, path: str) -> None:
        super().__init__(f"Airflow answers {status}.", f"{path}: {detail}", "See: sandbox logs airflow_api")
        self.status, self.detail = status, detail


def call(
    settings: Settings, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None
) -> Any:
    """Ask the API; answers what is in the answer's body. `path` is below `/api/v2`.

    Raises RestError for an answer that is an error.
    """
    mwaa = aws.client(settings, "mwaa")
    given = {"QueryParameters": dict(query or {}), "Body": body}
    try:
        answer = mwaa.invoke_rest_api(
            Name=settings.airflow_environment,
            Path=path,
            Method=method,
            **{name: value for name, value in given.items() if value},
        )
    except (mwaa.exceptions.RestApiClientException, mwaa.exceptions.RestApiServerException) as error:
        raise RestError(error.response["RestApiStatusCode"], _detail(error.response["RestApiResponse"]), path) from None
    return answer.get("RestApiResponse")


def _detail(told: Any) -> str:
    """FastAPI's `detail`: a text, or a list of what is wrong where."""
    detail = told.get("detail", told) if isinstance(told, dict) else told
    if not isinstance(detail, list):
        return str(detail)
    return "; ".join(f"{'.'.join(str(part) for part in one.get('loc', ()))}: {one.get('msg')}" for one in detail)
