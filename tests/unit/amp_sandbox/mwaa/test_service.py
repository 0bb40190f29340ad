from pathlib import Path

from amp_sandbox.mwaa.service import open_service
from amp_sandbox.settings import Settings


def test_a_stand_in_without_a_sandbox_is_well(tmp_path: Path) -> None:
    service = open_service(Settings(home=tmp_path))
    assert service.name == "mwaa"
    (engine,) = service.engines
    engine.start()
    try:
        assert service.health()["healthy"]
    finally:
        engine.stop()
    assert engine.last_error is None


def test_its_calls_do_not_take_the_threads_of_other_services(tmp_path: Path) -> None:
    assert open_service(Settings(home=tmp_path)).threads > 0
