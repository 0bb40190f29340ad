from pathlib import Path

import pytest

from amp_sandbox.runtime.service import Service
from amp_sandbox.runtime.services import LOCALSTACK, table
from amp_sandbox.settings import PORTS, Settings, variable


def services(**values: object) -> dict[str, Service]:
    return {service.name: service for service in table(Settings.model_validate(values))}


def test_nothing_of_the_shells_environment_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    before = services()
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "HTTP_PROXY", "PYTHONPATH", "LOCALSTACK_AUTH_TOKEN", "DEBUG"):
        monkeypatch.setenv(name, "of the user")
    monkeypatch.setenv("PATH", "/of/the/user")
    assert services() == before


def test_every_port_can_be_moved() -> None:
    ports = {name: 5001 + number for number, name in enumerate(PORTS)}
    moved = services(**ports)
    listened_on = [port for one in moved.values() for port in ((one.port, one.port_setting), *one.other_ports)]
    assert {setting: port for port, setting in listened_on} == {variable(name): port for name, port in ports.items()}
    for name in PORTS:
        assert str(Settings.model_fields[name].default) not in repr(moved)


def test_two_sandboxes_share_no_path_and_no_port() -> None:
    one = table(Settings(home=Path("/one")))
    ports = {name: 1 + number for number, name in enumerate(PORTS)}
    other = table(Settings.model_validate({"home": Path("/two"), **ports}))
    for a, b in zip(one, other, strict=True):
        assert a.port != b.port
        assert "/one" not in repr(b)
        assert {path for path in a.environment.values() if path.startswith("/two")} == set()


def test_only_the_loopback_address_is_listened_on() -> None:
    localstack, catalog_api = services()[LOCALSTACK], services()["catalog_api"]
    assert localstack.environment["GATEWAY_LISTEN"] == "127.0.0.1:4566"
    assert catalog_api.arguments[catalog_api.arguments.index("--host") + 1] == "127.0.0.1"
    assert "0.0.0.0" not in repr(services())


def test_web_pages_are_kept_out() -> None:
    localstack, catalog_api = services()[LOCALSTACK], services()["catalog_api"]
    assert catalog_api.environment["ALLOWED_HOSTS"] == "127.0.0.1,localhost"
    # Without these, LocalStack does not look at the origin of requests to S3.
    assert localstack.environment["DISABLE_CUSTOM_CORS_S3"] == "1"
    assert localstack.environment["DISABLE_CUSTOM_CORS_APIGATEWAY"] == "1"
    assert {"DISABLE_CORS_CHECKS", "EXTRA_CORS_ALLOWED_ORIGINS"}.isdisjoint(localstack.environment)


def test_the_standins_get_every_setting() -> None:
    settings = Settings(stage="dev", buffer_seconds=7)
    environment = services(stage="dev", buffer_seconds=7)["standins"].environment
    assert {variable(name): environment[variable(name)] for name in Settings.model_fields} == {
        variable(name): str(value) for name, value in settings.model_dump(mode="json").items()
    }


def test_localstack_stops_after_what_uses_it_and_the_catalogue_last() -> None:
    by_stop = sorted(services().values(), key=lambda service: -service.priority)
    assert [service.name for service in by_stop if not service.on_demand] == [
        "console",
        "standins",
        "warehouse",
        "localstack",
        "catalog_api",
    ]


def test_spark_airflow_and_jupyter_are_started_on_demand_and_stop_first() -> None:
    on_demand = [service for service in services().values() if service.on_demand]
    profiles = {service.name: service.profile for service in on_demand}
    assert profiles == {
        "spark_master": None,
        "spark_worker": None,
        "spark_history": None,
        "airflow_api": "batch",
        "airflow_scheduler": "batch",
        "airflow_dag_processor": "batch",
        "airflow_triggerer": "batch",
        "notebooks": "bi",
    }
    assert min(service.priority for service in on_demand) > services()["standins"].priority


def test_sparks_processes_listen_on_the_loopback_address_only() -> None:
    for name in ("spark_master", "spark_worker", "spark_history"):
        environment = services()[name].environment
        assert environment["SPARK_LOCAL_IP"] == environment["SPARK_LOCAL_HOSTNAME"] == "127.0.0.1"
    for name in ("spark_master", "spark_worker"):
        arguments = services()[name].arguments
        assert arguments[arguments.index("--host") + 1] == "127.0.0.1"
