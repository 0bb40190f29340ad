"""The catalogue service as it runs: its own environment, its own process, over HTTP."""

import itertools
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from support.ports import free_ports
from support.waiting import eventually

REPOSITORY = Path(__file__).parents[4]
FOLDER = REPOSITORY / "services" / "catalog_api"
PYTHON = REPOSITORY / ".envs" / "catalog_api" / "bin" / "python"


class Service:
    """The running service, and requests to it."""

    def __init__(self, database: Path) -> None:
        self.database = database
        (self.port,) = free_ports(1)
        self.http = urllib3.PoolManager(retries=False, timeout=30, maxsize=8)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = ["--app-dir", FOLDER, "--host", "127.0.0.1", "--port", str(self.port), "--no-access-log", "app:app"]
        environment = {
            **os.environ,
            "CATALOG_DB": str(self.database),
            "ALLOWED_HOSTS": "127.0.0.1,catalog.example",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.process = subprocess.Popen([PYTHON, "-m", "uvicorn", *arguments], env=environment)
        eventually(self._healthy, bool, timeout=20, what="the catalogue service")

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def request(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        return self.http.request(method, f"http://127.0.0.1:{self.port}{path}", **options)

    def get(self, path: str) -> urllib3.BaseHTTPResponse:
        return self.request("GET", path)

    def put(self, path: str, document: Any, **headers: str) -> urllib3.BaseHTTPResponse:
        body = json.dumps(document).encode()
        return self.request("PUT", path, body=body, headers={"Content-Type": "application/json"} | headers)

    def load(self, *documents: tuple[str, Any]) -> dict[str, Any]:
        lines = "".join(json.dumps({"kind": kind, "data": data}) + "\n" for kind, data in documents)
        return self.post(lines.encode()).json()

    def post(self, lines: Any) -> urllib3.BaseHTTPResponse:
        return self.request("POST", "/v1/import", body=lines, headers={"Content-Type": "application/x-ndjson"})

    def export(self, collection: str, as_of: str | None = None) -> dict[str, Any]:
        query = f"?as_of={as_of}" if as_of else ""
        answer = self.get(f"/v1/exports/{collection}{query}")
        assert answer.status == 200
        rows = [json.loads(line) for line in answer.data.splitlines()]
        return {row[f"{collection[:-1]}_id"]: row for row in rows}

    def _healthy(self) -> bool:
        assert self.process
        assert self.process.poll() is None, "the catalogue service has ended"
        try:
            return self.get("/health").status == 200
        except urllib3.exceptions.HTTPError:
            return False


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("catalog") / "catalog.sqlite")
    running.start()
    yield running
    running.kill()


@pytest.fixture
def own_service(tmp_path: Path) -> Iterator[Service]:
    """A service that a test may kill, with a database of its own."""
    running = Service(tmp_path / "catalog.sqlite")
    running.start()
    yield running
    running.kill()


_numbers = itertools.count()


@pytest.fixture
def new_id() -> Callable[[str], str]:
    """Ids that no other test uses."""
    return lambda prefix: f"{prefix}_test{next(_numbers):06}"


@pytest.fixture
def new_show(new_id: Callable[[str], str]) -> Callable[..., dict[str, Any]]:
    return lambda **other: {
        "show_id": new_id("show"),
        "title": "Midnight Vinyl",
        "status": "scheduled",
        "creator": {"creator_id": "creator_1", "display_name": "Nora", "verified": True, "email": "n@mail.example"},
        "internal_notes": "SECRET",
        "contract_terms": "SECRET",
        **other,
    }
