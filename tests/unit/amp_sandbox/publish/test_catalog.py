import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from support.ports import free_ports

from amp_sandbox.errors import SandboxError
from amp_sandbox.publish import catalog
from amp_sandbox.publish.catalog import CatalogApi, Imported


class FakeCatalogue(ThreadingHTTPServer):
    """Keeps shows with versions as the catalogue service does: a PUT names the version that it replaces, or fails."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.shows: dict[str, int] = {}
        self.bodies: list[dict[str, Any]] = []
        self.imports: list[list[dict[str, Any]]] = []
        self.requests: list[str] = []
        self.stubborn = False


class _Handler(BaseHTTPRequestHandler):
    server: FakeCatalogue
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        lines = self.rfile.read(int(self.headers["Content-Length"])).splitlines()
        self.server.imports.append([json.loads(line) for line in lines])
        self._answer(200, {"imported": len(lines) - 1, "unchanged": 0, "failed": 1, "errors": []})

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        show_id = self.path.rpartition("/")[2]
        known = self.server.shows.get(show_id)
        replaced = self.headers["If-Match"]
        self.server.requests.append(f"PUT {replaced}")
        if known is not None and replaced is None:
            self._answer(428, {})
        elif replaced is not None and (replaced != f'"{known}"' or self.server.stubborn):
            self._answer(412, {})
        elif body.get("title") == "bad":
            self._answer(422, {"detail": "title is bad"})
        else:
            self.server.shows[show_id] = (known or 0) + 1
            self.server.bodies.append(body)
            self._answer(200 if known else 201, {})

    def do_GET(self) -> None:
        version = self.server.shows.get(self.path.rpartition("/")[2])
        self.server.requests.append("GET")
        self._answer(200 if version else 404, {}, {"ETag": f'"{version}"'} if version else {})

    def _answer(self, status: int, document: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def catalogue() -> Iterator[FakeCatalogue]:
    server = FakeCatalogue()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def api(catalogue: FakeCatalogue) -> CatalogApi:
    return CatalogApi(f"http://127.0.0.1:{catalogue.server_port}")


def test_documents_are_imported_in_parts(
    api: CatalogApi, catalogue: FakeCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "LINES_PER_IMPORT", 2)
    parts = list(api.load(("show", {"show_id": f"show_{n}", "title": "é\n"}) for n in range(5)))
    assert [[line["data"]["show_id"] for line in part] for part in catalogue.imports] == [
        ["show_0", "show_1"],
        ["show_2", "show_3"],
        ["show_4"],
    ]
    assert catalogue.imports[0][0] == {"kind": "show", "data": {"show_id": "show_0", "title": "é\n"}}
    assert sum(parts, Imported()) == Imported(stored=2, unchanged=0, refused=3)


def test_a_new_show_is_created_without_a_version(api: CatalogApi, catalogue: FakeCatalogue) -> None:
    api.put_show({"show_id": "show_1", "title": "New", "version": 1})
    assert catalogue.bodies == [{"show_id": "show_1", "title": "New"}]
    assert catalogue.requests == ["PUT None"]


def test_a_changed_show_replaces_the_version_before(api: CatalogApi, catalogue: FakeCatalogue) -> None:
    catalogue.shows["show_1"] = 1
    api.put_show({"show_id": "show_1", "version": 2})
    assert catalogue.requests == ['PUT "1"']
    assert catalogue.shows == {"show_1": 2}


@pytest.mark.parametrize(("known", "version"), [(7, 2), (7, 1), (None, 2)])
def test_whatever_version_the_service_has_is_replaced(
    api: CatalogApi, catalogue: FakeCatalogue, known: int | None, version: int
) -> None:
    if known:
        catalogue.shows["show_1"] = known
    api.put_show({"show_id": "show_1", "version": version})
    assert catalogue.shows == {"show_1": (known or 0) + 1}
    assert len(catalogue.requests) == 3


def test_a_show_that_others_keep_changing_is_an_error(api: CatalogApi, catalogue: FakeCatalogue) -> None:
    catalogue.shows["show_1"] = 1
    catalogue.stubborn = True
    with pytest.raises(SandboxError, match="show_1 could not be stored"):
        api.put_show({"show_id": "show_1", "version": 2})


def test_a_refusal_is_told_with_the_services_words(api: CatalogApi) -> None:
    with pytest.raises(SandboxError, match="refused PUT /v1/shows/show_1") as error:
        api.put_show({"show_id": "show_1", "title": "bad", "version": 1})
    assert "422" in str(error.value)
    assert "title is bad" in str(error.value)


def test_a_service_that_is_down_is_told() -> None:
    with pytest.raises(SandboxError, match="The catalogue service does not answer"):
        CatalogApi(f"http://127.0.0.1:{free_ports(1)[0]}").put_show({"show_id": "show_1", "version": 1})
