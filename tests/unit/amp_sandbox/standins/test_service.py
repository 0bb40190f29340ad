import sqlite3
import threading

from amp_sandbox.protocol import Context
from amp_sandbox.standins.engine import Engine
from amp_sandbox.standins.service import Service, one_per_thread


def never(_request_id: str) -> Context:
    raise AssertionError("no request is made here")


def test_a_service_is_healthy_while_its_engines_live() -> None:
    engine = Engine("worker", lambda: None, 0.001)
    service = Service("firehose", never, [engine])
    assert service.health()["healthy"] is False
    engine.start()
    assert service.health() == {
        "healthy": True,
        "engines": [{"name": "worker", "alive": True, "last_error": None}],
    }
    engine.stop()
    assert service.health()["healthy"] is False


def test_a_services_own_check_adds_to_its_health() -> None:
    service = Service("firehose", never, check=lambda: {"healthy": False, "streams": {"a": "dead"}})
    assert service.health() == {"healthy": False, "streams": {"a": "dead"}, "engines": []}


def test_each_thread_has_one_connection_of_its_own() -> None:
    connection = one_per_thread(lambda: sqlite3.connect(":memory:"))
    seen = [connection(), connection()]
    thread = threading.Thread(target=lambda: seen.append(connection()))
    thread.start()
    thread.join()
    assert seen[0] is seen[1]
    assert seen[2] is not seen[0]
