"""Calls of Airflow's REST API, as its one user.

The user's token is asked for at the first call and again when Airflow does not take it any more.
https://airflow.apache.org/docs/apache-airflow/3.2.1/security/api.html

**Left out:** following redirects: Airflow's API gives none to the paths that it documents.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

API = "/api/v2"

_CONNECT_SECONDS = 2
_READ_SECONDS = 30
# What a path may have besides letters and digits; a percent sign begins what is quoted already.
_SAFE = "/%:@!$&'()*+,;=~"
_NOT_TAKEN = (401, 403)


class NotListeningError(Exception):
    """Airflow's API server is not there; nothing was sent."""


class NoAnswerError(Exception):
    """The API server did not answer as it should; what was asked for may have been done."""


@dataclass(frozen=True)
class RestCall:
    """One call: `path` is below the API's, `body` what is sent as JSON, or None for no body."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None


@dataclass(frozen=True)
class RestAnswer:
    """Airflow's answer: its status, and its JSON, or text where it is none."""

    status: int
    body: Any


class Gateway:
    """The API of one Airflow; safe to use from any thread."""

    def __init__(self, url: str, login: Callable[[], tuple[str, str]]) -> None:
        timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS)
        self._http = urllib3.PoolManager(timeout=timeout, retries=False, maxsize=8)
        self._url, self._login = url, login
        self._token: str | None = None
        self._lock = threading.Lock()

    def call(self, call: RestCall) -> RestAnswer:
        """The answer to one call. Raises NotListeningError or NoAnswerError."""
        url = self._url + API + quote(call.path, safe=_SAFE)
        token = self._have_token(None)
        response = self._request(call, url, token)
        if response.status in _NOT_TAKEN:
            response = self._request(call, url, self._have_token(token))
        return RestAnswer(response.status, _body(response))

    def _have_token(self, refused: str | None) -> str:
        """The user's token; a new one when the one there is was refused."""
        with self._lock:
            if self._token is None or self._token == refused:
                user, password = self._login()
                body = {"username": user, "password": password}
                response = self._send("POST", f"{self._url}/auth/token", json.dumps(body), {})
                if response.status != 201:
                    raise NoAnswerError(f"Airflow does not let {user} log in: {response.status}.")
                self._token = str(response.json()["access_token"])
            return self._token

    def _request(self, call: RestCall, url: str, token: str) -> urllib3.BaseHTTPResponse:
        body = None if call.body is None else json.dumps(call.body)
        if call.query:
            url += "?" + urlencode(call.query)
        return self._send(call.method, url, body, {"Authorization": f"Bearer {token}"})

    def _send(self, method: str, url: str, body: str | None, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        headers = headers | {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            return self._http.request(method, url, body=body, headers=headers, redirect=False)
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise NotListeningError(str(error)) from None
        except HTTPError as error:
            raise NoAnswerError(f"Airflow did not answer: {type(error).__name__}.") from None


def _body(response: urllib3.BaseHTTPResponse) -> Any:
    if not response.data:
        return {}
    try:
        return json.loads(response.data)
    except ValueError:
        return response.data.decode(errors="replace")
