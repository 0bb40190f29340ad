"""A client of Amp's catalogue service: loads the world into it, and changes shows as the app's back end does.

**Left out:** deletions, which the service does not have.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from amp_sandbox.errors import SandboxError

LINES_PER_IMPORT = 5_000
_ATTEMPTS = 3


@dataclass(frozen=True)
class Imported:
    """What became of documents: stored, known already, or not taken because the service has a later version."""

    stored: int = 0
    unchanged: int = 0
    refused: int = 0

    def __add__(self, other: "Imported") -> "Imported":
        return Imported(self.stored + other.stored, self.unchanged + other.unchanged, self.refused + other.refused)


class CatalogApi:
    """The catalogue service at an address."""

    def __init__(self, url: str) -> None:
        import urllib3

        self._url = url
        self._http = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=2, read=60),
            retries=urllib3.Retry(3, allowed_methods=None, status_forcelist=(502, 503), backoff_factor=0.2),
        )

    def load(self, documents: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Imported]:
        """Import documents, given with their kinds; answers what became of them, some thousand at a time.

        A document that the service knows in a later version stays as it is there.
        """
        lines = (_encode({"kind": kind, "data": data}) for kind, data in documents)
        while part := list(islice(lines, LINES_PER_IMPORT)):
            report = self._send("POST", "/v1/import", b"\n".join(part), "application/x-ndjson").json()
            yield Imported(report["imported"], report["unchanged"], report["failed"])

    def put_show(self, show: Mapping[str, Any]) -> None:
        """Create a show or replace it, whatever version the service has."""
        path = f"/v1/shows/{show['show_id']}"
        body = _encode({name: value for name, value in show.items() if name != "version"})
        # Most often the version to replace is the one before; the service says so when it is not.
        replaced = f'"{show["version"] - 1}"' if show["version"] > 1 else None
        for _ in range(_ATTEMPTS):
            answer = self._send("PUT", path, body, "application/json", replaced, expected=(200, 201, 412, 428))
            if answer.status in (200, 201):
                return
            replaced = self._send("GET", path, expected=(200, 404)).headers.get("ETag")
        raise SandboxError(f"The show {show['show_id']} could not be stored: someone else changes it all the time.")

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        media_type: str | None = None,
        if_match: str | None = None,
        expected: tuple[int, ...] = (200,),
    ) -> Any:
        import urllib3

        headers = {"Content-Type": media_type, "If-Match": if_match}
        given = {name: value for name, value in headers.items() if value}
        try:
            answer = self._http.request(method, self._url + path, body=body, headers=given)
        except urllib3.exceptions.HTTPError as error:
            raise SandboxError(
                "The catalogue service does not answer.", f"{self._url}: {error}", "Is it running? Try: sandbox status"
            ) from None
        if answer.status not in expected:
            told = answer.data[:500].decode(errors="replace")
            raise SandboxError(f"The catalogue service refused {method} {path}.", f"{answer.status}: {told}")
        return answer


def _encode(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
